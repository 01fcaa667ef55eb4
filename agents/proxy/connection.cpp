#include "agents/proxy/connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <netinet/tcp.h>
#include <sys/epoll.h>

namespace assay::proxy {
namespace {

constexpr std::size_t read_at_once = 64 << 10;
constexpr int most_reads = 8;

void without_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int error_of(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

}  // namespace

Connection::Connection(Path& path, Descriptor agent, Begin begin) : path_(path) {
  agent_.socket = std::move(agent);
  without_delay(agent_.socket.get());
  if (begin == Begin::connect) connect();
  if (!closed()) settle();
}

void Connection::connect() {
  const auto& server = path_.server_;
  server_.socket = Descriptor(::socket(server.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!server_.socket) return reset();
  without_delay(server_.socket.get());
  connecting_ = true;
  const auto* address = reinterpret_cast<const sockaddr*>(&server.address);
  if (::connect(server_.socket.get(), address, server.length) != 0 && errno != EINPROGRESS) reset();
}

void Connection::reset() {
  for (auto* end : {&agent_, &server_}) {
    if (!end->socket) continue;
    let_close_reset(end->socket.get());
    end->socket.reset();
    end->watched = false;
  }
}

void Connection::heal() {
  if (closed()) return;
  if (gap_) return reset();
  if (!server_.socket) connect();
  up_.let_go();
  down_.let_go();
  if (!closed()) write_due(Clock::now());
}

void Connection::step(End& end, std::uint32_t events) {
  if (!end.socket) return;  // closed by what was told before
  if (&end == &server_ && connecting_) {
    if (error_of(end.socket.get()) != 0) return reset();
    connecting_ = false;
  }
  end.blocked = end.blocked && !(events & EPOLLOUT);
  const bool broken = events & EPOLLERR;
  if ((events & (EPOLLIN | EPOLLHUP)) || broken) read_from(end);
  if (end.socket && broken && !end.finished) ended(end, Flow::End::reset);
  if (!closed()) write_due(Clock::now());
}

void Connection::read_from(End& end) {
  std::array<char, read_at_once> buffer;
  // One that never ends must not keep the others waiting.
  for (int i = 0; i < most_reads && end.socket && !end.finished && !flow_from(end).full(); ++i) {
    const auto got = ::recv(end.socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (got <= 0) return ended(end, got == 0 ? Flow::End::in_order : Flow::End::reset);
    take(end, {buffer.data(), static_cast<std::size_t>(got)});
  }
}

void Connection::take(End& from, std::string bytes) {
  using enum Fault::Kind;
  auto& fault = path_.fault_;
  auto& record = path_.record_;
  const bool up = &from == &agent_;
  const auto count = static_cast<std::int64_t>(bytes.size());
  const auto now = Clock::now();
  switch (fault.kind) {
    case blackhole:
      record.dropped += count;
      gap_ = true;
      return;
    case reset_after:
      if (!up || count < fault.bytes) {
        if (up) fault.bytes -= count;
        break;
      }
      bytes.resize(static_cast<std::size_t>(fault.bytes));
      record.dropped += count - fault.bytes;
      up_.take(std::move(bytes), now);
      if (!connecting_) write(up_, server_, now);
      return path_.cut();
    case reset_at_answer:
      if (up) asked_ = true;
      if (up || !asked_) break;
      record.dropped += count;
      return path_.cut();
    case delay:
      (up ? record.delayed_up : record.delayed_down) += count;
      return flow_from(from).take(std::move(bytes), now + fault.delay);
    case hold:
      if (up) asked_ = true;
      if (up || !asked_) break;
      record.held += count;
      return down_.take(std::move(bytes), Flow::held);
    case none:
    case reset: break;
  }
  flow_from(from).take(std::move(bytes), now);
}

// What the other side said to one that is gone is of no use to anybody.
void Connection::ended(End& from, Flow::End how) {
  const auto& fault = path_.fault_;
  from.finished = true;
  if (how == Flow::End::reset) flow_to(from).discard();
  if (fault.kind == Fault::Kind::blackhole) {
    gap_ = true;
    return;
  }
  const auto now = Clock::now();
  const bool held = fault.kind == Fault::Kind::hold && &from == &server_ && asked_;
  flow_from(from).end(how, fault.kind == Fault::Kind::delay ? now + fault.delay : held ? Flow::held : now);
}

void Connection::write(Flow& flow, End& to, Clock::time_point now) {
  if (!to.socket) return;
  switch (flow.write_to(to.socket.get(), now)) {
    case Flow::Written::blocked: to.blocked = true; break;
    case Flow::Written::refused: ended(to, Flow::End::reset); break;
    case Flow::Written::ended:
      if (flow.how_it_ended() == Flow::End::reset) return reset();
      ::shutdown(to.socket.get(), SHUT_WR);
      break;
    case Flow::Written::all:
    case Flow::Written::not_yet_due: break;
  }
}

void Connection::write_due(Clock::time_point now) {
  const bool dark = path_.fault_.kind == Fault::Kind::blackhole;
  if (!connecting_ && !dark) {
    write(up_, server_, now);
    write(down_, agent_, now);
    write(up_, server_, now);  // an agent that refused it has ended
  }
  settle();
}

void Connection::settle() {
  if (up_.over() && down_.over()) {
    agent_.socket.reset();
    server_.socket.reset();
  }
  ask_for(agent_, up_);
  ask_for(server_, down_);
}

// Of one that has nothing to say and takes all nobody wants to hear: it would be
// ready all the time.
void Connection::ask_for(End& end, const Flow& in) {
  if (!end.socket) return;
  const bool opening = &end == &server_ && connecting_;
  std::uint32_t wanted = 0;
  if (!end.finished && !in.full() && !opening) wanted |= EPOLLIN;
  if (end.blocked || opening) wanted |= EPOLLOUT;
  if (end.finished && wanted == 0) {
    if (std::exchange(end.watched, false)) path_.loop_.forget(end.socket.get());
    return;
  }
  if (!end.watched) path_.loop_.watch(end.socket.get(), wanted, end);
  else if (end.interest != wanted) path_.loop_.change(end.socket.get(), wanted, end);
  end.watched = true;
  end.interest = wanted;
}

std::optional<Clock::time_point> Connection::next_due() const {
  if (closed() || connecting_ || path_.fault_.kind == Fault::Kind::blackhole) return std::nullopt;
  std::optional<Clock::time_point> next;
  for (const auto& [flow, to] : {std::pair{&up_, &server_}, std::pair{&down_, &agent_}}) {
    const auto due = flow->next_due();
    if (due && !to->blocked && (!next || *due < *next)) next = due;
  }
  return next;
}

}  // namespace assay::proxy
