// The consumer that sends on and commits its offset last: at least once.
//
//     receive · K.polled · send on part 1 · K.produced_1 · part 2 · K.produced_2 ·
//     commit the offset · K.offset_committed
//
// It sends each part until the system answers that it has it.
#include "agents/roles/trial-processor.hpp"

namespace assay {

void offset_after_produce(const RoleContext& context) {
  TrialProcessor processor(context);
  processor.run([&](const Taken& taken) {
    if (!processor.keep_sending_on(taken, 1)) return false;
    processor.pass(Window::k_produced_1, taken);
    if (!processor.keep_sending_on(taken, 2)) return false;
    processor.pass(Window::k_produced_2, taken);
    processor.commit_offset(taken);
    processor.pass(Window::k_offset_committed, taken);
    return true;
  });
}

}  // namespace assay
