#include <algorithm>
#include <chrono>
#include <deque>
#include <stdexcept>
#include <utility>

#include "agents/recording/recorder.hpp"
#include "agents/systems/embedded/connection.hpp"
#include "agents/systems/embedded/links.hpp"
#include "agents/systems/embedded/replies.hpp"

namespace assay::embedded {
namespace {

using nlohmann::json;

// A session lives as long as its connection. What is dropped with it is offered
// again when this incarnation opens the next one: that ends the old leases.
//
// A poll that has no answer by the caller's deadline stays open, and the next
// call goes on waiting for it: callers poll in steps of milliseconds, and on a
// busy machine every answer would be too late for one.
class Consumer : public ConsumerLink {
 public:
  explicit Consumer(const LinkSetup& setup)
      : setup_(setup), complaints_(setup.notice), connection_(setup.address), life_(connection_.life()) {}

  SessionOpened open(Deadline deadline) override {
    drop_session();
    do {
      if (connection_.life() != life_) drop_session();
      if (!pending_) ask_to_open();
    } while (hear(deadline) && !opened_);
    if (opened_) return *std::exchange(opened_, {});
    throw std::runtime_error("open queue " + setup_.channel + " at " + setup_.address +
                             ": no answer within the deadline");
  }

  Received receive(Deadline deadline) override {
    connection_.collect(others_);
    answered_empty_.reset();
    while (true) {
      if (connection_.life() != life_) drop_session();
      if (opened_) return {.opened = std::exchange(opened_, {}), .delivery = {}};
      if (!buffer_.empty()) return {.opened = {}, .delivery = take_buffered()};
      if (!pending_ && deadline.passed()) return {.opened = {}, .delivery = {}, .unanswered = {}, .answered_empty = answered_empty_};
      if (!pending_) session_.empty() ? ask_to_open() : ask_for_deliveries(deadline);
      if (!hear(deadline)) return {.opened = {}, .delivery = {}, .unanswered = pending_asked(), .answered_empty = answered_empty_};
    }
  }

  AckOutcome ack(const Delivery& delivery, Deadline deadline) override { return settle("ack", delivery, deadline); }

  AckOutcome give_back(const Delivery& delivery, GivingBack how, Deadline deadline) override {
    return settle(how == GivingBack::reject ? "reject" : "give-back", delivery, deadline);
  }

  void take_over(const std::string& incarnation, Deadline deadline) override {
    connection_.insist({{"op", "expire"}, {"queue", setup_.channel}, {"owner", incarnation}}, deadline, others_);
  }

 private:
  AckOutcome settle(const char* op, const Delivery& delivery, Deadline deadline) {
    const auto reply = connection_.ask({{"op", op}, {"session", delivery.session}, {"tag", delivery.tag}}, deadline, others_);
    if (!reply) return AckOutcome::indeterminate;
    if (failed(*reply)) {
      complaints_.pass_on(*reply);
      return AckOutcome::indeterminate;
    }
    if (!refused(*reply)) return AckOutcome::confirmed;
    if (delivery.session == session_ && reply->at("refused") == "no session") drop_session();
    return AckOutcome::refused;
  }

  // The open or receive that the broker has not answered yet.
  struct Pending {
    std::int64_t n = 0;
    std::string session;  // the one to be open, or to receive in
    std::int64_t asked = 0;
    Deadline end;  // no answer by then: the connection is given up
  };
  static constexpr int patience_ms = 10'000;

  void ask(const std::string& session, int wait_ms, json request) {
    const auto asked = monotonic_ns();
    request["session"] = session;
    pending_ = Pending{.n = connection_.send(std::move(request)),
                       .session = session,
                       .asked = asked,
                       .end = Deadline::in(std::chrono::milliseconds(wait_ms + patience_ms))};
  }

  std::optional<std::int64_t> pending_asked() const {
    return pending_ ? std::optional(pending_->asked) : std::nullopt;
  }

  // The queue is part of the id: one broker serves many trials, whose consumers
  // have the same names. `opened` orders the sessions of one owner, for requests
  // can overtake each other on their way out of two connections.
  void ask_to_open() {
    ask(setup_.channel + "/" + setup_.incarnation + "/" + std::to_string(++sessions_), 0,
        {{"op", "open"},
         {"queue", setup_.channel},
         {"group", setup_.group},
         {"owner", setup_.incarnation},
         {"opened", monotonic_ns()}});
  }

  void ask_for_deliveries(Deadline deadline) {
    const auto wait_ms = deadline.left_ms();
    ask(session_, wait_ms,
        {{"op", "receive"}, {"max", std::max<std::int64_t>(1, setup_.prefetch)}, {"wait_ms", wait_ms}});
  }

  // Waits for the pending answer. False: nothing has changed by the deadline.
  bool hear(Deadline deadline) {
    const auto sign = connection_.wait(Deadline::earlier(deadline, pending_->end));
    if (sign == Connection::Sign::lost || (sign == Connection::Sign::nothing && pending_->end.passed())) {
      connection_.renew();
      return true;
    }
    if (sign == Connection::Sign::nothing) return false;
    const auto reply = connection_.take();
    if (reply) handle(*reply);
    return !reply || !failed(*reply);
  }

  void handle(const json& reply) {
    if (!pending_ || reply.value("n", std::int64_t{0}) != pending_->n) return;
    const auto pending = *std::exchange(pending_, {});
    if (failed(reply)) return complaints_.pass_on(reply);
    if (refused(reply)) return drop_session();
    if (session_.empty()) {
      session_ = pending.session;
      opened_ = SessionOpened{session_};
      return;
    }
    if (reply.at("deliveries").empty()) answered_empty_ = pending.asked;
    for (const auto& delivery : reply.at("deliveries"))
      buffer_.push_back({.bytes = text(delivery.at("body")),
                         .copy = delivery.at("copy"),
                         .session = pending.session,
                         .tag = delivery.at("tag"),
                         .asked = pending.asked,
                         .redelivered = delivery.at("redelivered").get<bool>(),
                         .count = delivery.at("count").get<std::int64_t>()});
  }

  Delivery take_buffered() {
    auto delivery = std::move(buffer_.front());
    buffer_.pop_front();
    return delivery;
  }

  void drop_session() {
    life_ = connection_.life();
    session_.clear();
    opened_.reset();
    pending_.reset();
    answered_empty_.reset();
    buffer_.clear();
  }

  LinkSetup setup_;
  Complaints complaints_;
  Connection connection_;
  Connection::Others others_ = [this](const json& reply) { handle(reply); };
  std::int64_t life_ = 0;  // of the connection, when the session began
  std::int64_t sessions_ = 0;
  std::string session_;                  // empty: none
  std::optional<SessionOpened> opened_;  // and not yet told
  std::optional<Pending> pending_;
  std::optional<std::int64_t> answered_empty_;  // when the poll began that was answered with nothing
  std::deque<Delivery> buffer_;
};

}  // namespace

std::unique_ptr<ConsumerLink> consumer_link(const LinkSetup& setup) { return std::make_unique<Consumer>(setup); }

}  // namespace assay::embedded
