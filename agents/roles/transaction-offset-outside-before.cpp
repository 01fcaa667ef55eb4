// Known to be wrong: the consumer that sends on in a transaction and commits its
// offset before that, outside it.
//
//     receive · K.polled · begin · K.begun · commit the offset ·
//     K.offset_committed_outside · send on part 1 · K.produced_1 · part 2 ·
//     K.produced_2 · commit the transaction · K.txn_committed
#include "agents/roles/trial-processor.hpp"

namespace assay {

void transaction_offset_outside_before(const RoleContext& context) {
  TrialProcessor processor(context);
  processor.fence();
  processor.run([&](const Taken& taken) {
    if (!processor.begin()) return false;
    processor.pass(Window::k_begun, taken);
    const auto outcome = processor.commit_offset(taken);
    if (outcome == AckOutcome::refused || outcome == AckOutcome::indeterminate) {
      processor.abort();
      return false;
    }
    processor.pass(Window::k_offset_committed_outside, taken);
    if (!processor.send_both(taken) || !processor.commit()) return false;
    processor.pass(Window::k_txn_committed, taken);
    return true;
  });
}

}  // namespace assay
