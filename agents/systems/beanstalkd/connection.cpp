#include "agents/systems/beanstalkd/connection.hpp"

#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace assay::beanstalkd {
namespace {

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

// "connection refused"
std::string reason(int error) {
  std::string text = std::strerror(error);
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

sockaddr_in parse_address(const std::string& address) {
  const auto colon = address.rfind(':');
  const char* end = address.data() + address.size();
  const char* first = colon == std::string::npos ? end : address.data() + colon + 1;
  std::uint16_t port = 0;
  const auto [rest, error] = std::from_chars(first, end, port);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  const bool host = colon != std::string::npos && ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &name.sin_addr) == 1;
  if (!host || error != std::errc{} || rest != end || port == 0)
    throw std::runtime_error("beanstalkd address \"" + address + "\": expected an IPv4 address and a port, 127.0.0.1:11300");
  return name;
}

}  // namespace

Connection::Connection(std::string address, std::vector<Introduction> introductions)
    : address_(std::move(address)), name_(parse_address(address_)), introductions_(std::move(introductions)) {}

// A port of the ephemeral range can, while nobody listens, be connected to
// itself and echo our own words: only the answer to `stats` counts. A server
// that still reads its log lets us connect, and answers later.
std::optional<std::string> Connection::attempt(Deadline deadline) {
  drop();
  if (!open_socket(deadline)) return refuse(why_);
  std::string greeting = "stats\r\n";
  for (const auto& introduction : introductions_) greeting += introduction.command + "\r\n";
  const auto stats = call(greeting, deadline);  // all in one go: the caller may have no time for more
  if (!stats) return why_;
  if (stats->field("current-tubes").empty()) return refuse("what listens there is not beanstalkd");
  if (!introduce(deadline)) return refuse(why_);
  ++generation_;
  return std::nullopt;
}

bool Connection::introduce(Deadline deadline) {
  for (const auto& introduction : introductions_) {
    const auto answer = reply(deadline);
    if (!answer) {
      if (socket_) why_ = "no answer in time";
      return false;
    }
    if (answer->word(0) == introduction.answer) continue;
    why_ = introduction.command + ": " + answer->line;
    if (answer->line == "BAD_FORMAT" || answer->line == "UNKNOWN_COMMAND")
      throw std::runtime_error("beanstalkd at " + address_ + ": " + why_);
    return false;
  }
  return true;
}

bool Connection::open_socket(Deadline deadline) {
  socket_ = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_) throw std::system_error(errno, std::generic_category(), "make a socket for beanstalkd at " + address_);
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  int error = ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&name_), sizeof name_) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    error = ETIMEDOUT;
    socklen_t size = sizeof error;
    if (wait_for(POLLOUT, deadline)) ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (error != 0) why_ = reason(error);
  return error == 0;
}

bool Connection::connect(Deadline deadline) {
  if (alive()) return true;
  do {
    if (!attempt(deadline)) return true;
    ::poll(nullptr, 0, 1);  // until somebody listens there again
  } while (!deadline.passed());
  return false;
}

void Connection::drop() {
  if (socket_) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  socket_.reset();
  reader_ = {};
  broken_ = false;
}

std::string Connection::refuse(std::string why) {
  drop();
  return why_ = std::move(why);
}

void Connection::break_off(std::string why) {
  if (!std::exchange(broken_, true)) why_ = std::move(why);
}

bool Connection::alive() const {
  if (!socket_ || broken_) return false;
  char byte;
  const auto peeked = ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return peeked > 0 || (peeked < 0 && (would_block(errno) || errno == EINTR));
}

bool Connection::send(std::string_view command, Deadline deadline) {
  while (socket_ && !broken_ && !command.empty()) {
    const auto sent = ::send(socket_.get(), command.data(), command.size(), MSG_NOSIGNAL);
    if (sent > 0)
      command.remove_prefix(static_cast<std::size_t>(sent));
    else if (would_block(errno) && !wait_for(POLLOUT, deadline))
      break_off("not sent in time");
    else if (!would_block(errno) && errno != EINTR)
      break_off(reason(errno));
  }
  return socket_ && !broken_;
}

bool Connection::wait_for(short events, Deadline deadline) const {
  pollfd waited{.fd = socket_.get(), .events = events, .revents = 0};
  while (true) {
    const int ready = ::poll(&waited, 1, deadline.left_ms());
    if (ready > 0) return true;
    if (ready == 0 && deadline.passed()) return false;
    if (ready < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "poll connection to beanstalkd at " + address_);
  }
}

bool Connection::readable(Deadline deadline) const { return !socket_ || broken_ || wait_for(POLLIN, deadline); }

bool Connection::has_bytes() const {
  char byte;
  return socket_ && !broken_ && ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void Connection::take_in() {
  char bytes[64 * 1024];
  while (!broken_) {
    const auto got = ::recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && !would_block(errno)) break_off(reason(errno));
    if (got == 0) break_off("the server closed the connection");
    if (got <= 0) return;
    reader_.feed({bytes, static_cast<std::size_t>(got)});
    if (static_cast<std::size_t>(got) < sizeof bytes) return;
  }
}

std::optional<Reply> Connection::parsed() {
  try {
    return reader_.next();
  } catch (const std::runtime_error& error) {
    reader_ = {};
    break_off(error.what());
    return std::nullopt;
  }
}

std::optional<Reply> Connection::arrived() {
  if (!socket_) return std::nullopt;
  if (auto reply = parsed()) return reply;
  take_in();
  auto reply = parsed();
  if (!reply && broken_) drop();
  return reply;
}

std::optional<Reply> Connection::reply(Deadline deadline) {
  while (socket_) {
    if (auto there = arrived()) return there;
    if (socket_ && !readable(deadline)) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Reply> Connection::call(std::string_view command, Deadline deadline) {
  if (!send(command, deadline)) {
    drop();
    return std::nullopt;
  }
  auto there = reply(deadline);
  if (!there && socket_) refuse("no answer in time");
  return there;
}

Reply Connection::insist(std::string_view command, Deadline deadline) {
  do {
    if (!connect(deadline)) break;
    if (auto there = call(command, deadline)) return *there;
  } while (!deadline.passed());
  throw std::runtime_error(std::string(command.substr(0, command.find('\r'))) + " at beanstalkd " + address_ + ": " + why_);
}

}  // namespace assay::beanstalkd
