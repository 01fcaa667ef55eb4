// The consumer that processes first and acknowledges afterwards. The steps and
// their order are normative (CONTRACTS 3.3, T3):
//
//     receive · C.received · effect · C.effect_before_ack · ack · C.acked
//
// With ack_batch > 1 the deliveries of a batch go as far as C.effect_before_ack,
// then they are acknowledged: in one step where the system has one, else one by
// one. A receive that finds nothing ends a batch early.
#include <vector>

#include "agents/roles/trial-consumer.hpp"

namespace assay {

void acknowledge_after_process(const RoleContext& context) {
  TrialConsumer consumer(context);
  std::vector<Taken> batch;  // processed and not yet acknowledged

  const auto acknowledge_batch = [&] {
    consumer.acknowledge(batch, [&](const Taken& taken) {
      consumer.pass(Window::c_acked, taken);
      consumer.tell_if_marker(taken);
    });
    batch.clear();
  };
  const auto process = [&](const Taken& taken) {
    consumer.apply(taken, [](Sink& sink, const SinkRow& row) { sink.append(row); });
    consumer.pass(Window::c_effect_before_ack, taken);
    batch.push_back(taken);
    if (static_cast<std::int64_t>(batch.size()) >= context.configuration.ack_batch) acknowledge_batch();
  };
  consumer.run(process, acknowledge_batch);
}

}  // namespace assay
