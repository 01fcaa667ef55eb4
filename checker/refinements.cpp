// The clauses that are claimed by name (CONTRACTS 2.6).
#include <algorithm>

#include "checker/judge-parts.hpp"

namespace assay {

std::map<std::string, std::vector<const DeliveryRecord*>> deliveries_by_copy(const Case& it) {
  std::map<std::string, std::vector<const DeliveryRecord*>> by_copy;
  for (const auto& [id, account] : it.facts.accounts)
    for (const auto& delivery : account.deliveries) {
      const auto& copy = it.at(delivery.deliver).copy;
      if (!copy.empty()) by_copy[copy].push_back(&delivery);
    }
  for (auto& [copy, deliveries] : by_copy)
    std::stable_sort(deliveries.begin(), deliveries.end(), [](auto* a, auto* b) { return a->time < b->time; });
  return by_copy;
}

namespace {

// The first restart of the broker after this moment.
std::optional<std::int64_t> restart_after(const Case& it, std::int64_t time) {
  for (const auto restart : it.facts.course.broker_restarts)
    if (restart > time) return restart;
  return std::nullopt;
}

std::int64_t opened(const Case& it, const Event& delivery) {
  const auto session = it.facts.course.sessions.find(delivery.session);
  return session == it.facts.course.sessions.end() ? 0 : session->second;
}

bool some_session_opened_after(const Case& it, std::int64_t time) {
  return std::any_of(it.facts.course.sessions.begin(), it.facts.course.sessions.end(),
                     [&](const auto& session) { return session.second > time; });
}

}  // namespace

ClauseFinding find_redelivered_after_ack(const Case& it) {
  ClauseFinding finding{.clause = {Clause::ack_durable, Scope::delivered}};
  for (const auto& [copy, deliveries] : deliveries_by_copy(it)) {
    const auto confirmed = std::find_if(deliveries.begin(), deliveries.end(),
                                        [](auto* d) { return d->ack_outcome == Phase::confirmed; });
    if (confirmed == deliveries.end()) continue;
    const auto restart = restart_after(it, it.at(*(*confirmed)->ack_end).time);
    if (!restart || !some_session_opened_after(it, *restart)) continue;
    ++finding.exercised_calm;
    if (it.landed()) ++finding.exercised;

    const auto again = std::find_if(deliveries.begin(), deliveries.end(),
                                    [&](auto* d) { return opened(it, it.at(d->deliver)) > *restart; });
    if (again == deliveries.end()) continue;
    std::vector<EventRef> events{(*confirmed)->deliver, *(*confirmed)->ack_end};
    if (it.facts.course.fault_proof) events.push_back(*it.facts.course.fault_proof);
    events.push_back((*again)->deliver);
    const auto& message = it.at((*again)->deliver).message;
    finding.witnesses.push_back({finding.clause, Anomaly::redelivered_after_ack, message, "broker",
                                 message + " was delivered again after its acknowledgement was confirmed", events});
  }
  return finding;
}

ClauseFinding find_misflagged(const Case& it) {
  ClauseFinding finding{.clause = {Clause::redel_honest, Scope::delivered}};
  for (const auto& [copy, deliveries] : deliveries_by_copy(it)) {
    for (std::size_t i = 0; i < deliveries.size(); ++i) {
      const auto& event = it.at(deliveries[i]->deliver);
      if (!event.redelivered && !event.count) continue;  // this system says nothing

      // Earlier: delivered before this one was asked for, or in the same session.
      const auto since = event.asked.value_or(opened(it, event));
      std::vector<const DeliveryRecord*> earlier;
      for (std::size_t j = 0; j < i; ++j)
        if (deliveries[j]->time < since || (!event.session.empty() && it.at(deliveries[j]->deliver).session == event.session))
          earlier.push_back(deliveries[j]);
      if (earlier.empty()) continue;

      ++finding.exercised_calm;
      if (it.landed()) ++finding.exercised;
      const auto restart = restart_after(it, earlier.front()->time);
      finding.across_restart |= restart && *restart < event.time;

      const bool denied = event.redelivered == false;
      const bool miscounted = event.count && *event.count < 1 + static_cast<std::int64_t>(earlier.size());
      if (!denied && !miscounted) continue;
      finding.witnesses.push_back(
          {finding.clause, Anomaly::misflagged, event.message, denied ? "flag" : "count",
           event.message + (denied ? " came again, marked as a first delivery" : " came again, counted too low"),
           {earlier.front()->deliver, deliveries[i]->deliver}});
      break;  // one witness a copy is enough
    }
  }
  return finding;
}

namespace {

// The first other session that got the copy between a delivery and its ack.
const DeliveryRecord* reassigned(const Case& it, const std::vector<const DeliveryRecord*>& deliveries,
                                 const DeliveryRecord& held) {
  const auto asked_to_ack = it.at(*held.ack_invoke).time;
  const auto other = std::find_if(deliveries.begin(), deliveries.end(), [&](auto* d) {
    return d->time > held.time && d->time < asked_to_ack && it.at(d->deliver).session != it.at(held.deliver).session;
  });
  return other == deliveries.end() ? nullptr : *other;
}

}  // namespace

// An ack that was under way when the copy was given to another may have been
// first at the system; only one that began later is stale for certain. In a
// fan-out every session has a copy of its own, and nothing is re-assigned.
ClauseFinding find_stale_acks(const Case& it) {
  ClauseFinding finding{.clause = {Clause::lease_exclusive, Scope::delivered}};
  if (it.ground.shape == Ground::Shape::fan_out) return finding;
  for (const auto& [copy, deliveries] : deliveries_by_copy(it))
    for (const auto* held : deliveries) {
      const bool answered = held->ack_outcome == Phase::confirmed || held->ack_outcome == Phase::refused;
      if (!answered || !held->ack_invoke) continue;
      const auto* other = reassigned(it, deliveries, *held);
      if (!other) continue;
      ++finding.exercised_calm;
      if (it.landed()) ++finding.exercised;
      if (held->ack_outcome == Phase::refused) continue;

      const auto& message = it.at(held->deliver).message;
      finding.witnesses.push_back({finding.clause, Anomaly::zombie_write, message, "stale ack",
                                   message + " was acknowledged for good by " + it.at(held->deliver).session +
                                       " after " + it.at(other->deliver).session + " had been given it",
                                   {held->deliver, other->deliver, *held->ack_invoke, *held->ack_end}});
    }
  if (!it.quiescent) finding.unresolved.push_back("a stale acknowledgement may still be on its way");
  return finding;
}

}  // namespace assay
