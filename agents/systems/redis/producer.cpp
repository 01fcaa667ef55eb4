#include "agents/systems/redis/producer.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "agents/systems/answers.hpp"
#include "agents/systems/redis/copies.hpp"
#include "agents/systems/redis/errors.hpp"
#include "agents/systems/teller.hpp"

namespace assay::redis {
namespace {

class PipelinedProducer : public ProducerLink {
 public:
  PipelinedProducer(const LinkSetup& setup, std::unique_ptr<Writing> writing, std::int64_t wait)
      : connection_(setup.address),
        channel_(setup.channel),
        writing_(std::move(writing)),
        wait_(wait),
        teller_(setup.notice) {}

  void submit(const OutgoingMessage& message, Deadline deadline) override {
    gather();
    if (!connection_.connect(deadline)) {
      // Definite: not a byte of it was written.
      answers_.not_sent(message.ticket, connection_.why());
      return;
    }
    open_.push_back({message.ticket, name_by_content(channel_, message.bytes), std::nullopt});
    if (!writing_->send(connection_, message, deadline) || !ask_replicas(deadline)) gather();
  }

  Waiting answer_waiting(Deadline deadline) override {
    if (wait_ > 0) gather_answer(deadline);
    if (!answers_.empty()) return answers_.waiting();
    if (open_.empty() || !connection_.readable(deadline)) return Waiting::nothing;
    return connection_.has_bytes() ? Waiting::answer : Waiting::lost;
  }

  std::vector<SendAnswer> take_answers() override {
    gather();
    return answers_.take();
  }

  void abandon() override {
    connection_.drop();
    open_.clear();
    answers_.clear();
  }

 private:
  struct Open {
    std::int64_t ticket;
    std::string by_content;
    std::optional<SendAnswer> written;  // by the primary; its replicas have not answered yet
  };

  // Half of the time: what they answer must still come back.
  bool ask_replicas(Deadline deadline) {
    if (wait_ == 0) return true;
    return connection_.send({"WAIT", std::to_string(wait_), std::to_string(std::max(deadline.left_ms() / 2, 1))}, deadline);
  }

  // The first reply to a send is no answer yet, so those are told from each other
  // by taking them.
  void gather_answer(Deadline deadline) {
    for (gather(); answers_.empty() && !open_.empty() && connection_.readable(deadline);) gather();
  }

  // Reads what is there. Where the connection ended, the tickets behind the
  // last reply are lost.
  void gather() {
    while (const auto reply = connection_.arrived()) {
      if (open_.empty()) {
        teller_.tell("warn", "Redis said unasked: " + text(*reply));
        connection_.drop();
        return;
      }
      take(*reply);
    }
    if (connection_.alive()) return;
    lose_open();
    connection_.drop();
  }

  void take(const redisReply& reply) {
    auto& open = open_.front();
    if (wait_ > 0 && !open.written) {
      open.written = answer(open, reply);
      return;
    }
    answers_.add(wait_ > 0 ? replicated(*open.written, reply) : answer(open, reply));
    open_.pop_front();
  }

  // What is only on the primary may be gone with it.
  SendAnswer replicated(SendAnswer written, const redisReply& reply) {
    if (written.outcome != SendOutcome::ok) return written;
    if (reply.type == REDIS_REPLY_INTEGER && reply.integer >= wait_) return written;
    written.outcome = SendOutcome::indeterminate;
    written.error = reply.type == REDIS_REPLY_INTEGER
                        ? "only " + std::to_string(reply.integer) + " of " + std::to_string(wait_) + " replicas have it"
                        : "WAIT: " + text(reply);
    return written;
  }

  SendAnswer answer(const Open& open, const redisReply& reply) {
    if (reply.type == REDIS_REPLY_ERROR) {
      teller_.tell("error", writing_->command() + ": " + text(reply));
      return {open.ticket, never_executed(reply) ? SendOutcome::fail : SendOutcome::indeterminate, "", text(reply)};
    }
    if (auto written = writing_->written(reply, open.by_content))
      return {open.ticket, SendOutcome::ok, std::move(written->copy), "", written->duplicate};
    return {open.ticket, SendOutcome::indeterminate, "",
            writing_->command() + " answered by a reply of type " + std::to_string(reply.type)};
  }

  void lose_open() {
    for (const auto& open : std::exchange(open_, {})) {
      const bool failed = open.written && open.written->outcome == SendOutcome::fail;
      if (failed) answers_.add(*open.written);
      else answers_.connection_lost(open.ticket, connection_.why());
    }
  }

  Connection connection_;
  std::string channel_;
  std::unique_ptr<Writing> writing_;
  std::int64_t wait_;
  Teller teller_;
  std::deque<Open> open_;  // in the order of their commands, and so of their replies
  Answers answers_;
};

}  // namespace

std::unique_ptr<ProducerLink> pipelined_producer(const LinkSetup& setup, std::unique_ptr<Writing> writing, std::int64_t wait) {
  return std::make_unique<PipelinedProducer>(setup, std::move(writing), wait);
}

}  // namespace assay::redis
