// The producer that resends until it is answered, then moves a durable cursor.
// The steps and their order are normative (CONTRACTS 3.3, T1, "retry"):
//
//     read cursor · P.before_send · send · P.sent_before_ack · answer ·
//     P.acked_before_cursor · save cursor · P.cursor_saved
//
// With more than one message in flight the steps of each message stay in this
// order, P.sent_before_ack is marked once for all answers that are readable
// together, and the cursor is the prefix of messages that are answered.
#include "agents/roles/resend.hpp"

#include <set>

#include "agents/roles/trial-producer.hpp"

namespace assay {
namespace {

class Resending {
 public:
  Resending(const RoleContext& context, TrialProducer& producer) : context_(context), producer_(producer) {}

  void send_plan() {
    while (producer_.goes_on()) {
      while (producer_.open() < context_.configuration.in_flight) {
        const auto number = next();
        if (!number) break;
        context_.points.pass(Window::p_before_send);
        producer_.send(*number);
      }
      if (producer_.open() == 0) return;
      producer_.await_answers([this](const SendCompletion& completion) { complete(completion); });
    }
  }

 private:
  // First whatever was begun and has no answer; then what the cursor, read
  // anew, does not cover.
  std::optional<std::int64_t> next() {
    if (!unanswered_.empty()) return unanswered_.extract(unanswered_.begin()).value();
    done_ = producer_.cursor().read();
    forget_done();
    std::int64_t number = done_ + 1;
    while (begun_.contains(number)) ++number;
    if (number > context_.configuration.messages) return std::nullopt;
    begun_.insert(number);
    return number;
  }

  void complete(const SendCompletion& completion) {
    if (is_answered(completion.outcome)) {
      advance(completion.number);
    } else {
      unanswered_.insert(completion.number);
    }
  }

  void advance(std::int64_t number) {
    answered_.insert(number);
    while (answered_.contains(done_ + 1)) ++done_;
    context_.points.pass(Window::p_acked_before_cursor);
    producer_.cursor().save(done_);
    context_.points.pass(Window::p_cursor_saved);
    forget_done();
  }

  void forget_done() {
    answered_.erase(answered_.begin(), answered_.upper_bound(done_));
    begun_.erase(begun_.begin(), begun_.upper_bound(done_));
  }

  const RoleContext& context_;
  TrialProducer& producer_;
  std::int64_t done_ = 0;         // the cursor as last read or saved
  std::set<std::int64_t> begun_;  // above the cursor: open, unanswered or answered
  std::set<std::int64_t> answered_, unanswered_;
};

}  // namespace

void resend_until_answered(const RoleContext& context, DedupIdentity identity) {
  TrialProducer producer(context, std::move(identity));
  Resending resending(context, producer);
  producer.run([&] { resending.send_plan(); });
}

}  // namespace assay
