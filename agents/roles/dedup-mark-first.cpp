// The consumer that marks a message as processed and then processes it. The
// steps and their order are normative (CONTRACTS 3.3, T3):
//
//     receive · C.received · check mark · mark · C.marked_before_effect · effect ·
//     C.effect_before_ack · ack · C.acked
//
// (The line of steps calls the last window but one C.marked_before_ack, the table
// C.effect_before_ack; the mark is long there, so the table has the better name.)
//
// A message that is marked already is acknowledged and nothing else, also when
// its effect never came: this is what the strategy gets wrong.
#include "agents/roles/trial-consumer.hpp"

namespace assay {

void dedup_mark_first(const RoleContext& context) {
  TrialConsumer consumer(context);
  Sink& marks = consumer.marks();
  consumer.run_one_by_one([&](const Taken& taken) {
    if (!marks.is_marked(taken.mark())) {
      marks.mark(taken.mark());
      consumer.pass(Window::c_marked_before_effect, taken);
      consumer.apply(taken, [](Sink& sink, const SinkRow& row) { sink.append(row); });
      consumer.pass(Window::c_effect_before_ack, taken);
    }
    consumer.acknowledge(taken);
    consumer.pass(Window::c_acked, taken);
  });
}

}  // namespace assay
