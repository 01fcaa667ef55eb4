// The base clauses (CONTRACTS 2.2), each judged per scope.
#include <algorithm>
#include <limits>
#include <set>

#include "checker/judge-parts.hpp"

namespace assay {

namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

// All that proves or explains what happened to a message: its sends, its
// deliveries and their acks, what the auditor found at the scope, and the
// trial's fault.
std::vector<EventRef> story_of(const Case& it, const Account& account, Scope scope) {
  std::vector<EventRef> events;
  const auto add = [&](std::optional<EventRef> ref) {
    if (ref) events.push_back(*ref);
  };
  for (const auto& attempt : account.attempts) {
    add(attempt.invoke);
    if (attempt.completion != attempt.invoke) add(attempt.completion);
  }
  for (const auto& delivery : account.deliveries) {
    add(delivery.deliver);
    add(delivery.ack_invoke);
    add(delivery.ack_end);
    add(delivery.given_back);
    add(delivery.given_back_end);
  }
  if (scope == Scope::committed) events.insert(events.end(), account.rows.begin(), account.rows.end());
  if (scope == Scope::stored) events.insert(events.end(), account.copies.begin(), account.copies.end());
  events.insert(events.end(), account.dead_letters.begin(), account.dead_letters.end());
  add(it.facts.course.fault_proof);
  std::stable_sort(events.begin(), events.end(),
                   [&](EventRef a, EventRef b) { return it.at(a).time < it.at(b).time; });
  return events;
}

// Everything of this message that is seen at a scope. What was committed has
// been delivered, so both count there.
std::vector<EventRef> items_at(const Account& account, Scope scope) {
  if (scope == Scope::stored) return account.copies;
  std::vector<EventRef> items;
  for (const auto& delivery : account.deliveries) items.push_back(delivery.deliver);
  if (scope == Scope::committed) items.insert(items.end(), account.rows.begin(), account.rows.end());
  return items;
}

// What is sent on in parts is there as often as the part that is there most often.
std::size_t count_at(const Case& it, const Account& account, Scope scope) {
  if (scope == Scope::committed && it.ground.parts > 0) {
    const auto parts = rows_by_part(it, account);
    return static_cast<std::size_t>(*std::max_element(parts.begin(), parts.end()));
  }
  switch (scope) {
    case Scope::stored: return std::max(copies_of(it, account), std::size_t{!account.dead_letters.empty()});
    case Scope::delivered: return std::max(account.deliveries.size(), std::size_t{it.checked() && !account.rows.empty()});
    case Scope::committed: return account.rows.size();
  }
  return 0;
}

// A message that is sent on in parts is missing while one of them is. Rows that do
// not say which part they are cannot show that.
bool is_missing(const Case& it, const Account& account, Scope scope) {
  if (scope != Scope::committed || it.ground.parts == 0) return count_at(it, account, scope) == 0;
  const auto parts = rows_by_part(it, account);
  return parts[0] == 0 && std::find(parts.begin() + 1, parts.end(), 0) != parts.end();
}

// When a delivery of the message was first acknowledged for good.
std::int64_t settled(const Case& it, const Account& account) {
  std::int64_t first = never;
  for (const auto& delivery : account.deliveries)
    if (delivery.ack_outcome == Phase::confirmed) first = std::min(first, it.at(*delivery.ack_end).time);
  return first;
}

// Of an answer that came without its send nobody can tell whether the group was
// there before it.
bool may_be_owed(const Case& it, const Account& account) {
  return it.checked() && account.state() == SendState::acked &&
         std::any_of(account.attempts.begin(), account.attempts.end(),
                     [](const Attempt& attempt) { return attempt.completion == attempt.invoke; });
}

bool in_the_system_at_the_fault(const Case& it, const Account& account) {
  if (!it.landed()) return false;
  const auto invoked = account.first_invoked();
  return invoked && *invoked <= *it.proved() && settled(it, account) >= *it.struck();
}

std::string origin_of_loss(const Case& it, const Account& account) {
  if (copies_of(it, account) == 0 && account.deliveries.empty()) {
    if (it.ground.pipeline_ms > 0) return "never came out of the pipeline";
    return it.checked() && !it.ground.lists_stored ? "" : "not stored";
  }
  if (account.deliveries.empty()) return "stored, never delivered";
  const bool rejected = std::any_of(account.deliveries.begin(), account.deliveries.end(), [](const auto& d) { return d.rejected; });
  if (rejected && account.rows.empty()) return account.dead_letters.empty() ? "rejected, no dead letter" : "rejected";
  const bool acked = std::any_of(account.deliveries.begin(), account.deliveries.end(),
                                 [](const auto& d) { return d.ack_outcome != Phase::none; });
  const std::string effect = it.ground.parts > 0 && !account.rows.empty() ? "effect in part" : "no effect";
  return (acked ? "delivered, acked, " : "delivered, ") + effect;
}

std::int64_t attempt_of(const Case& it, EventRef ref) { return it.at(ref).attempt.value_or(0); }

// Which producer incarnation made an attempt; 0 when nobody recorded it.
std::int64_t maker_of(const Account& account, std::int64_t attempt) {
  for (const auto& a : account.attempts)
    if (a.number == attempt) return a.incarnation;
  return 0;
}

// One attempt twice: the broker; two attempts: the producer, alive or restarted.
std::string origin_of_copies(const Account& account, std::int64_t first, std::int64_t second) {
  if (first == second) return "broker";
  return maker_of(account, first) == maker_of(account, second) ? "producer-retry" : "producer-restart";
}

// Its deliveries or stored copies are different ones.
bool came_out_twice(const Case& it, const Account& account) {
  std::set<std::string> copies;
  for (const auto& delivery : account.deliveries) copies.insert(it.at(delivery.deliver).copy);
  for (const auto ref : account.copies) copies.insert(it.at(ref).copy);
  return copies.size() > 1;
}

// The rows of the part that is there most often.
std::vector<EventRef> rows_that_repeat(const Case& it, const Account& account) {
  if (it.ground.parts == 0) return account.rows;
  std::map<std::int64_t, std::vector<EventRef>> parts;
  for (const auto ref : account.rows) parts[it.at(ref).part.value_or(0)].push_back(ref);
  std::vector<EventRef> most;
  for (const auto& [part, rows] : parts)
    if (rows.size() > most.size()) most = rows;
  return most;
}

std::string origin_of_duplicate(const Case& it, const Account& account, Scope scope) {
  std::vector<EventRef> items = scope == Scope::committed ? rows_that_repeat(it, account) : account.copies;
  if (scope == Scope::delivered || (scope == Scope::stored && items.size() < 2)) {
    items.clear();
    for (const auto& delivery : account.deliveries) items.push_back(delivery.deliver);
  }
  if (items.size() < 2) return "broker";
  if (it.ground.pipeline_ms > 0 && came_out_twice(it, account))
    return account.attempts.size() > 1 ? "producer-retry or pipeline" : "pipeline";
  const auto first = attempt_of(it, items[0]);
  const auto other = std::find_if(items.begin(), items.end(), [&](EventRef i) { return attempt_of(it, i) != first; });
  if (other != items.end()) return origin_of_copies(account, first, attempt_of(it, *other));
  if (scope == Scope::stored) return "broker";

  std::vector<std::string> copies;
  std::size_t deliveries = 0;
  for (const auto& delivery : account.deliveries) {
    const auto& event = it.at(delivery.deliver);
    if (event.attempt.value_or(0) != first) continue;
    ++deliveries;
    if (std::find(copies.begin(), copies.end(), event.copy) == copies.end()) copies.push_back(event.copy);
  }
  if (copies.size() > 1) return "broker";
  return deliveries > 1 ? "redelivery" : "consumer";
}

std::string duplicated_words(Scope scope) {
  switch (scope) {
    case Scope::stored: return " was stored ";
    case Scope::delivered: return " was delivered ";
    case Scope::committed: return " took effect ";
  }
  return {};
}

std::string times(std::size_t n) { return n == 2 ? "twice" : std::to_string(n) + " times"; }

}  // namespace

