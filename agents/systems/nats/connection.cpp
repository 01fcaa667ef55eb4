#include "agents/systems/nats/connection.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/socket.h>

namespace assay::nats {
namespace {

// A consumer polls for 1 to 5 ms, and a busy machine may need longer to greet.
constexpr std::chrono::milliseconds shortest_greeting{50};

struct Destroy {
  void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
  void operator()(natsMsg* message) const { natsMsg_Destroy(message); }
};
using Options = std::unique_ptr<natsOptions, Destroy>;
using OwnedMessage = std::unique_ptr<natsMsg, Destroy>;

void must(natsStatus status, const char* attempted) {
  if (status != NATS_OK) throw std::runtime_error(std::string(attempted) + ": " + natsStatus_GetText(status));
}

// The library's own words, if it has more than the name of the status, without
// the place in its source.
std::string words_of(natsStatus status) {
  natsStatus last = NATS_OK;
  const char* words = nats_GetLastError(&last);
  const std::string text = words && last == status ? words : natsStatus_GetText(status);
  const auto place = text.starts_with('(') ? text.find("): ") : std::string::npos;
  return place == std::string::npos ? text : text.substr(place + 3);
}

std::string header(natsMsg* message, const char* name) {
  const char* value = nullptr;
  return natsMsgHeader_Get(message, name, &value) == NATS_OK && value ? value : "";
}

std::string unique_inbox() {
  natsInbox* made = nullptr;
  must(natsInbox_Create(&made), "name an inbox");
  std::string inbox = made;
  natsInbox_Destroy(made);
  return inbox;
}

// Without a user the secret is a token.
void set_secret(natsOptions* options, const Place& place) {
  const char* secret = std::getenv("ASSAY_SECRET");
  if (!secret || !*secret) return;
  if (place.user.empty())
    must(natsOptions_SetToken(options, secret), "set the token");
  else
    must(natsOptions_SetUserInfo(options, place.user.c_str(), secret), "set user and password");
}

void set_tls(natsOptions* options, const Place& place) {
  if (!place.tls) return;
  must(natsOptions_SetSecure(options, true), "use TLS");
  must(natsOptions_SetExpectedHostname(options, place.host.c_str()), "set the expected name of the server");
  if (!place.ca_file.empty())
    must(natsOptions_LoadCATrustedCertificates(options, place.ca_file.c_str()), ("read certificates from " + place.ca_file).c_str());
}

bool is_final(natsStatus status) {
  return status == NATS_CONNECTION_AUTH_FAILED || status == NATS_SSL_ERROR || status == NATS_SECURE_CONNECTION_REQUIRED ||
         status == NATS_SECURE_CONNECTION_WANTED;
}

}  // namespace

Connection::Connection(const std::string& address, std::optional<Interest> interest)
    : place_(place_of(address)), interest_(std::move(interest)) {
  // TLS writes with write(2): a server that went away must not kill us.
  static const auto ignored = std::signal(SIGPIPE, SIG_IGN);
  static_cast<void>(ignored);
}

natsStatus Connection::attached(void** user, void* self, natsConnection*, natsSock socket) {
  *user = self;
  static_cast<Connection*>(self)->socket_ = socket;
  return NATS_OK;
}

natsStatus Connection::reads(void*, bool) { return NATS_OK; }

natsStatus Connection::writes(void* self, bool add) {
  static_cast<Connection*>(self)->wants_write_ = add;
  return NATS_OK;
}

natsStatus Connection::detached(void* self) {
  static_cast<Connection*>(self)->socket_ = -1;
  return NATS_OK;
}

// The library greets, authenticates and waits for a PONG in this one call, so a
// port that echoes, or at which somebody else listens, is no server.
std::optional<Connection::Refusal> Connection::attempt(Deadline deadline) {
  drop();
  there_.clear();
  natsOptions* made = nullptr;
  must(natsOptions_Create(&made), "make options of NATS");
  const Options options(made);
  must(natsOptions_SetURL(made, ("nats://" + where()).c_str()), "set the address");
  must(natsOptions_SetAllowReconnect(made, false), "switch reconnecting off");
  must(natsOptions_SetIgnoreDiscoveredServers(made, true), "stay with one server");
  must(natsOptions_SetSendAsap(made, true), "write without a thread of the library");
  must(natsOptions_SetPingInterval(made, 0), "switch pings off");
  must(natsOptions_SetNoEcho(made, false), "hear what we publish");
  must(natsOptions_SetTimeout(made, std::max(deadline.left(), shortest_greeting).count()), "set the time-out");
  must(natsOptions_SetEventLoop(made, this, attached, reads, writes, detached), "attach the event loop");
  set_secret(made, place_);
  set_tls(made, place_);
  if (const auto status = natsConnection_Connect(&connection_, made); status != NATS_OK) {
    why_ = words_of(status);
    connection_ = nullptr;
    return Refusal{why_, is_final(status)};
  }
  broken_ = false;
  if (!subscribe(Deadline::in(std::max(deadline.left(), shortest_greeting)))) {
    drop();
    return Refusal{why_};
  }
  ++generation_;
  return std::nullopt;
}

bool Connection::subscribe(Deadline deadline) {
  inbox_ = unique_inbox();
  bool made = check(natsConnection_SubscribeSync(&answers_, connection_, (inbox_ + ".*").c_str()));
  if (made) must(natsSubscription_SetPendingLimits(answers_, -1, -1), "lift the limits of the inbox");
  if (made && interest_) {
    const auto& [subject, queue] = *interest_;
    made = check(queue.empty() ? natsConnection_SubscribeSync(&channel_, connection_, subject.c_str())
                               : natsConnection_QueueSubscribeSync(&channel_, connection_, subject.c_str(), queue.c_str()));
    if (made) must(natsSubscription_SetPendingLimits(channel_, -1, -1), "lift the limits of the subscription");
  }
  return made && flush(deadline);
}

bool Connection::connect(Deadline deadline) {
  if (alive()) return true;
  do {
    const auto refusal = attempt(deadline);
    if (!refusal) return true;
    if (refusal->final) throw std::runtime_error("connect to NATS at " + where() + ": " + refusal->reason);
    ::poll(nullptr, 0, 1);  // until somebody listens there again
  } while (!deadline.passed());
  return false;
}

// connect(2) to nowhere resets the connection: neither the kernel nor the
// library, which writes what it holds when it closes, can send a byte after it.
void Connection::drop() {
  if (!connection_) return;
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  if (socket_ >= 0) ::connect(socket_, &nowhere, sizeof nowhere);
  natsSubscription_Destroy(std::exchange(answers_, nullptr));
  natsSubscription_Destroy(std::exchange(channel_, nullptr));
  natsConnection_Destroy(std::exchange(connection_, nullptr));
  socket_ = -1;
  wants_write_ = false;
}

void Connection::break_off(std::string why) {
  if (!std::exchange(broken_, true)) why_ = std::move(why);
}

bool Connection::check(natsStatus status) {
  if (status != NATS_OK) break_off(words_of(status));
  return status == NATS_OK;
}

bool Connection::wait_for(short events, Deadline deadline) const {
  pollfd waited{.fd = socket_, .events = events, .revents = 0};
  while (true) {
    const int ready = ::poll(&waited, 1, deadline.left_ms());
    if (ready > 0) return true;
    if (ready == 0 && deadline.passed()) return false;
    if (ready < 0 && errno != EINTR)
      throw std::runtime_error("poll connection to NATS at " + where() + ": " + std::strerror(errno));
  }
}

bool Connection::publish(const std::string& subject, std::string_view bytes, const std::string& token,
                         const std::string& message_id, Deadline deadline) {
  return publish_to(subject, token.empty() ? "" : inbox_of(token), bytes, message_id, deadline);
}

bool Connection::echo(const std::string& token, Deadline deadline) { return publish_to(inbox_of(token), "", "", "", deadline); }

bool Connection::publish_to(const std::string& subject, const std::string& reply, std::string_view bytes,
                            const std::string& message_id, Deadline deadline) {
  if (!alive()) return false;
  natsMsg* made = nullptr;
  must(natsMsg_Create(&made, subject.c_str(), reply.empty() ? nullptr : reply.c_str(), bytes.data(), static_cast<int>(bytes.size())),
       "make a message");
  const OwnedMessage message(made);
  if (!message_id.empty()) must(natsMsgHeader_Set(made, "Nats-Msg-Id", message_id.c_str()), "set the header Nats-Msg-Id");
  return check(natsConnection_PublishMsg(connection_, made)) && flush(deadline);
}

// A server that takes nothing while it waits for us to read would wait for ever.
bool Connection::flush(Deadline deadline) {
  while (wants_write_ && alive()) {
    natsConnection_ProcessWriteEvent(connection_);
    if (natsConnection_IsClosed(connection_)) break_off("the server closed the connection");
    if (!wants_write_ || !alive()) break;
    if (!wait_for(POLLIN | POLLOUT, deadline)) break_off("the server takes nothing in time");
    pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
    if (alive() && ::poll(&ready, 1, 0) > 0) take_in();
  }
  return alive();
}

// One read of the socket. What it brings is taken out of the library at once:
// that forgets it when the next read finds the end of the connection. The
// library may want to answer a PING.
void Connection::take_in() {
  natsConnection_ProcessReadEvent(connection_);
  if (channel_) collect(channel_, false);
  collect(answers_, true);
  if (wants_write_) natsConnection_ProcessWriteEvent(connection_);
  if (!natsConnection_IsClosed(connection_)) return;
  const char* words = nullptr;
  natsConnection_GetLastError(connection_, &words);
  break_off(words && *words ? words : "the server closed the connection");
}

// The library swallows the answer "no responders" and leaves its status.
void Connection::collect(natsSubscription* subscription, bool inbox) {
  while (true) {
    natsMsg* got = nullptr;
    const auto status = natsSubscription_NextMsg(&got, subscription, 0);
    const OwnedMessage message(got);
    if (status == NATS_NO_RESPONDERS)
      there_.push_back({.subject = "", .answer = inbox, .reply = "", .status = "503", .words = "no responders", .bytes = ""});
    else if (status == NATS_OK)
      there_.push_back(read(got, inbox));
    else
      return;
  }
}

Message Connection::read(natsMsg* message, bool to_inbox) const {
  const char* reply = natsMsg_GetReply(message);
  std::string subject = natsMsg_GetSubject(message);
  const bool answer = to_inbox && subject.starts_with(inbox_ + ".");
  if (answer) subject.erase(0, inbox_.size() + 1);
  return {.subject = std::move(subject),
          .answer = answer,
          .reply = reply ? reply : "",
          .status = header(message, "Status"),
          .words = header(message, "Description"),
          .bytes = std::string(natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message)))};
}

