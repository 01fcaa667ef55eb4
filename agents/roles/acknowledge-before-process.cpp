// The consumers that acknowledge first and process afterwards. The steps and
// their order are normative (CONTRACTS 3.3, T3):
//
//     receive · C.received · ack · go on or not · C.acked_before_effect · effect ·
//     C.effect_done
//
// They differ in when they go on. The unfenced one asks only for an answer,
// whatever it says: where its lease was given away meanwhile, both process. The
// fenced one asks for a yes; what a system that never answers lets it do is
// nothing.
#include "agents/roles/trial-consumer.hpp"

namespace assay {
namespace {

using GoesOn = bool (*)(AckOutcome);

void acknowledge_then_process(const RoleContext& context, GoesOn goes_on) {
  TrialConsumer consumer(context);
  consumer.run_one_by_one([&](const Taken& taken) {
    if (!goes_on(consumer.acknowledge(taken))) return;
    consumer.pass(Window::c_acked_before_effect, taken);
    consumer.apply(taken, [](Sink& sink, const SinkRow& row) { sink.append(row); });
    consumer.pass(Window::c_effect_done, taken);
  });
}

}  // namespace

void acknowledge_before_process(const RoleContext& context) {
  acknowledge_then_process(context, [](AckOutcome outcome) { return outcome != AckOutcome::indeterminate; });
}

void acknowledge_before_process_fenced(const RoleContext& context) {
  acknowledge_then_process(context, [](AckOutcome outcome) { return outcome == AckOutcome::confirmed; });
}

}  // namespace assay
