#include "tests/proxy/echo.hpp"

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace assay::test {
namespace {

constexpr int look_again_ms = 20;

bool is_readable(int fd, int timeout_ms) {
  pollfd wanted{fd, POLLIN, 0};
  return ::poll(&wanted, 1, timeout_ms) > 0;
}

sockaddr_in address_of(const std::string& text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(text.substr(text.rfind(':') + 1))));
  return address;
}

}  // namespace

Echo::Echo(Manner manner) : manner_(manner), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = address_of(":0");
  socklen_t length = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_.get(), plain, length) != 0 || ::listen(listener_.get(), SOMAXCONN) != 0 ||
      ::getsockname(listener_.get(), plain, &length) != 0)
    throw std::system_error(errno, std::generic_category(), "listen");
  address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  accepting_ = std::jthread([this] {
    while (!over_) {
      if (!is_readable(listener_.get(), look_again_ms)) continue;
      Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      ++came_;
      threads_.emplace_back([this, taken = std::move(socket)]() mutable { serve(std::move(taken)); });
    }
  });
}

Echo::~Echo() {
  over_ = true;
  accepting_ = {};
  threads_.clear();
}

std::string Echo::heard() const {
  const std::lock_guard lock(mutex_);
  return heard_;
}

void Echo::serve(Descriptor socket) {
  std::array<char, 64 << 10> buffer;
  while (!over_) {
    if (manner_ == Manner::reads_nothing || !is_readable(socket.get(), look_again_ms)) continue;
    const auto got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) break;
    if (manner_ == Manner::answers) {
      const std::lock_guard lock(mutex_);
      heard_.append(buffer.data(), static_cast<std::size_t>(got));
    }
    for (ssize_t sent = 0; sent < got && !over_;) {
      const auto more = ::send(socket.get(), buffer.data() + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
      if (more < 0) break;
      sent += more;
    }
  }
  ++gone_;
}

Client::Client(const std::string& address) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const auto to = address_of(address);
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    throw std::system_error(errno, std::generic_category(), "connect to " + address);
}

void Client::say(const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const auto more = ::send(socket_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (more < 0) throw std::system_error(errno, std::generic_category(), "send");
    sent += static_cast<std::size_t>(more);
  }
}

std::size_t Client::offer(const std::string& bytes) {
  const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

std::string Client::hear(std::size_t bytes) {
  std::string heard;
  std::array<char, 64 << 10> buffer;
  const auto deadline = Deadline::in(patience);
  while (heard.size() < bytes && is_readable(socket_.get(), deadline.left_ms())) {
    const auto got = ::recv(socket_.get(), buffer.data(), std::min(buffer.size(), bytes - heard.size()), 0);
    if (got <= 0) break;
    heard.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return heard;
}

void Client::end_saying() { ::shutdown(socket_.get(), SHUT_WR); }

Read Client::state() {
  char byte = 0;
  const auto got = ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got > 0) return Read::bytes;
  if (got == 0) return Read::end;
  return errno == EAGAIN || errno == EWOULDBLOCK ? Read::nothing : Read::reset;
}

Read Client::state_in_time() {
  is_readable(socket_.get(), Deadline::in(patience).left_ms());
  return state();
}

std::string much(std::size_t bytes) {
  std::string text(bytes, '\0');
  std::uint32_t state = 1;
  for (auto& byte : text) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return text;
}

}  // namespace assay::test
