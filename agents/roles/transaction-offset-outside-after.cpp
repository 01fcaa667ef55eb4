// Known to be wrong: the consumer that sends on in a transaction and commits its
// offset after that, outside it.
//
//     receive · K.polled · begin · K.begun · send on part 1 · K.produced_1 · part 2 ·
//     K.produced_2 · commit the transaction · K.txn_committed · commit the offset ·
//     K.offset_committed_outside
#include "agents/roles/trial-processor.hpp"

namespace assay {

void transaction_offset_outside_after(const RoleContext& context) {
  TrialProcessor processor(context);
  processor.fence();
  processor.run([&](const Taken& taken) {
    if (!processor.begin()) return false;
    processor.pass(Window::k_begun, taken);
    if (!processor.send_both(taken) || !processor.commit()) return false;
    processor.pass(Window::k_txn_committed, taken);
    processor.commit_offset(taken);
    processor.pass(Window::k_offset_committed_outside, taken);
    return true;
  });
}

}  // namespace assay