// CONTRACTS 2.1: owed to the group once it had been established before the send.
// What is stored is owed to the producer alone. A foreign history that says
// nothing comparable of its group is taken to have had it from the start.
bool is_owed(const Case& it, const Account& account, Scope scope) {
  if (account.state() != SendState::acked) return false;
  if (scope == Scope::stored) return true;
  if (it.checked() && (!it.ground.checked->timed || it.facts.course.sessions.empty())) return true;
  std::int64_t established = never;
  for (const auto& [session, opened] : it.facts.course.sessions) established = std::min(established, opened);
  return std::any_of(account.attempts.begin(), account.attempts.end(), [&](const Attempt& attempt) {
    const bool answered = attempt.outcome == Phase::ok || attempt.outcome == Phase::unconfirmed;
    return answered && attempt.invoked > established;
  });
}

std::string words_of_duplicate(Scope scope, std::size_t count) { return duplicated_words(scope) + times(count); }

std::string words_of_loss(Scope scope) {
  switch (scope) {
    case Scope::stored: return " was acknowledged and is not stored";
    case Scope::delivered: return " was acknowledged and never delivered";
    case Scope::committed: return " was acknowledged and never took effect";
  }
  return {};
}

// A row of the scan without a name is a copy of its own. A delivery without one
// may be of any copy that is known: it only shows that there was one. Of named
// and nameless ones together the fewest that there can have been are counted.
std::size_t copies_of(const Case& it, const Account& account) {
  std::set<std::string> named;
  std::size_t nameless = 0, scanned = 0;
  bool delivered = it.checked() && !account.rows.empty();
  for (const auto ref : account.copies) {
    const auto& copy = it.at(ref).copy;
    if (copy.empty()) ++nameless;
    else named.insert(copy);
  }
  scanned = named.size() + nameless;
  const bool without_acks = it.checked() && !it.ground.checked->acks;
  for (const auto& delivery : account.deliveries) {
    if (delivery.ack_outcome == Phase::none && !delivery.rejected && !without_acks) continue;
    delivered = true;
    if (const auto& copy = it.at(delivery.deliver).copy; !copy.empty()) named.insert(copy);
  }
  return std::max({scanned, named.size(), std::size_t{delivered}});
}

