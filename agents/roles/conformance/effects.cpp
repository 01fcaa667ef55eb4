// Effects that live in the system: there once their message is acknowledged, and
// not before, and gone with a consumer that did not.
#include <vector>

#include "agents/roles/conformance/conformance.hpp"

namespace assay::conformance {
namespace {

using Effects = std::vector<std::string>;

Effects effects_in(AuditLink& auditor, Deadline deadline) {
  Effects messages;
  auditor.scan_effects([&](const SinkRow& row) { messages.push_back(row.message); }, deadline);
  return messages;
}

std::string listed_words(const Effects& effects) {
  std::string words;
  for (const auto& message : effects) words += (words.empty() ? "" : ", ") + message;
  return words.empty() ? "no effect" : words;
}

void hold_effects(Examination& examination, AuditLink& auditor, const Effects& expected, const std::string& when) {
  const auto found = effects_in(auditor, examination.patience());
  examination.saw("transactions", found == expected ? examination.declared("transactions") : listed_words(found),
                  when + ": " + listed_words(found));
}

bool put_effect(Examination& examination, ConsumerLink& consumer, const Delivery& delivery) {
  const SinkRow effect{.message = delivery.bytes, .attempt = 1, .key = "k", .digest = "d", .writer = "consumer-0#1"};
  if (consumer.put(effect, delivery, examination.patience())) return true;
  examination.saw("transactions", "not taken", "an effect of a message that its consumer holds");
  return false;
}

void follow_two_effects(Examination& examination) {
  const auto channel = examination.channel();
  auto first = channel.consumer("consumer-0#1");
  auto sender = channel.sender();
  const auto auditor = channel.auditor();
  examination.send(sender, "kept");
  const auto kept = next_delivery(*first, examination.patience());
  if (!kept) return examination.saw("transactions", "nothing delivered", "one message to one consumer");
  if (!put_effect(examination, *first, *kept)) return;
  hold_effects(examination, *auditor, {}, "before the ack");
  first->ack(*kept, examination.patience());
  hold_effects(examination, *auditor, {"kept"}, "after the ack");

  examination.send(sender, "left");
  const auto left = next_delivery(*first, examination.patience());
  if (!left) return examination.saw("transactions", "nothing delivered", "a second message to the same consumer");
  if (!put_effect(examination, *first, *left)) return;
  first.reset();
  const auto second = examination.successor(channel, "consumer-0#1", "consumer-0#2");
  const auto again = next_delivery(*second, examination.patience());
  hold_effects(examination, *auditor, {"kept"},
               again && again->bytes == "left" ? "where the consumer ended before the ack, and another has the message"
                                               : "where the consumer ended before the ack");
}

}  // namespace

void check_effects(Examination& examination) {
  if (!examination.declares("transactions", "effect-and-ack"))
    return examination.not_checked("transactions", "effects do not live in the system");
  examination.check("transactions", [&] { follow_two_effects(examination); });
}

}  // namespace assay::conformance