std::optional<Message> Connection::arrived() {
  while (there_.empty() && alive() && wait_for(POLLIN, Deadline::in(std::chrono::milliseconds(0)))) take_in();
  if (there_.empty()) return std::nullopt;
  auto first = std::move(there_.front());
  there_.pop_front();
  return first;
}

std::optional<Message> Connection::next(Deadline deadline) {
  while (true) {
    if (auto message = arrived()) return message;
    if (!alive() || !wait_for(POLLIN, deadline)) return std::nullopt;
  }
}

std::optional<Message> Connection::call(const std::string& subject, std::string_view bytes, Deadline deadline) {
  const auto asked = token();
  std::deque<Message> others;
  std::optional<Message> answer;
  if (publish(subject, bytes, asked, "", deadline)) {
    while (auto message = next(deadline)) {
      if (message->answer && (message->subject == asked || message->subject.empty())) {
        answer = std::move(message);
        break;
      }
      others.push_back(std::move(*message));
    }
    if (!answer) break_off("no answer in time");
  }
  there_.insert(there_.begin(), std::make_move_iterator(others.begin()), std::make_move_iterator(others.end()));
  return answer;
}

Message Connection::insist(const std::string& subject, std::string_view bytes, Deadline deadline) {
  do {
    if (!connect(deadline)) break;
    if (auto answer = call(subject, bytes, deadline)) return *answer;
  } while (!deadline.passed());
  throw std::runtime_error(subject + " at NATS " + where() + ": " + why_);
}

}  // namespace assay::nats
