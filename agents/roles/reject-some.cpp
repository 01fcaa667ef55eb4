// Consumers that process some messages and give back the others: of each producer
// every n-th, n being reject_every, whoever has it and however often it comes.
//
//     receive · C.received · effect · C.effect_before_ack · ack · C.acked
//     receive · C.received · give back                          · C.acked
//
// reject-some gives back for good, so that the system sets the message aside;
// give-back-some has it given again, until the system has had enough.
#include <charconv>

#include "agents/roles/trial-consumer.hpp"

namespace assay {
namespace {

// The number behind the last slash of TRIAL/PRODUCER/SEQ; 0: it has none.
std::int64_t number_of(const std::string& message) {
  const auto slash = message.rfind('/');
  std::int64_t number = 0;
  if (slash != std::string::npos) std::from_chars(message.data() + slash + 1, message.data() + message.size(), number);
  return number;
}

bool is_unwanted(const Taken& taken, std::int64_t every) {
  const auto& message = taken.identity.message;
  const auto number = number_of(message);
  return every > 0 && !is_marker(message) && number > 0 && number % every == 0;
}

void process_or_give_back(const RoleContext& context, GivingBack how) {
  TrialConsumer consumer(context);
  consumer.run_one_by_one([&](const Taken& taken) {
    if (is_unwanted(taken, context.configuration.reject_every)) {
      consumer.give_back(taken, how);
    } else {
      consumer.apply(taken, [](Sink& sink, const SinkRow& row) { sink.append(row); });
      consumer.pass(Window::c_effect_before_ack, taken);
      consumer.acknowledge(taken);
    }
    consumer.pass(Window::c_acked, taken);
  });
}

}  // namespace

void reject_some(const RoleContext& context) { process_or_give_back(context, GivingBack::reject); }

void give_back_some(const RoleContext& context) { process_or_give_back(context, GivingBack::nack); }

}  // namespace assay
