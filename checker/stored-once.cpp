// The clauses of a system that stores a message once, however often it is sent
// (CONTRACTS 2.6: dedup, dedup-no-false-positive).
#include <algorithm>
#include <limits>

#include "checker/judge-parts.hpp"

namespace assay {

namespace {

constexpr std::int64_t unknown = std::numeric_limits<std::int64_t>::max();

// A copy that was seen, and between what moments the system accepted it.
struct Accepted {
  std::string copy;
  const Attempt* attempt = nullptr;
  std::int64_t earliest = 0, latest = unknown;
  EventRef seen;
};

bool same_id(const Case& it, const Attempt& one, const Attempt& other) {
  return it.ground.rules.dedup == DedupBy::message || one.incarnation == other.incarnation;
}

std::int64_t answered(const Case& it, const Attempt& attempt) {
  return attempt.completion && attempt.outcome == Phase::ok ? it.at(*attempt.completion).time : unknown;
}

bool said_duplicate(const Case& it, const Attempt& attempt) {
  return attempt.completion && it.at(*attempt.completion).duplicate.value_or(false);
}

// The different copies of a message, as far as the attempt that made each is known.
std::vector<Accepted> accepted_copies(const Case& it, const Account& account) {
  std::map<std::string, Accepted> copies;
  const auto add = [&](EventRef ref, std::int64_t seen) {
    const auto& event = it.at(ref);
    if (event.copy.empty()) return;
    const auto made = std::find_if(account.attempts.begin(), account.attempts.end(),
                                   [&](const Attempt& a) { return a.number == event.attempt.value_or(0); });
    if (made == account.attempts.end()) return;
    const auto [found, fresh] = copies.try_emplace(event.copy, Accepted{event.copy, &*made, made->invoked, answered(it, *made), ref});
    found->second.latest = std::min(found->second.latest, seen);
  };
  for (const auto& delivery : account.deliveries) add(delivery.deliver, delivery.time);
  for (const auto ref : account.copies) add(ref, unknown);
  std::vector<Accepted> sorted;
  for (auto& [copy, accepted] : copies) sorted.push_back(accepted);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.earliest < b.earliest; });
  return sorted;
}

bool restarted_between(const Case& it, std::int64_t from, std::int64_t to) {
  return std::any_of(it.facts.course.broker_restarts.begin(), it.facts.course.broker_restarts.end(),
                     [&](auto time) { return from < time && time < to; });
}

void least(std::optional<std::int64_t>& into, std::int64_t value) { into = std::min(into.value_or(value), value); }
void most(std::optional<std::int64_t>& into, std::int64_t value) { into = std::max(into.value_or(value), value); }

bool within(std::int64_t age, std::int64_t window_ms) { return window_ms == 0 || age < window_ms * ns_per_ms; }

void find_stored_again(const Case& it, const Account& account, ClauseFinding& finding) {
  const auto window_ms = it.ground.rules.limits.dedup_window_ms;
  const auto copies = accepted_copies(it, account);
  for (std::size_t i = 1; i < copies.size(); ++i) {
    const auto &first = copies[i - 1], &again = copies[i];
    if (!same_id(it, *first.attempt, *again.attempt) || again.latest == unknown) continue;
    const auto age = again.latest - first.earliest;  // no more than that
    least(finding.accepted_again_ms, age / ns_per_ms);
    if (!within(age, window_ms)) continue;
    const bool restart = restarted_between(it, first.earliest, again.latest);
    std::vector<EventRef> events{first.attempt->invoke};
    if (first.attempt->completion) events.push_back(*first.attempt->completion);
    if (again.attempt != first.attempt) events.push_back(again.attempt->invoke);
    if (again.attempt != first.attempt && again.attempt->completion) events.push_back(*again.attempt->completion);
    events.insert(events.end(), {first.seen, again.seen});
    finding.witnesses.push_back({finding.clause, Anomaly::dedup_failed, account.message, restart ? "after a restart of the broker" : "",
                                 account.message + " was stored twice under one id, " + std::to_string(age / ns_per_ms) + " ms apart at most",
                                 std::move(events)});
    return;
  }
}

// How often an id was sent again that is known to have been stored: inside the
// window, and behind it.
void count_resends(const Case& it, const Account& account, ClauseFinding& finding) {
  const auto window_ms = it.ground.rules.limits.dedup_window_ms;
  for (std::size_t i = 0; i < account.attempts.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const auto &first = account.attempts[j], &again = account.attempts[i];
      const auto stored = answered(it, first);
      if (stored > again.invoked || !same_id(it, first, again)) continue;
      const auto done = answered(it, again);
      if (done != unknown && within(done - first.invoked, window_ms)) {
        ++finding.exercised_calm;
        if (it.landed()) ++finding.exercised;
        if (restarted_between(it, stored, again.invoked)) finding.across_restart = true;
      }
      if (window_ms > 0 && again.invoked - stored >= window_ms * ns_per_ms && done != unknown) finding.beyond_window = true;
      if (said_duplicate(it, again)) most(finding.dropped_ms, (again.invoked - stored) / ns_per_ms);
      break;  // the first one that was stored
    }
}

}  // namespace

ClauseFinding find_dedup_failures(const Case& it) {
  ClauseFinding finding{.clause = {Clause::dedup, Scope::delivered}};
  for (const auto& [id, account] : it.facts.accounts) {
    if (account.marker || account.attempts.empty()) continue;
    find_stored_again(it, account, finding);
    count_resends(it, account, finding);
  }
  if (!it.quiescent) finding.unresolved.push_back("a second copy may still be on its way");
  return finding;
}

// Told each time that it is there already, and it is not there. An answer that
// was no "duplicate" tells that it had been stored once: then it was lost, which
// is another clause's concern.
ClauseFinding find_swallowed(const Case& it) {
  ClauseFinding finding{.clause = {Clause::dedup_no_false_positive, Scope::delivered}};
  for (const auto& [id, account] : it.facts.accounts) {
    if (account.marker || account.state() != SendState::acked) continue;
    bool all_duplicates = true;
    std::vector<EventRef> events;
    for (const auto& attempt : account.attempts) {
      events.push_back(attempt.invoke);
      if (attempt.completion) events.push_back(*attempt.completion);
      if (attempt.outcome == Phase::ok) all_duplicates &= said_duplicate(it, attempt);
    }
    ++finding.exercised_calm;
    if (it.landed()) ++finding.exercised;
    if (!all_duplicates || copies_of(it, account) > 0 || !account.deliveries.empty() || !account.dead_letters.empty()) continue;
    if (!it.quiescent) {
      finding.unresolved.push_back(id + ": told to be there already, not seen");
      continue;
    }
    if (it.facts.course.drain_end) events.push_back(*it.facts.course.drain_end);
    finding.witnesses.push_back({finding.clause, Anomaly::dedup_swallowed, id, "told to be there already",
                                 id + " was said to be there already, and is not", std::move(events)});
  }
  return finding;
}

}  // namespace assay
