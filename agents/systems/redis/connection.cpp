#include "agents/systems/redis/connection.hpp"

#include <cctype>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <new>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

namespace assay::redis {
namespace {

// hiredis takes a zero time-out for "wait for ever".
timeval until(Deadline deadline) {
  const auto ms = std::max<std::int64_t>(deadline.left().count(), 1);
  return {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

std::string text(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR: return std::string(reply.str, reply.len);
    default: return {};
  }
}

bool is_error(const redisReply& reply, std::string_view code) {
  if (reply.type != REDIS_REPLY_ERROR) return false;
  const std::string_view words(reply.str, reply.len);
  return words.substr(0, words.find(' ')) == code;
}

std::vector<const redisReply*> elements(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_ARRAY) return {};
  return {reply.element, reply.element + reply.elements};
}

Connection::Connection(std::string address) : address_(std::move(address)) {
  std::istringstream list(address_);
  for (std::string one; std::getline(list, one, ',');) places_.push_back(place_of(one));
  if (places_.empty()) places_.push_back(place_of(address_));
  // hiredis writes with write(2): a server that went away must not kill us.
  static const auto ignored = std::signal(SIGPIPE, SIG_IGN);
  static_cast<void>(ignored);
}

Connection::Place Connection::place_of(const std::string& address) {
  Place place{};
  const auto colon = address.rfind(':');
  const char* end = address.data() + address.size();
  const char* first = colon == std::string::npos ? end : address.data() + colon + 1;
  const auto [rest, error] = std::from_chars(first, end, place.port);
  if (error != std::errc{} || rest != end || place.port < 1 || place.port > 65535)
    throw std::runtime_error("Redis address \"" + address + "\": expected HOST:PORT");
  place.host = address.substr(0, colon);
  return place;
}

// A port of the ephemeral range can, while nobody listens, be connected to
// itself and echo our own words: only the exact answer to PING counts. That of a
// dead server among several may be somebody else's by now, so no refusal is
// final there.
std::optional<Connection::Refusal> Connection::attempt(Deadline deadline) {
  drop();
  const bool several = places_.size() > 1;
  auto refusal = open(places_[at_], deadline);
  if (!refusal) refusal = authenticate(deadline);
  if (!refusal) refusal = ping(deadline);
  if (!refusal && several) refusal = ask_role(deadline);
  if (refusal) {
    why_ = refusal->reason;
    drop();
    at_ = (at_ + 1) % places_.size();
    return Refusal{why_, refusal->final && !several};
  }
  ++generation_;
  return std::nullopt;
}

std::optional<Connection::Refusal> Connection::open(const Place& place, Deadline deadline) {
  context_ = redisConnectWithTimeout(place.host.c_str(), place.port, until(deadline));
  if (!context_) throw std::bad_alloc();
  if (!context_->err) return std::nullopt;
  std::string reason = context_->errstr;
  if (!reason.empty()) reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
  return Refusal{reason};
}

std::optional<Connection::Refusal> Connection::ask_role(Deadline deadline) {
  const auto answer = call({"ROLE"}, deadline);
  if (!answer) return Refusal{why_};
  const auto parts = elements(*answer);
  const auto role = parts.empty() ? text(*answer) : text(*parts.front());
  if (role == "master") return std::nullopt;
  return Refusal{"no server takes writes, the last one asked is: " + role};
}

bool Connection::turned_replica(const redisReply& reply) const { return places_.size() > 1 && is_error(reply, "READONLY"); }

std::optional<Connection::Refusal> Connection::authenticate(Deadline deadline) {
  const char* secret = std::getenv("ASSAY_SECRET");
  if (!secret || !*secret) return std::nullopt;
  const auto answer = call({"AUTH", secret}, deadline);
  if (!answer) return Refusal{why_};
  if (answer->type == REDIS_REPLY_STATUS) return std::nullopt;
  const bool busy = is_error(*answer, "LOADING") || text(*answer).starts_with("ERR max number of clients");
  return Refusal{text(*answer), answer->type == REDIS_REPLY_ERROR && !busy};
}

std::optional<Connection::Refusal> Connection::ping(Deadline deadline) {
  const auto answer = call({"PING"}, deadline);
  if (!answer) return Refusal{why_};
  if (answer->type == REDIS_REPLY_STATUS && text(*answer) == "PONG") return std::nullopt;
  if (is_error(*answer, "MISCONF")) return std::nullopt;  // the disk is full; it answers all the same
  if (answer->type != REDIS_REPLY_ERROR) return Refusal{"what listens there is not Redis"};
  return Refusal{text(*answer), is_error(*answer, "NOAUTH") || is_error(*answer, "DENIED")};
}

bool Connection::connect(Deadline deadline) {
  if (alive()) return true;
  do {
    const auto refusal = attempt(deadline);
    if (!refusal) return true;
    if (refusal->final) throw std::runtime_error("connect to Redis at " + address_ + ": " + refusal->reason);
    ::poll(nullptr, 0, 1);  // until somebody listens there again
  } while (!deadline.passed());
  return false;
}

void Connection::drop() {
  if (!context_) return;
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  if (context_->fd >= 0) ::setsockopt(context_->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  redisFree(context_);
  context_ = nullptr;
  broken_ = false;
}

void Connection::break_off(std::string why) {
  if (!std::exchange(broken_, true)) why_ = std::move(why);
}

bool Connection::alive() const {
  if (!context_ || broken_) return false;
  char byte;
  const auto peeked = ::recv(context_->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return peeked > 0 || (peeked < 0 && (would_block(errno) || errno == EINTR));
}

bool Connection::send(const Words& words, Deadline deadline) {
  if (!context_ || broken_) return false;
  std::vector<const char*> starts;
  std::vector<std::size_t> lengths;
  for (const auto word : words) {
    starts.push_back(word.data());
    lengths.push_back(word.size());
  }
  if (redisAppendCommandArgv(context_, static_cast<int>(words.size()), starts.data(), lengths.data()) != REDIS_OK)
    throw std::bad_alloc();
  for (int done = 0; !done;) {
    redisSetTimeout(context_, until(deadline));
    if (redisBufferWrite(context_, &done) != REDIS_OK) {
      break_off(context_->errstr);
      return false;
    }
    if (!done && deadline.passed()) {
      break_off("not sent in time");
      return false;
    }
  }
  return true;
}

bool Connection::readable(Deadline deadline) const {
  if (!context_ || broken_) return true;
  pollfd waited{.fd = context_->fd, .events = POLLIN, .revents = 0};
  while (true) {
    const int ready = ::poll(&waited, 1, deadline.left_ms());
    if (ready > 0) return true;
    if (ready == 0 && deadline.passed()) return false;
    if (ready < 0 && errno != EINTR)
      throw std::runtime_error("poll connection to Redis at " + address_ + ": " + std::strerror(errno));
  }
}

bool Connection::has_bytes() const {
  char byte;
  return context_ && !broken_ && ::recv(context_->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void Connection::take_in() {
  char bytes[16 * 1024];
  while (true) {
    const auto got = ::recv(context_->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && !would_block(errno)) break_off(std::strerror(errno));
    if (got == 0) break_off("the server closed the connection");
    if (got <= 0) return;
    if (redisReaderFeed(context_->reader, bytes, static_cast<std::size_t>(got)) != REDIS_OK)
      break_off(context_->reader->errstr);
    if (broken_ || static_cast<std::size_t>(got) < sizeof bytes) return;
  }
}

Reply Connection::parsed() {
  void* reply = nullptr;
  if (redisReaderGetReply(context_->reader, &reply) != REDIS_OK) break_off(context_->reader->errstr);
  Reply there(static_cast<redisReply*>(reply));
  if (there && turned_replica(*there)) break_off("the server turned replica");
  return there;
}

Reply Connection::arrived() {
  if (!context_) return nullptr;
  if (auto reply = parsed()) return reply;
  take_in();
  auto reply = parsed();
  if (!reply && broken_) drop();
  return reply;
}

Reply Connection::reply(Deadline deadline) {
  while (context_) {
    if (auto there = arrived()) return there;
    if (context_ && !readable(deadline)) return nullptr;
  }
  return nullptr;
}

Reply Connection::call(const Words& words, Deadline deadline) {
  if (!send(words, deadline)) {
    drop();
    return nullptr;
  }
  auto there = reply(deadline);
  if (!there && context_) {
    why_ = "no answer in time";
    drop();
  }
  return there;
}

Reply Connection::insist(const Words& words, Deadline deadline) {
  do {
    if (!connect(deadline)) break;
    if (auto there = call(words, deadline); there && !turned_replica(*there)) return there;
  } while (!deadline.passed());
  throw std::runtime_error(std::string(words.front()) + " at Redis " + address_ + ": " + why_);
}

}  // namespace assay::redis
