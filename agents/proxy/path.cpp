#include "agents/proxy/path.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <sys/epoll.h>

#include "agents/proxy/connection.hpp"

namespace assay::proxy {
namespace {

Descriptor listener_on_a_free_port(std::uint16_t& port) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (!socket || ::bind(socket.get(), plain, length) != 0 || ::listen(socket.get(), SOMAXCONN) != 0 ||
      ::getsockname(socket.get(), plain, &length) != 0)
    throw std::system_error(errno, std::generic_category(), "listen on 127.0.0.1");
  port = ntohs(address.sin_port);
  return socket;
}

}  // namespace

void let_close_reset(int fd) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

Path::Path(Loop& loop, const Server& server) : loop_(loop), server_(server), listener_(listener_on_a_free_port(port_)) {
  loop_.watch(listener_.get(), EPOLLIN, *this);
}

Path::~Path() { clear(); }

void Path::ready(std::uint32_t) {
  while (true) {
    Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) return;  // none is left, or it is gone already
    accept_one(std::move(socket));
  }
}

void Path::accept_one(Descriptor socket) {
  using enum Fault::Kind;
  if (fault_.kind == reset || server_.length == 0) {
    ++record_.refused;
    return let_close_reset(socket.get());
  }
  const bool dark = fault_.kind == blackhole;
  record_.hanging += dark;
  connections_.push_back(
      std::make_unique<Connection>(*this, std::move(socket), dark ? Connection::Begin::hang : Connection::Begin::connect));
}

void Path::strike(const Fault& fault) {
  record_ = {};
  fault_ = fault;
  for (auto& connection : connections_) connection->nothing_asked_yet();
  if (fault.kind == Fault::Kind::reset) cut();
}

// From now on whoever comes is refused.
void Path::cut() {
  fault_ = {.kind = Fault::Kind::reset};
  for (auto& connection : connections_) {
    record_.resets += !connection->closed();
    connection->reset();
  }
}

Record Path::heal() {
  fault_ = {};
  const auto record = std::exchange(record_, {});
  for (auto& connection : connections_) connection->heal();
  return record;
}

void Path::clear() {
  for (auto& connection : connections_) connection->reset();
}

void Path::when_due(Clock::time_point now) {
  for (auto& connection : connections_)
    if (const auto due = connection->next_due(); due && *due <= now) connection->write_due(now);
}

std::optional<Clock::time_point> Path::next_due() const {
  std::optional<Clock::time_point> next;
  for (const auto& connection : connections_)
    if (const auto due = connection->next_due(); due && (!next || *due < *next)) next = due;
  return next;
}

void Path::sweep() {
  std::erase_if(connections_, [](const auto& connection) { return connection->closed(); });
}

}  // namespace assay::proxy
