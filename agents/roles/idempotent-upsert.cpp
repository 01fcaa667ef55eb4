// The consumer whose effect is keyed by the message's identity: however often
// it is processed, there is one row. The steps are those of
// acknowledge-after-process (CONTRACTS 3.3, T3):
//
//     receive · C.received · effect · C.effect_before_ack · ack · C.acked
#include "agents/roles/trial-consumer.hpp"

namespace assay {

void idempotent_upsert(const RoleContext& context) {
  TrialConsumer consumer(context);
  consumer.run_one_by_one([&](const Taken& taken) {
    consumer.apply(taken, [&](Sink& sink, const SinkRow& row) { sink.upsert(row, taken.mark()); });
    consumer.pass(Window::c_effect_before_ack, taken);
    consumer.acknowledge(taken);
    consumer.pass(Window::c_acked, taken);
  });
}

}  // namespace assay
