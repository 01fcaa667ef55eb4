// What an acknowledgement is worth: it is answered as declared, and what was
// acknowledged is not offered again, to nobody.
#include <algorithm>

#include "agents/roles/conformance/conformance.hpp"

namespace assay::conformance {
namespace {

bool among(const std::vector<Delivery>& deliveries, const std::string& bytes) {
  return std::any_of(deliveries.begin(), deliveries.end(), [&](const Delivery& one) { return one.bytes == bytes; });
}

void hold_answer(Examination& examination, AckOutcome outcome) {
  const auto seen = outcome == AckOutcome::confirmed ? "true" : outcome == AckOutcome::unconfirmed ? "false" : word(outcome);
  examination.saw("ack_answered", seen, "one ack: " + word(outcome));
}

// An ack that is not answered gets a moment to arrive, before its connection ends.
bool settle(Examination& examination, ConsumerLink& consumer, const Delivery& delivery) {
  if (examination.acknowledges()) hold_answer(examination, consumer.ack(delivery, examination.patience()));
  return !next_delivery(consumer, Examination::quiet());
}

}  // namespace

void check_acks(Examination& examination) {
  if (!examination.acknowledges()) examination.not_checked("ack_answered", "nothing is acknowledged");
  examination.check("ack", [&] {
    const auto channel = examination.channel();
    auto first = channel.consumer("consumer-0#1");
    auto sender = channel.sender();
    examination.send(sender, "done");
    const auto delivery = next_delivery(*first, examination.patience());
    if (!delivery) return examination.saw("ack", "nothing delivered", "one message to one consumer");
    const bool once = settle(examination, *first, *delivery);
    first.reset();

    const auto second = examination.successor(channel, "consumer-0#1", "consumer-0#2");
    examination.send(sender, "next");
    const auto deliveries = examination.take(*second, 1);
    const std::string what = examination.acknowledges() ? "a message that was acknowledged" : "a message that was handed out";
    const bool again = !once || among(deliveries, "done");
    examination.saw("ack", again ? "offered again" : among(deliveries, "next") ? examination.declared("ack") : "nothing after it",
                    what + ", after a reconnect, and one sent after it");
  });
}

}  // namespace assay::conformance