ClauseFinding find_loss(const Case& it, Scope scope) {
  ClauseFinding finding{.clause = {Clause::no_loss, scope}};
  for (const auto& [id, account] : it.facts.accounts) {
    // A fire-and-forget system may rightly lose a canary.
    if (account.marker || !account.planned) continue;
    if (!is_owed(it, account, scope)) {
      if (may_be_owed(it, account) && is_missing(it, account, scope))
        finding.unresolved.push_back(id + ": acknowledged, not seen, and when it was sent is not on record");
      if (it.quiescent && is_missing(it, account, scope)) ++finding.forfeited;
      continue;
    }
    ++finding.exercised_calm;
    if (in_the_system_at_the_fault(it, account)) ++finding.exercised;
    if (!is_missing(it, account, scope)) continue;
    if (const auto excuse = excused(it, account); excuse.excuse) {
      ++finding.excused[*excuse.excuse];
      continue;
    } else if (!excuse.doubt.empty()) {
      finding.unresolved.push_back(excuse.doubt);
      continue;
    }
    if (!it.quiescent) {
      finding.unresolved.push_back(id + ": acknowledged, not seen");
      continue;
    }
    const bool in_part = scope == Scope::committed && !account.rows.empty();
    auto events = story_of(it, account, scope);
    if (it.facts.course.drain_end) events.push_back(*it.facts.course.drain_end);
    finding.witnesses.push_back({finding.clause, Anomaly::lost, id, origin_of_loss(it, account),
                                 id + (in_part ? " was acknowledged and took effect in part" : words_of_loss(scope)), std::move(events)});
  }
  return finding;
}

ClauseFinding find_duplicates(const Case& it, Scope scope) {
  ClauseFinding finding{.clause = {Clause::no_dup, scope}};
  bool anything = false, at_stake = it.fault && it.fault->in_flight > 0;
  const bool anybodys = it.checked() && !it.ground.checked->planned;  // twice is twice, whoever sent it
  for (const auto& [id, account] : it.facts.accounts) {
    if (!account.planned && !anybodys) continue;
    const auto count = count_at(it, account, scope);
    anything |= count > 0;
    at_stake |= it.struck() && !account.deliveries.empty() && account.deliveries.front().time < *it.struck();
    if (count < 2) continue;
    finding.witnesses.push_back({finding.clause, Anomaly::duplicated, id, origin_of_duplicate(it, account, scope),
                                 id + words_of_duplicate(scope, count), story_of(it, account, scope)});
  }
  finding.exercised_calm = anything ? 1 : 0;
  if (it.landed() && it.fault->group_went_on && at_stake) finding.exercised = 1;
  if (!it.quiescent && (anything || !it.checked())) finding.unresolved.push_back("a second copy may still be on its way");
  return finding;
}

