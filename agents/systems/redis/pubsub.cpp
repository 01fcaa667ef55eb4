#include "agents/systems/redis/pubsub.hpp"

#include <stdexcept>

#include "agents/recording/recorder.hpp"
#include "agents/systems/redis/copies.hpp"
#include "agents/systems/redis/polls.hpp"
#include "agents/systems/redis/producer.hpp"

namespace assay::redis {
namespace {

class Publishing : public Writing {
 public:
  explicit Publishing(std::string channel) : channel_(std::move(channel)) {}

  std::string command() const override { return "PUBLISH"; }

  bool send(Connection& connection, const OutgoingMessage& message, Deadline deadline) const override {
    return connection.send({"PUBLISH", channel_, message.bytes}, deadline);
  }

  // The number of subscribers, none included: nobody promised that there are any.
  std::optional<Written> written(const redisReply& reply, const std::string& by_content) const override {
    if (reply.type != REDIS_REPLY_INTEGER) return std::nullopt;
    return Written{by_content};
  }

 private:
  std::string channel_;
};

// A session is a subscription. What is published between two of them is missed.
class Subscriber : public ConsumerLink {
 public:
  explicit Subscriber(const LinkSetup& setup)
      : connection_(setup.address), asking_(connection_), channel_(setup.channel), name_(setup.incarnation) {}

  SessionOpened open(Deadline deadline) override {
    while (!subscribed() || !connection_.alive()) {
      if (!subscribe(deadline) && deadline.passed())
        throw std::runtime_error("SUBSCRIBE " + channel_ + " at Redis: " + why());
    }
    return {session()};
  }

  // What arrived is taken first, whatever became of the connection since.
  Received receive(Deadline deadline) override {
    Received received;
    if (subscribed()) received.delivery = arrived_message();
    if (received.delivery) return received;
    if (!subscribed() || !connection_.alive()) {
      if (subscribe(deadline)) received.opened = SessionOpened{session()};
      else if (asking_.open()) received.unanswered = asking_.asked();
      return received;
    }
    await_message(received, deadline);
    return received;
  }

  AckOutcome ack(const Delivery& delivery, Deadline) override {
    throw std::logic_error("acknowledge " + delivery.copy + ": pub/sub has no acknowledgements");
  }

  void take_over(const std::string&, Deadline) override {}  // there is nothing to be had

 private:
  std::string session() const { return name_ + "/" + std::to_string(session_); }
  bool subscribed() const { return session_ != 0 && session_ == connection_.generation(); }
  std::string why() const { return connection_.why().empty() ? "no answer in time" : connection_.why(); }

  // True once the server has confirmed it. Its answer may take longer than a
  // call; a connection that died meanwhile is followed by another.
  bool subscribe(Deadline deadline) {
    if (!connection_.connect(deadline)) return false;
    if (!asking_.open()) {
      asking_.begin(1);
      if (!connection_.send({"SUBSCRIBE", channel_}, deadline)) {
        connection_.drop();
        return false;
      }
    }
    const auto answer = asking_.finish(deadline);
    if (!answer) return false;
    const auto parts = elements(*answer->replies[0]);
    if (parts.size() != 3 || text(*parts[0]) != "subscribe")
      throw std::runtime_error("SUBSCRIBE " + channel_ + ": " + text(*answer->replies[0]));
    session_ = connection_.generation();
    ping_.reset();
    return true;
  }

  // Where the server pushes nobody is asked, so a quiet moment says nothing
  // about the server. It answers a PING behind all that it pushed before.
  void await_message(Received& received, Deadline deadline) {
    if (!ping_ && connection_.send({"PING"}, deadline)) ping_ = monotonic_ns();
    const auto asked = ping_;
    while (const auto reply = connection_.reply(deadline))
      if ((received.delivery = message_in(*reply))) return;
    if (!ping_) received.answered_empty = asked;
    received.unanswered = ping_;
  }

  std::optional<Delivery> arrived_message() {
    while (const auto reply = connection_.arrived())
      if (auto message = message_in(*reply)) return message;
    return std::nullopt;
  }

  // [message, channel, bytes] or [pong, ""]
  std::optional<Delivery> message_in(const redisReply& reply) {
    const auto parts = elements(reply);
    if (!parts.empty() && text(*parts[0]) == "pong") ping_.reset();
    if (parts.size() != 3 || text(*parts[0]) != "message") return std::nullopt;
    const auto bytes = text(*parts[2]);
    const auto copy = name_by_content(channel_, bytes);
    return Delivery{.bytes = bytes, .copy = copy, .session = session(), .tag = copy};
  }

  Connection connection_;
  Polls asking_;  // for a subscription
  std::string channel_, name_;
  std::int64_t session_ = 0;          // the generation of the connection it is on
  std::optional<std::int64_t> ping_;  // when the open PING was sent, monotonic ns
};

class PubsubAudit : public AuditLink {
 public:
  void scan(const std::function<void(const StoredCopy&)>&, Deadline) override {}
  Backlog backlog(Deadline) override { return {}; }
};

}  // namespace

std::unique_ptr<ProducerLink> publisher(const LinkSetup& setup) {
  return pipelined_producer(setup, std::make_unique<Publishing>(setup.channel));
}

std::unique_ptr<ConsumerLink> subscriber(const LinkSetup& setup) { return std::make_unique<Subscriber>(setup); }

std::unique_ptr<AuditLink> pubsub_audit() { return std::make_unique<PubsubAudit>(); }

}  // namespace assay::redis
