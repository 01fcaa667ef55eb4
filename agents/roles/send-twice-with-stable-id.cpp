// The producer that sends every message twice on purpose, under one id, so that
// the system has to tell the second from a new one:
//
//     read cursor · P.before_send · send · P.sent_before_ack · answer ·
//     P.before_send · send · P.sent_before_ack · answer ·
//     P.acked_before_cursor · save cursor · P.cursor_saved
//
// Each is resent until it is answered. Where the system knows an id for a limited
// time only, every fourth message is sent once more when that time has passed
// since the last answer: then it may be stored again.
#include <chrono>

#include "agents/roles/trial-producer.hpp"

namespace assay {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t one_in = 4;

class SendingTwice {
 public:
  SendingTwice(const RoleContext& context, TrialProducer& producer) : context_(context), producer_(producer) {}

  void send_plan() {
    while (const auto number = producer_.next_unsent()) {
      if (!send_until_answered(*number) || !send_until_answered(*number)) return;
      context_.points.pass(Window::p_acked_before_cursor);
      producer_.cursor().save(*number);
      context_.points.pass(Window::p_cursor_saved);
    }
    if (context_.configuration.dedup_window_ms > 0) send_some_later();
  }

 private:
  // False: bye.
  bool send_until_answered(std::int64_t number) {
    do {
      context_.points.pass(Window::p_before_send);
      producer_.send(number);
      if (is_answered(producer_.await_last())) return true;
    } while (producer_.goes_on());
    return false;
  }

  // A quarter more than the window, since nobody promises that it is shut at once.
  void send_some_later() {
    const auto window = context_.configuration.dedup_window_ms;
    if (!producer_.wait_until(Deadline::in(milliseconds(window + window / 4 + 200)))) return;
    for (std::int64_t number = one_in; number <= context_.configuration.messages; number += one_in)
      if (!send_until_answered(number)) return;
  }

  const RoleContext& context_;
  TrialProducer& producer_;
};

}  // namespace

void send_twice_with_stable_id(const RoleContext& context) {
  require_one_in_flight(context);
  TrialProducer producer(context, [](OutgoingMessage& outgoing, const std::string& message, std::int64_t) {
    outgoing.dedup_id = message;
  });
  SendingTwice sending(context, producer);
  producer.run([&] { sending.send_plan(); });
}

}  // namespace assay
