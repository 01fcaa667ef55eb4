// Whose a message is: one consumer's, until it acknowledges or another takes
// over.
#include <algorithm>
#include <chrono>
#include <optional>

#include "agents/roles/conformance/conformance.hpp"

namespace assay::conformance {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_at_lease{200};
constexpr std::int64_t worth_a_look_ms = 400;  // a lease that ends sooner may end while we look

std::optional<std::int64_t> shortest_timer_ms(const nlohmann::json& timers) {
  std::optional<std::int64_t> shortest;
  for (const auto& timer : timers) {
    const auto ms = timer.value("ms", std::int64_t{0});
    if (!shortest || ms < *shortest) shortest = ms;
  }
  return shortest;
}

void hold_timers(Examination& examination) {
  for (const auto& timer : examination.timers()) {
    const auto ms = timer.value("ms", std::int64_t{0});
    examination.saw("timers", "above 0 ms", ms > 0 ? "above 0 ms" : std::to_string(ms) + " ms",
                    "the timer " + timer.value("name", "without a name") + ", " + std::to_string(ms) + " ms");
  }
}

// Where two consumers of a group were given the same message there is no lease to speak of.
void hold_lease(Examination& examination, bool both) {
  if (!examination.acknowledges()) return examination.not_checked("timers", "without acknowledgements there are no leases");
  const auto shortest = shortest_timer_ms(examination.timers());
  if (shortest && *shortest < worth_a_look_ms)
    return examination.not_checked("timers", "the shortest lets a lease end within " + std::to_string(*shortest) + " ms");
  examination.saw("timers", "still leased", both ? "offered again" : "still leased",
                  "a message that one consumer had, 200 ms later, where the shortest timer is " +
                      (shortest ? std::to_string(*shortest) + " ms" : "none"));
}

void hold_first_flags(Examination& examination, const Delivery& first) {
  if (first.redelivered)
    examination.saw("redelivered", "false", *first.redelivered ? "true" : "false", "the flag of a first delivery");
  else
    examination.not_checked("redelivered", "the system gives no such flag");
  if (first.count)
    examination.saw("count", "1", std::to_string(*first.count), "how often the system says that it delivered a message, the first time");
  else
    examination.not_checked("count", "the system does not count deliveries");
}

void hold_second_flags(Examination& examination, const Delivery& second) {
  if (second.redelivered)
    examination.saw("redelivered", "true", *second.redelivered ? "true" : "false", "the flag of a second delivery");
  if (second.count)
    examination.saw("count", "2 or more", *second.count >= 2 ? "2 or more" : std::to_string(*second.count),
                    "how often the system says that it delivered a message, the second time");
}

void hold_stale_ack(Examination& examination, ConsumerLink& first, const Delivery& of_first, ConsumerLink& second,
                    const Delivery& of_second) {
  const auto stale = first.ack(of_first, examination.patience());
  const auto owner = second.ack(of_second, examination.patience());
  const auto line = "an ack by the first consumer after another has taken over: " + word(stale) +
                    "; then one by the other: " + word(owner);
  if (stale == AckOutcome::unconfirmed) return examination.not_checked("stale_ack_refused", line);
  if (stale == AckOutcome::refused && owner == AckOutcome::refused)
    return examination.saw("stale_ack_refused", "both refused", line);
  examination.saw("stale_ack_refused",
                  stale == AckOutcome::refused ? "true" : stale == AckOutcome::confirmed ? "false" : word(stale), line);
}

// The first consumer lives on while another has its message: the zombie of a pause.
void take_over_on_request(Examination& examination) {
  const auto channel = examination.channel();
  const auto first = channel.consumer("consumer-0#1");
  auto sender = channel.sender();
  examination.send(sender, "held");
  const auto of_first = next_delivery(*first, examination.patience());
  if (!of_first) return examination.saw("takeover", "nothing delivered", "one message to the first consumer");
  hold_first_flags(examination, *of_first);

  const auto second = examination.successor(channel, "consumer-0#1", "consumer-0#2");
  const auto of_second = next_delivery(*second, examination.patience());
  const bool again = of_second && of_second->bytes == "held";
  examination.saw("takeover", again ? "request" : "nothing offered", "a message that a living consumer holds, after another took over");
  if (!again) return examination.not_checked("stale_ack_refused", "nothing was taken over");
  hold_second_flags(examination, *of_second);
  hold_stale_ack(examination, *first, *of_first, *second, *of_second);
}

void take_over_at_disconnect(Examination& examination) {
  const auto channel = examination.channel();
  auto first = channel.consumer("consumer-0#1");
  auto sender = channel.sender();
  examination.send(sender, "held");
  const auto of_first = next_delivery(*first, examination.patience());
  if (!of_first) return examination.saw("takeover", "nothing delivered", "one message to the first consumer");
  hold_first_flags(examination, *of_first);

  first.reset();
  const auto second = channel.consumer("consumer-0#2");
  const auto of_second = next_delivery(*second, examination.patience());
  const bool again = of_second && of_second->bytes == "held";
  examination.saw("takeover", again ? "disconnect" : "nothing offered", "a message that a consumer held when its connection was closed");
  if (!again) return;
  hold_second_flags(examination, *of_second);
  second->ack(*of_second, examination.patience());
}

}  // namespace

void check_shape_and_timers(Examination& examination) {
  examination.check("shape", [&] {
    const auto channel = examination.channel();
    const auto one = channel.consumer("consumer-0#1"), other = channel.consumer("consumer-1#1");
    auto sender = channel.sender();
    examination.send(sender, "whose");
    bool one_has = false, other_has = false;
    for (const auto deadline = examination.patience(); !one_has && !other_has && !deadline.passed();) {
      one_has = next_delivery(*one, Deadline::in(milliseconds(5))).has_value();
      other_has = !one_has && next_delivery(*other, Deadline::in(milliseconds(5))).has_value();
    }
    if (!one_has && !other_has) return examination.saw("shape", "nothing delivered", "one message to two consumers of a group");
    const bool both = next_delivery(one_has ? *other : *one, Deadline::in(look_at_lease)).has_value();
    const bool fan_out = examination.declares("shape", "fan-out");
    examination.saw("shape", both == fan_out ? examination.declared("shape") : both ? "fan-out" : "queue",
                    both ? "one message to two consumers of a group: both have it" : "one message to two consumers of a group: one has it");
    hold_timers(examination);
    if (fan_out) return examination.not_checked("timers", "in a fan-out nobody waits for another's message");
    hold_lease(examination, both);
  });
}

void check_takeover(Examination& examination) {
  if (examination.acknowledges() && examination.declares("takeover", "request"))
    return examination.check("takeover", [&] { take_over_on_request(examination); });
  if (examination.acknowledges() && examination.declares("takeover", "disconnect"))
    examination.check("takeover", [&] { take_over_at_disconnect(examination); });
  else
    examination.not_checked("takeover", "nothing can be seen within a moment where it is \"" + examination.declared("takeover") +
                                            "\" and the ack is \"" + examination.declared("ack") + "\"");
  examination.not_checked("stale_ack_refused", "nobody can take over from a consumer that lives");
}

}  // namespace assay::conformance
