#include <stdexcept>
#include <utility>

#include <poll.h>

#include "agents/systems/redis/copies.hpp"
#include "agents/systems/redis/errors.hpp"
#include "agents/systems/redis/lists.hpp"
#include "agents/systems/redis/polls.hpp"
#include "agents/systems/teller.hpp"

namespace assay::redis {
namespace {

// Redis lets go of an element as it hands it out: a session that ends with an
// answer on its way has lost it.
class PoppingConsumer : public ConsumerLink {
 public:
  explicit PoppingConsumer(const LinkSetup& setup)
      : connection_(setup.address),
        polls_(connection_),
        channel_(setup.channel),
        name_(setup.incarnation),
        teller_(setup.notice) {}

  SessionOpened open(Deadline deadline) override {
    connection_.insist({"PING"}, deadline);
    session_ = connection_.generation();
    return {session()};
  }

  Received receive(Deadline deadline) override {
    Received received;
    if (!connection_.connect(deadline)) return received;
    if (std::exchange(session_, connection_.generation()) != connection_.generation())
      received.opened = SessionOpened{session()};
    answered_empty_.reset();
    do {
      received.delivery = poll(deadline);
    } while (!received.delivery && connection_.alive() && !deadline.passed());
    if (!received.delivery && polls_.open()) received.unanswered = polls_.asked();
    received.answered_empty = answered_empty_;
    return received;
  }

  AckOutcome ack(const Delivery& delivery, Deadline) override {
    throw std::logic_error("acknowledge " + delivery.copy + ": after BRPOP Redis has forgotten it");
  }

  void take_over(const std::string&, Deadline) override {}  // there is nothing to be had

 private:
  std::string session() const { return name_ + "/" + std::to_string(session_); }

  std::optional<Delivery> poll(Deadline deadline) {
    if (!polls_.open()) {
      polls_.begin(1);
      if (!connection_.send({"BRPOP", channel_, "0.005"}, deadline)) {
        connection_.drop();
        return std::nullopt;
      }
    }
    const auto answer = polls_.finish(deadline);
    return answer ? popped(*answer) : std::nullopt;
  }

  // [key, element], or nil after a while without any.
  std::optional<Delivery> popped(const Polls::Answer& answer) {
    const auto& reply = *answer.replies[0];
    if (reply.type == REDIS_REPLY_ERROR) pass_over(reply);
    if (reply.type == REDIS_REPLY_NIL) answered_empty_ = answer.asked;
    const auto parts = elements(reply);
    if (parts.size() != 2) return std::nullopt;
    const auto bytes = text(*parts[1]);
    const auto copy = name_by_content(channel_, bytes);
    return Delivery{.bytes = bytes, .copy = copy, .session = session(), .tag = copy, .asked = answer.asked};
  }

  void pass_over(const redisReply& error) {
    if (!may_pass(error) && !is_error(error, "UNBLOCKED"))
      throw std::runtime_error("BRPOP " + channel_ + ": " + text(error));
    teller_.tell("error", "BRPOP: " + text(error));
    ::poll(nullptr, 0, 1);  // until the server accepts writes again
  }

  Connection connection_;
  Polls polls_;
  std::string channel_, name_;
  Teller teller_;
  std::int64_t session_ = 0;  // the generation of the connection it began with
  std::optional<std::int64_t> answered_empty_;  // when the poll began that brought nothing
};

}  // namespace

std::unique_ptr<ConsumerLink> popping_consumer(const LinkSetup& setup) { return std::make_unique<PoppingConsumer>(setup); }

}  // namespace assay::redis