ClauseFinding find_phantoms(const Case& it, Scope scope) {
  ClauseFinding finding{.clause = {Clause::no_phantom, scope}};
  const auto witness = [&](const std::string& id, const std::string& origin, const std::string& what, EventRef ref) {
    finding.witnesses.push_back({finding.clause, Anomaly::phantom, id, origin, what, {ref}});
  };

  for (const auto& [id, account] : it.facts.accounts) {
    const auto items = items_at(account, scope);
    finding.exercised_calm += static_cast<std::int64_t>(items.size());
    if (items.empty()) continue;
    const auto invoked = account.first_invoked();
    if (!account.planned && it.checked() && !it.ground.checked->planned) {
      if (it.ground.checked->attempts) witness(id, "never sent", id + " was seen and nobody sent it", items.front());
      else finding.unresolved.push_back(id + " was seen and its send is not on record");
    } else if (!account.planned) {
      witness(id, "not in the plan", id + " was seen and is in no plan", items.front());
    } else if (!invoked && it.checked() && !it.ground.checked->attempts) {
      finding.unresolved.push_back(id + " was seen and its send is not on record");
    } else if (!invoked) {
      witness(id, "never sent", id + " was seen and nobody sent it", items.front());
    } else if (it.at(items.front()).time < *invoked) {
      witness(id, "time travel", id + " was seen before it was sent", items.front());
    }
  }

  auto aliens = scope == Scope::stored ? it.facts.alien_copies : it.facts.alien_deliveries;
  if (scope == Scope::committed)
    aliens.insert(aliens.end(), it.facts.alien_rows.begin(), it.facts.alien_rows.end());
  for (const auto ref : aliens) witness("", "alien", "something was seen that is no message of this run", ref);

  if (it.landed()) finding.exercised = finding.exercised_calm;
  return finding;
}

ClauseFinding find_corruption(const Case& it, Scope scope) {
  ClauseFinding finding{.clause = {Clause::no_corruption, scope}};
  for (const auto& [id, account] : it.facts.accounts) {
    if (!account.planned) continue;
    // Only what both sides tell can differ.
    const bool keyed = !account.key.empty() || !it.checked();
    const auto other_key = [&](const Event& event) { return keyed && !event.key.empty() && event.key != account.key; };
    const auto compared = [&](EventRef ref) { return !account.digest.empty() && !it.at(ref).digest.empty(); };
    const auto items = items_at(account, scope);
    finding.exercised_calm += std::count_if(items.begin(), items.end(), compared);
    const auto wrong = std::find_if(items.begin(), items.end(), [&](EventRef ref) {
      return other_key(it.at(ref)) || (compared(ref) && it.at(ref).digest != account.digest);
    });
    if (wrong == items.end()) continue;
    const bool same_key = !other_key(it.at(*wrong));
    finding.witnesses.push_back({finding.clause, Anomaly::corrupted, id, same_key ? "digest" : "key",
                                 id + (same_key ? " came with another content" : " came with another key"),
                                 {account.plan, *wrong}});
  }
  if (it.landed()) finding.exercised = finding.exercised_calm;
  return finding;
}

ClauseFinding find_aborted(const Case& it, Scope scope) {
  ClauseFinding finding{.clause = {Clause::no_aborted, scope}};
  for (const auto& [id, account] : it.facts.accounts) {
    if (account.marker || account.state() != SendState::failed) continue;
    ++finding.exercised_calm;
    if (it.landed()) ++finding.exercised;
    if (count_at(it, account, scope) == 0) continue;
    finding.witnesses.push_back({finding.clause, Anomaly::aborted_read, id, "failed send",
                                 id + " failed for certain and was seen all the same", story_of(it, account, scope)});
  }
  if (scope == Scope::committed && it.ground.transactions) find_aborted_transactions(it, finding);
  return finding;
}

}  // namespace assay
