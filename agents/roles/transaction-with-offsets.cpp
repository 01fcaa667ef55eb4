// The consumer that sends on in a transaction which its offset is part of: all of
// it comes true together, or nothing.
//
//     receive · K.polled · begin · K.begun · send on part 1 · K.produced_1 · part 2 ·
//     K.produced_2 · add the offset · K.offsets_in_txn · commit · K.txn_committed
//
// Whether a later incarnation shuts it out, and who reads what is not committed,
// is a matter of the system's settings.
#include "agents/roles/trial-processor.hpp"

namespace assay {

void transaction_with_offsets(const RoleContext& context) {
  TrialProcessor processor(context);
  processor.fence();
  processor.run([&](const Taken& taken) {
    if (!processor.begin()) return false;
    processor.pass(Window::k_begun, taken);
    if (!processor.send_both(taken) || !processor.add_offset(taken)) return false;
    processor.pass(Window::k_offsets_in_txn, taken);
    if (!processor.commit()) return false;
    processor.pass(Window::k_txn_committed, taken);
    return true;
  });
}

}  // namespace assay
