// redel-exact (CONTRACTS 2.6): a delivery is marked as repeated only if there was
// one before. Somebody may have been given a copy and died before it was on
// record: of each earlier session that can have been no more than a consumer may
// hold. What goes beyond that was marked without a reason.
#include <algorithm>

#include "checker/judge-parts.hpp"

namespace assay {

namespace {

// The most copies that earlier sessions can have been given without a record.
std::optional<std::int64_t> unrecorded_before(const Case& it, const Event& delivery) {
  const auto own = it.facts.course.sessions.find(delivery.session);
  if (own == it.facts.course.sessions.end()) return std::nullopt;
  const auto earlier = std::count_if(it.facts.course.sessions.begin(), it.facts.course.sessions.end(), [&](const auto& session) {
    return session.first != delivery.session && session.second < delivery.time;
  });
  if (earlier == 0) return 0;
  if (it.ground.rules.prefetch == 0) return std::nullopt;
  return earlier * it.ground.rules.prefetch;
}

struct Suspect {
  const DeliveryRecord* delivery = nullptr;
  std::optional<std::int64_t> unrecorded;
};

}  // namespace

ClauseFinding find_overflagged(const Case& it) {
  auto finding = find_misflagged(it);  // who denies a repetition is not exact either
  finding.clause.clause = Clause::redel_exact;
  for (auto& witness : finding.witnesses) witness.clause = finding.clause;

  std::vector<Suspect> suspects;
  for (const auto& [copy, deliveries] : deliveries_by_copy(it)) {
    const auto& event = it.at(deliveries.front()->deliver);
    if (!event.redelivered && !event.count) continue;
    ++finding.exercised_calm;
    if (it.landed() && deliveries.front()->time > *it.struck()) ++finding.exercised;
    finding.across_restart |= std::any_of(it.facts.course.broker_restarts.begin(), it.facts.course.broker_restarts.end(),
                                          [&](auto time) { return time < event.time; });
    if (event.redelivered.value_or(false) || event.count.value_or(1) > 1)
      suspects.push_back({deliveries.front(), unrecorded_before(it, event)});
  }
  std::stable_sort(suspects.begin(), suspects.end(), [](const auto& a, const auto& b) { return a.delivery->time < b.delivery->time; });
  std::vector<EventRef> events;
  for (const auto& suspect : suspects) {
    if (!suspect.unrecorded) continue;
    events.push_back(suspect.delivery->deliver);
    if (static_cast<std::int64_t>(events.size()) <= *suspect.unrecorded) continue;
    const auto& message = it.at(suspect.delivery->deliver).message;
    finding.witnesses.push_back({finding.clause, Anomaly::misflagged, message, "without a reason",
                                 std::to_string(events.size()) + " messages were marked as repeated at their first delivery, and at most " +
                                     std::to_string(*suspect.unrecorded) + " can have been given to anybody before",
                                 events});
    break;
  }
  return finding;
}

}  // namespace assay
