// When is a message that is missing owed to nobody? By a rule that the profile
// declares and the system has, and only where the history shows that the rule
// can have applied (CONTRACTS 2.1). In doubt nobody can tell: it is neither lost
// nor excused.
#include <algorithm>
#include <limits>

#include "checker/history/log-place.hpp"
#include "checker/judge-parts.hpp"

namespace assay {

namespace {

bool declared(const Case& it, Excuse excuse) { return it.ground.rules.excuses.contains(excuse); }

// The last moment at which the group is known to have had nothing more coming.
std::int64_t last_look(const Case& it) {
  const auto drained = it.facts.course.drain_end;
  return drained ? it.at(*drained).time : std::numeric_limits<std::int64_t>::min();
}

// Whether somebody of the group was given a message that was sent after this one
// had been answered, and asked for it before this one can have been too old.
bool overtaken_before(const Case& it, const Account& account, std::int64_t answered, std::int64_t expiry) {
  for (const auto& [id, other] : it.facts.accounts) {
    if (&other == &account || other.attempts.empty() || *other.first_invoked() < answered) continue;
    for (const auto& delivery : other.deliveries)
      if (delivery.time < expiry) return true;
  }
  return false;
}

// A server that was struck meanwhile may have lost it, and then it would have
// been missed before its time as well.
bool struck_between(const Case& it, std::int64_t answered, std::int64_t expiry) {
  const auto struck = it.struck();
  return it.fault && it.fault->target == "broker" && struck && answered <= *struck && *struck < expiry;
}

Excused by_age(const Case& it, const Account& account) {
  const auto expiry = earliest_expiry(it, account);
  const auto answered = last_answer(it, account);
  if (!expiry || !answered || last_look(it) < *expiry) return {};
  if (overtaken_before(it, account, *answered, *expiry))
    return {std::nullopt, account.message + ": acknowledged, not seen, and overtaken before it can have expired"};
  if (struck_between(it, *answered, *expiry))
    return {std::nullopt, account.message + ": acknowledged, not seen, and the server was struck before it can have expired"};
  return {Excuse::ttl, {}};
}

// The log begins behind it, and it was old enough.
Excused by_retention(const Case& it, const Account& account) {
  std::optional<LogPlace> place;
  for (const auto& attempt : account.attempts)
    if (attempt.completion && !place) place = log_place(it.at(*attempt.completion));
  const auto invoked = account.first_invoked();
  const auto& limits = it.ground.rules.limits;
  if (!place || !invoked) return {};
  const auto expiry = *invoked + (limits.retention_ms - limits.slack_ms) * ns_per_ms;
  if (last_look(it) < expiry) return {};
  bool any = false;
  for (const auto& [id, other] : it.facts.accounts)
    for (const auto ref : other.copies) {
      const auto there = log_place(it.at(ref));
      if (!there || there->partition != place->partition) continue;
      if (there->offset <= place->offset) return {};
      any = true;
    }
  if (!any) return {};
  if (struck_between(it, last_answer(it, account).value_or(*invoked), expiry))
    return {std::nullopt, account.message + ": acknowledged, not seen, and the server was struck before the log can have dropped it"};
  return {Excuse::retention, {}};
}

}  // namespace

std::optional<std::int64_t> last_answer(const Case& it, const Account& account) {
  std::optional<std::int64_t> last;
  for (const auto& attempt : account.attempts) {
    const bool answered = attempt.outcome == Phase::ok || attempt.outcome == Phase::unconfirmed;
    if (answered && attempt.completion) last = std::max(last.value_or(0), it.at(*attempt.completion).time);
  }
  return last;
}

std::optional<std::int64_t> earliest_expiry(const Case& it, const Account& account) {
  const auto& limits = it.ground.rules.limits;
  std::optional<std::int64_t> stored;  // not before this, the copy that lasts longest of those that were answered
  for (const auto& attempt : account.attempts)
    if (attempt.outcome == Phase::ok || attempt.outcome == Phase::unconfirmed)
      stored = std::max(stored.value_or(attempt.invoked), attempt.invoked);
  if (!stored || limits.ttl_ms <= 0) return std::nullopt;
  return *stored + (limits.ttl_ms - limits.slack_ms) * ns_per_ms;
}

Excused excused(const Case& it, const Account& account) {
  if (!account.dead_letters.empty()) {
    if (declared(it, Excuse::dlq)) return {Excuse::dlq, {}};
    const bool no_room = std::any_of(account.dead_letters.begin(), account.dead_letters.end(),
                                     [&](EventRef ref) { return it.at(ref).status == "overflow"; });
    if (no_room && declared(it, Excuse::limit)) return {Excuse::limit, {}};
  }
  if (declared(it, Excuse::retention))
    if (const auto found = by_retention(it, account); found.excuse || !found.doubt.empty()) return found;
  if (declared(it, Excuse::ttl)) return by_age(it, account);
  return {};
}

}  // namespace assay
