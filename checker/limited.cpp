// The clauses that hold a system to its own limits (CONTRACTS 2.6): how often it
// hands a copy out, how long it keeps a message, and what becomes of those that
// it sets aside.
#include <algorithm>

#include "checker/judge-parts.hpp"

namespace assay {

namespace {

bool landed_before(const Case& it, std::int64_t time) { return it.landed() && *it.struck() < time; }

// A system that names no copies is taken to store each attempt once.
std::string copy_of(const Event& delivery) {
  if (!delivery.copy.empty()) return delivery.copy;
  return delivery.message + " attempt " + std::to_string(delivery.attempt.value_or(0));
}

std::int64_t deaths_of_broker(const Case& it) {
  return static_cast<std::int64_t>(it.facts.course.broker_restarts.size());
}

// The earliest moment at which the system can have handed a delivery out: when it
// was asked for. One that pushes has handed out no more than a consumer may hold,
// so the moment when the acks had made room for this one; without either, when
// the session began.
class HandedOut {
 public:
  explicit HandedOut(const Case& it) : it_(it) {
    for (const auto& [id, account] : it.facts.accounts)
      for (const auto& delivery : account.deliveries) sessions_[it.at(delivery.deliver).session].push_back(&delivery);
    for (auto& [session, deliveries] : sessions_)
      std::stable_sort(deliveries.begin(), deliveries.end(), [](auto* a, auto* b) { return a->time < b->time; });
  }

  std::int64_t not_before(const DeliveryRecord& delivery) const {
    const auto& event = it_.at(delivery.deliver);
    if (event.asked) return *event.asked;
    const auto session = it_.facts.course.sessions.find(event.session);
    const auto opened = session == it_.facts.course.sessions.end() ? 0 : session->second;
    return std::max(opened, room_made(event.session, delivery));
  }

 private:
  std::int64_t room_made(const std::string& session, const DeliveryRecord& delivery) const {
    const auto prefetch = static_cast<std::size_t>(it_.ground.rules.prefetch);
    if (prefetch == 0) return 0;
    const auto& deliveries = sessions_.at(session);
    std::vector<std::int64_t> settled;
    std::size_t before = 0;
    for (; before < deliveries.size() && deliveries[before] != &delivery; ++before) {
      const auto& earlier = *deliveries[before];
      if (earlier.ack_invoke) settled.push_back(it_.at(*earlier.ack_invoke).time);
      else if (earlier.given_back) settled.push_back(it_.at(*earlier.given_back).time);
    }
    if (before < prefetch) return 0;
    const auto needed = before + 1 - prefetch;  // so many of the earlier ones were settled
    if (settled.size() < needed) return 0;
    std::nth_element(settled.begin(), settled.begin() + static_cast<std::ptrdiff_t>(needed) - 1, settled.end());
    return settled[needed - 1];
  }

