// The consumer of a system that lets go of a message as it hands it out (Redis
// BRPOP and NOACK, pub/sub, what brokers call auto-ack): there is nothing to
// acknowledge.
//
//     receive · C.received · effect · C.effect_done
#include "agents/roles/trial-consumer.hpp"

namespace assay {

void auto_acknowledge(const RoleContext& context) {
  TrialConsumer consumer(context);
  consumer.run_one_by_one([&](const Taken& taken) {
    consumer.apply(taken, [](Sink& sink, const SinkRow& row) { sink.append(row); });
    consumer.pass(Window::c_effect_done, taken);
  });
}

}  // namespace assay
