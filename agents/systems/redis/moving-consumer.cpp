#include <deque>
#include <map>
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

// An element that was handed out lies in the processing list of its
// incarnation until it is acknowledged, or moved by a successor. A new session
// begins with what the own list still holds.
class MovingConsumer : public ConsumerLink {
 public:
  explicit MovingConsumer(const LinkSetup& setup)
      : connection_(setup.address),
        polls_(connection_),
        channel_(setup.channel),
        name_(setup.incarnation),
        holders_(holders_of(setup.channel)),
        own_(processing_list(setup.channel, setup.incarnation)),
        teller_(setup.notice) {}

  SessionOpened open(Deadline deadline) override {
    enlist(deadline);
    begin_session();
    return {session()};
  }

  Received receive(Deadline deadline) override {
    Received received;
    if (!connection_.connect(deadline)) return received;
    if (session_ != connection_.generation()) {
      begin_session();
      received.opened = SessionOpened{session()};
    }
    answered_empty_.reset();
    do {
      if (buffer_.empty()) poll(deadline);
      if (!buffer_.empty()) {
        received.delivery = std::move(buffer_.front());
        buffer_.pop_front();
        return received;
      }
    } while (connection_.alive() && !deadline.passed());
    if (polls_.open()) received.unanswered = polls_.asked();
    received.answered_empty = answered_empty_;
    return received;
  }

  AckOutcome ack(const Delivery& delivery, Deadline deadline) override {
    if (!connection_.connect(deadline)) return AckOutcome::indeterminate;
    const auto answer = ask({"LREM", own_, "1", delivery.bytes}, deadline);
    if (!answer) return AckOutcome::indeterminate;
    if (answer->type != REDIS_REPLY_INTEGER) {
      // Not acknowledged, most likely, and within a session nothing is offered twice: end it.
      teller_.tell("error", "LREM: " + text(*answer));
      connection_.drop();
      return AckOutcome::indeterminate;
    }
    forget(delivery);
    return answer->integer == 1 ? AckOutcome::confirmed : AckOutcome::refused;
  }

  // The oldest first, so that the own list stays in order.
  void take_over(const std::string& incarnation, Deadline deadline) override {
    if (polls_.open() && !finish_poll(deadline)) connection_.drop();
    const auto theirs = processing_list(channel_, incarnation);
    enlist(deadline);
    while (true) {
      const auto moved = connection_.insist({"LMOVE", theirs, own_, "RIGHT", "LEFT"}, deadline);
      if (moved->type == REDIS_REPLY_ERROR) give_up("LMOVE", *moved);
      if (moved->type == REDIS_REPLY_NIL) return;
      own_unread_ = true;
    }
  }

 private:
  std::string session() const { return name_ + "/" + std::to_string(session_); }

  void begin_session() {
    session_ = connection_.generation();
    buffer_.clear();
    held_.clear();
    own_unread_ = true;
  }

  // The auditor counts the lists that this set names: it must be told of one
  // before anything is in it.
  void enlist(Deadline deadline) {
    const auto answer = connection_.insist({"SADD", holders_, own_}, deadline);
    if (answer->type == REDIS_REPLY_ERROR) give_up("SADD", *answer);
  }

  void poll(Deadline deadline) {
    if (!polls_.open() && !(own_unread_ ? ask_own(deadline) : ask_new(deadline))) return connection_.drop();
    finish_poll(deadline);
  }

  // Enlisted again: a server that came back without its data knows no set.
  bool ask_own(Deadline deadline) {
    asked_own_ = true;
    polls_.begin(2);
    return connection_.send({"SADD", holders_, own_}, deadline) &&
           connection_.send({"LRANGE", own_, "0", "-1"}, deadline);
  }

  // Blocks as short as can be: whoever is stopped meanwhile is still given an
  // element, and nobody knows.
  bool ask_new(Deadline deadline) {
    asked_own_ = false;
    polls_.begin(1);
    return connection_.send({"BLMOVE", channel_, own_, "RIGHT", "LEFT", "0.005"}, deadline);
  }

  // False while the answer is not there.
  bool finish_poll(Deadline deadline) {
    const auto answer = polls_.finish(deadline);
    if (!answer) return false;
    for (const auto& reply : answer->replies)
      if (reply->type == REDIS_REPLY_ERROR) {
        pass_over(*reply);
        return true;
      }
    if (asked_own_)
      take_own(*answer);
    else if (answer->replies[0]->type == REDIS_REPLY_STRING)
      hold(text(*answer->replies[0]), answer->asked);
    else
      answered_empty_ = answer->asked;
    return true;
  }

  // The oldest is at the end.
  void take_own(const Polls::Answer& answer) {
    own_unread_ = false;
    auto given = held_;
    auto list = elements(*answer.replies[1]);
    for (auto element = list.rbegin(); element != list.rend(); ++element) {
      const auto bytes = text(**element);
      if (given[bytes]-- > 0) continue;
      hold(bytes, answer.asked);
    }
  }

  // Redis gives no id and counts no deliveries. A second element with the same
  // bytes is another copy.
  void hold(const std::string& bytes, std::int64_t asked) {
    const int alike = ++held_[bytes];
    auto copy = name_by_content(channel_, bytes);
    if (alike > 1) copy += "#" + std::to_string(alike);
    buffer_.push_back({.bytes = bytes, .copy = copy, .session = session(), .tag = copy, .asked = asked});
  }

  void forget(const Delivery& delivery) {
    if (const auto held = held_.find(delivery.bytes); held != held_.end() && --held->second == 0) held_.erase(held);
    std::erase_if(buffer_, [&](const Delivery& buffered) { return buffered.copy == delivery.copy; });
  }

  // A command and its reply, behind a poll that may still be open.
  Reply ask(const Words& words, Deadline deadline) {
    if (polls_.open() && !finish_poll(deadline)) {
      connection_.drop();
      return nullptr;
    }
    return connection_.call(words, deadline);
  }

  void pass_over(const redisReply& error) {
    if (!may_pass(error) && !is_error(error, "UNBLOCKED")) give_up(asked_own_ ? "LRANGE" : "BLMOVE", error);
    teller_.tell("error", std::string(asked_own_ ? "LRANGE" : "BLMOVE") + ": " + text(error));
    ::poll(nullptr, 0, 1);  // until the server accepts writes again
  }

  [[noreturn]] void give_up(const std::string& command, const redisReply& error) const {
    throw std::runtime_error(command + " " + channel_ + " for " + name_ + ": " + text(error));
  }

  Connection connection_;
  Polls polls_;
  std::string channel_, name_, holders_, own_;
  Teller teller_;
  std::int64_t session_ = 0;  // the generation of the connection it began with
  bool own_unread_ = true;    // the own list may hold what this session was not given
  bool asked_own_ = false;    // what the last poll was about
  std::optional<std::int64_t> answered_empty_;  // when the poll for new elements began that brought none
  std::deque<Delivery> buffer_;
  std::map<std::string, int> held_;  // given in this session and not acknowledged, by their bytes
};

}  // namespace

std::unique_ptr<ConsumerLink> moving_consumer(const LinkSetup& setup) { return std::make_unique<MovingConsumer>(setup); }

}  // namespace assay::redis
