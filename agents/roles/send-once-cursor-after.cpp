// The producer that sends a message once and saves it as done when it is
// answered. The steps and their order are normative (CONTRACTS 3.3, T1):
//
//     read cursor · P.before_send · send · P.sent_before_ack · await once ·
//     P.acked_before_cursor · save cursor · P.cursor_saved
//
// Without an answer the cursor stays and this incarnation goes on with the next
// message, whose answer then covers both. A successor that reads the cursor
// before that sends the message again: a new incarnation may, this one never.
#include "agents/roles/trial-producer.hpp"

namespace assay {

void send_once_cursor_after(const RoleContext& context) {
  require_one_in_flight(context);
  TrialProducer producer(context);
  producer.run([&] {
    while (const auto number = producer.next_unsent()) {
      context.points.pass(Window::p_before_send);
      producer.send(*number);
      if (!is_answered(producer.await_last())) continue;
      context.points.pass(Window::p_acked_before_cursor);
      producer.cursor().save(*number);
      context.points.pass(Window::p_cursor_saved);
    }
  });
}

}  // namespace assay
