// The producer that saves a message as done before it sends it, and sends it
// once. The steps and their order are normative (CONTRACTS 3.3, T1):
//
//     read cursor · P.before_cursor · save cursor · P.cursor_before_send · send ·
//     P.sent_before_ack · await the answer once, never resend · P.acked
//
// Whatever is not sent or not answered after the save stays so. A zombie saves
// the number that it had chosen, even below what its successor has saved, and
// then sends again what comes after: the plain write is what is tested here.
#include "agents/roles/trial-producer.hpp"

namespace assay {

void send_once_cursor_first(const RoleContext& context) {
  require_one_in_flight(context);
  TrialProducer producer(context);
  producer.run([&] {
    while (const auto number = producer.next_unsent()) {
      context.points.pass(Window::p_before_cursor);
      producer.cursor().save(*number);
      context.points.pass(Window::p_cursor_before_send);
      producer.send(*number);
      if (is_answered(producer.await_last())) context.points.pass(Window::p_acked);
    }
  });
}

}  // namespace assay
