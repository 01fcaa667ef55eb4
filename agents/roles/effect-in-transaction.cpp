// The consumer whose effect lives in the system, in the transaction that
// acknowledges: both come true together, or neither.
//
//     receive · C.received · effect, uncommitted · C.tx_open · ack, which commits
//     both · C.acked
//
// With ack_batch > 1 one transaction has the effects of a batch; a receive that
// finds nothing ends it early. Where the transaction is gone the delivery is
// dropped, since it comes again.
#include <vector>

#include "agents/roles/trial-consumer.hpp"

namespace assay {

void effect_in_transaction(const RoleContext& context) {
  TrialConsumer consumer(context);
  std::vector<Taken> batch;  // with an effect that is not committed yet

  const auto commit_batch = [&] {
    consumer.acknowledge(batch, [&](const Taken& taken) {
      consumer.pass(Window::c_acked, taken);
      consumer.tell_if_marker(taken);
    });
    batch.clear();
  };
  const auto process = [&](const Taken& taken) {
    if (!consumer.apply_in_system(taken)) return;
    consumer.pass(Window::c_tx_open, taken);
    batch.push_back(taken);
    if (static_cast<std::int64_t>(batch.size()) >= context.configuration.ack_batch) commit_batch();
  };
  consumer.run(process, commit_batch);
}

}  // namespace assay