  const Case& it_;
  std::map<std::string, std::vector<const DeliveryRecord*>> sessions_;
};

const Attempt* attempt_of(const Account& account, std::int64_t number) {
  for (const auto& attempt : account.attempts)
    if (attempt.number == number) return &attempt;
  return nullptr;
}

bool is_answered(const Attempt& attempt) { return attempt.outcome == Phase::ok || attempt.outcome == Phase::unconfirmed; }

// Given out though it was too old. Of a copy whose send was not answered nobody
// knows when it was stored.
void find_stale_deliveries(const Case& it, const HandedOut& handed_out, const Account& account, ClauseFinding& finding) {
  const auto& limits = it.ground.rules.limits;
  for (const auto& delivery : account.deliveries) {
    const auto* attempt = attempt_of(account, it.at(delivery.deliver).attempt.value_or(0));
    if (!attempt || !is_answered(*attempt) || !attempt->completion) continue;
    const auto expiry = it.at(*attempt->completion).time + (limits.ttl_ms + limits.slack_ms) * ns_per_ms;
    if (handed_out.not_before(delivery) <= expiry) continue;
    finding.witnesses.push_back({finding.clause, Anomaly::expired_wrongly, account.message, "delivered after its expiry",
                                 account.message + " was handed out more than " + std::to_string(limits.ttl_ms) +
                                     " ms after it had been stored",
                                 {attempt->invoke, *attempt->completion, delivery.deliver}});
    return;
  }
}

// A dead letter that is said to have expired while it was too young to.
void find_early_letters(const Case& it, const Account& account, ClauseFinding& finding) {
  const auto expiry = earliest_expiry(it, account);
  const auto drained = it.facts.course.drain_end;
  if (!expiry || !drained || it.at(*drained).time >= *expiry) return;
  for (const auto letter : account.dead_letters) {
    if (it.at(letter).status != "expired") continue;
    finding.witnesses.push_back({finding.clause, Anomaly::expired_wrongly, account.message, "expired before its time",
                                 account.message + " was set aside as expired before it can have been " +
                                     std::to_string(it.ground.rules.limits.ttl_ms) + " ms old",
                                 {account.attempts.front().invoke, letter, *drained}});
    return;
  }
}

// Gone without a trace, and too young to have expired.
void find_early_losses(const Case& it, const Account& account, ClauseFinding& finding) {
  const auto expiry = earliest_expiry(it, account);
  const auto drained = it.facts.course.drain_end;
  if (!expiry || !drained || !account.deliveries.empty() || !account.dead_letters.empty() || !account.copies.empty()) return;
  if (it.at(*drained).time >= *expiry) return;
  if (!it.quiescent) {
    finding.unresolved.push_back(account.message + ": not seen, and too young to have expired");
    return;
  }
  finding.witnesses.push_back({finding.clause, Anomaly::expired_wrongly, account.message, "gone before its time",
                               account.message + " was gone before it can have been " +
                                   std::to_string(it.ground.rules.limits.ttl_ms) + " ms old",
                               {account.attempts.front().invoke, *drained}});
}

bool is_processed(const Case& it, const Account& account) {
  if (it.ground.has_sink) return !account.rows.empty();
  return std::any_of(account.deliveries.begin(), account.deliveries.end(), [](const auto& d) { return d.ack_invoke.has_value(); });
}

// Why the system should have set a message aside; empty: nothing says so.
std::string reason_to_set_aside(const Case& it, const Account& account) {
  for (const auto& delivery : account.deliveries)
    if (delivery.rejected) return "rejected";
  const auto& limits = it.ground.rules.limits;
  if (limits.max_delivery > 0 && static_cast<std::int64_t>(account.deliveries.size()) >= limits.max_delivery) return "given too often";
  const auto drained = it.facts.course.drain_end;
  const auto expiry = earliest_expiry(it, account);
  return expiry && drained && it.at(*drained).time >= *expiry ? "expired" : "";
}

std::vector<EventRef> letters_and(const Account& account, std::vector<EventRef> events) {
  for (const auto& delivery : account.deliveries) {
    events.push_back(delivery.deliver);
    if (delivery.given_back) events.push_back(*delivery.given_back);
    if (delivery.given_back_end) events.push_back(*delivery.given_back_end);
  }
  events.insert(events.end(), account.dead_letters.begin(), account.dead_letters.end());
  return events;
}

// One copy twice among the dead letters, or processed and set aside. What a
// producer sent twice may well be there twice.
void find_kept_twice(const Case& it, const Account& account, ClauseFinding& finding) {
  std::map<std::int64_t, int> letters, effects;
  for (const auto ref : account.dead_letters) ++letters[it.at(ref).attempt.value_or(0)];
  for (const auto ref : account.rows) ++effects[it.at(ref).attempt.value_or(0)];
  for (const auto& [attempt, count] : letters) {
    if (count < 2 && !effects.contains(attempt)) continue;
    auto events = letters_and(account, {account.attempts.empty() ? account.plan : account.attempts.front().invoke});
    if (count < 2) events.insert(events.end(), account.rows.begin(), account.rows.end());
    finding.witnesses.push_back({finding.clause, Anomaly::duplicated, account.message, count > 1 ? "dead letters" : "processed, too",
                                 account.message + (count > 1 ? " is among the dead letters " + std::to_string(count) + " times"
                                                              : " was processed and is among the dead letters"),
                                 std::move(events)});
    return;
  }
}

}  // namespace

ClauseFinding find_endless_deliveries(const Case& it) {
  ClauseFinding finding{.clause = {Clause::max_delivery, Scope::delivered}};
  const auto& limits = it.ground.rules.limits;
  std::map<std::string, std::vector<const DeliveryRecord*>> by_copy;
  for (const auto& [id, account] : it.facts.accounts)
    for (const auto& delivery : account.deliveries) by_copy[copy_of(it.at(delivery.deliver))].push_back(&delivery);
  const auto allowed = limits.max_delivery + limits.uncounted * deaths_of_broker(it);
  for (auto& [copy, deliveries] : by_copy) {
    const auto count = static_cast<std::int64_t>(deliveries.size());
    if (count < limits.max_delivery) continue;  // it never came to that
    ++finding.exercised_calm;
    std::stable_sort(deliveries.begin(), deliveries.end(), [](auto* a, auto* b) { return a->time < b->time; });
    if (landed_before(it, deliveries.back()->time)) ++finding.exercised;
    if (count <= allowed) continue;
    std::vector<EventRef> events;
    for (const auto* delivery : deliveries) events.push_back(delivery->deliver);
    const auto& message = it.at(deliveries.front()->deliver).message;
    finding.witnesses.push_back({finding.clause, Anomaly::stuck, message, "given too often",
                                 message + " was handed out " + std::to_string(count) + " times, and " + std::to_string(allowed) +
                                     " is the most",
                                 std::move(events)});
  }
  if (!it.quiescent) finding.unresolved.push_back("a copy may still be handed out again");
  return finding;
}

ClauseFinding find_wrongly_expired(const Case& it) {
  ClauseFinding finding{.clause = {Clause::ttl, Scope::delivered}};
  const HandedOut handed_out(it);
  const auto drained = it.facts.course.drain_end;
  for (const auto& [id, account] : it.facts.accounts) {
    if (account.marker || account.state() != SendState::acked) continue;
    const auto expiry = earliest_expiry(it, account);
    const bool in_time = std::any_of(account.deliveries.begin(), account.deliveries.end(),
                                     [&](const auto& delivery) { return !expiry || delivery.time < *expiry; });
    if (expiry && drained && it.at(*drained).time >= *expiry && !in_time) {
      ++finding.exercised_calm;
      if (it.landed()) ++finding.exercised;
    }
    find_stale_deliveries(it, handed_out, account, finding);
    find_early_letters(it, account, finding);
    find_early_losses(it, account, finding);
  }
  return finding;
}

// Of the owed messages each is processed, or a dead letter, or expired by a rule
// that is declared, or still in the queue; and a dead letter is that once.
ClauseFinding find_lost_letters(const Case& it) {
  ClauseFinding finding{.clause = {Clause::dlq_conserve, Scope::delivered}};
  for (const auto& [id, account] : it.facts.accounts) {
    if (account.marker || !account.planned || account.state() == SendState::never || account.state() == SendState::failed) continue;
    const auto reason = reason_to_set_aside(it, account);
    if (!account.dead_letters.empty() || (!reason.empty() && !is_processed(it, account))) {
      ++finding.exercised_calm;
      if (it.landed()) ++finding.exercised;
    }
    find_kept_twice(it, account, finding);
    if (is_processed(it, account) || !account.dead_letters.empty() || account.state() != SendState::acked) continue;
    const bool retained = !account.copies.empty() && account.deliveries.empty();
    if (retained) continue;
    const auto excuse = excused(it, account);
    if (excuse.excuse) continue;
    if (!excuse.doubt.empty() || !it.quiescent) {
      finding.unresolved.push_back(excuse.doubt.empty() ? id + ": neither processed nor among the dead letters" : excuse.doubt);
      continue;
    }
    auto events = letters_and(account, {account.attempts.front().invoke});
    if (it.facts.course.drain_end) events.push_back(*it.facts.course.drain_end);
    finding.witnesses.push_back({finding.clause, reason.empty() ? Anomaly::lost : Anomaly::dead_letter_lost, id,
                                 reason.empty() ? "never set aside" : reason,
                                 id + (reason.empty() ? " was acknowledged, and is neither processed nor a dead letter"
                                                      : " was " + reason + ", and is no dead letter"),
                                 std::move(events)});
  }
  return finding;
}

}  // namespace assay
