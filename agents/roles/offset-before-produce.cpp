// The consumer that sends on and commits its offset first: at most once.
//
//     receive · K.polled · commit the offset · K.offset_committed_before_produce ·
//     send on part 1 · K.produced_1 · part 2 · K.produced_2
//
// It goes on unless the commit is not answered, and sends each part once.
#include "agents/roles/trial-processor.hpp"

namespace assay {

void offset_before_produce(const RoleContext& context) {
  TrialProcessor processor(context);
  processor.run([&](const Taken& taken) {
    if (processor.commit_offset(taken) == AckOutcome::indeterminate) return false;
    processor.pass(Window::k_offset_committed_before_produce, taken);
    return processor.send_both(taken);
  });
}

}  // namespace assay
