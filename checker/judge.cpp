#include "checker/judge.hpp"

#include <algorithm>

#include "checker/judge-parts.hpp"

namespace assay {

namespace {

std::vector<Scope> scopes_of(const Ground& ground) {
  std::vector<Scope> scopes;
  if (ground.lists_stored) scopes.push_back(Scope::stored);
  if (ground.has_consumers) {
    if (!ground.checked || ground.checked->deliveries) scopes.push_back(Scope::delivered);
    if (ground.has_sink) scopes.push_back(Scope::committed);
  }
  return scopes;
}

Scope widest_scope(const Ground& ground) {
  if (!ground.has_consumers) return Scope::stored;
  return ground.has_sink ? Scope::committed : Scope::delivered;
}

// The refinements that this trial can be held to: those of what the system is,
// and of what it says that it does.
using Find = ClauseFinding (*)(const Case&);
std::vector<Find> refinements_of(const Case& it) {
  std::vector<Find> finds{find_redelivered_after_ack, find_misflagged, find_reordered, find_stale_acks};
  const auto& rules = it.ground.rules;
  if (it.ground.shape == Ground::Shape::log) finds.insert(finds.end(), {find_inconsistent_offsets, find_gaps, find_nonmonotonic});
  if (rules.limits.max_delivery > 0) finds.push_back(find_endless_deliveries);
  if (rules.limits.ttl_ms > 0) finds.push_back(find_wrongly_expired);
  if (rules.lists_dead_letters) finds.push_back(find_lost_letters);
  if (rules.prefetch > 0) finds.push_back(find_overflagged);
  return finds;
}

std::vector<std::string> gaps_in(const Trial& trial) {
  std::vector<std::string> gaps;
  for (const auto& recording : trial.recordings)
    if (!recording.damage.empty())
      gaps.push_back(incarnation_name(recording.process, recording.incarnation) + ": " + recording.damage);
  return gaps;
}

std::vector<std::string> environment_faults(const Trial& trial) {
  std::vector<std::string> faults;
  for (const auto& recording : trial.recordings)
    for (const auto& event : recording.events)
      if (event.type == Type::environment && event.level == "error")
        faults.push_back((event.source.empty() ? recording.process : event.source) + ": " + event.line);
  return faults;
}

// Without a plan the messages are those that somebody sent, and what is known of
// their content is what all their sends agree on.
std::string agreed_on(const Trial& trial, const Account& account, std::string Event::*field) {
  std::string agreed;
  for (const auto& attempt : account.attempts)
    for (const auto& ref : {attempt.invoke, attempt.completion.value_or(attempt.invoke)}) {
      const auto& told = event_at(trial, ref).*field;
      if (told.empty() || told == agreed) continue;
      if (!agreed.empty()) return {};
      agreed = told;
    }
  return agreed;
}

void plan_what_was_sent(const Trial& trial, Facts& facts) {
  for (auto& [id, account] : facts.accounts) {
    if (account.attempts.empty()) continue;
    account.planned = true;
    account.plan = account.attempts.front().invoke;
    account.key = agreed_on(trial, account, &Event::key);
    account.digest = agreed_on(trial, account, &Event::digest);
  }
}

std::string why_missing_is_not_lost(const Case& it) {
  if (!it.checked()) return why_not_quiescent(it);
  return it.ground.checked->complete ? "" : incomplete_words;
}

// Some clauses speak of before and after.
void refuse_without_times(ClauseFinding& finding) {
  finding.witnesses.clear();
  finding.exercised = finding.exercised_calm = 0;
  finding.unresolved = {"not all lines have a time"};
}

Accounts sum_up(const Case& it) {
  Accounts sum;
  for (const auto& [id, account] : it.facts.accounts) {
    if (account.marker) continue;
    sum.planned += account.planned;
    const auto state = account.state();
    sum.sent += state != SendState::never;
    sum.acked += state == SendState::acked;
    sum.failed += state == SendState::failed;
    sum.unanswered += state == SendState::maybe;
    sum.stored += static_cast<std::int64_t>(copies_of(it, account));
    sum.deliveries += static_cast<std::int64_t>(account.deliveries.size());
    if (account.deliveries.size() > 1) sum.redeliveries += static_cast<std::int64_t>(account.deliveries.size()) - 1;
    sum.effects += static_cast<std::int64_t>(account.rows.size());
    sum.recovered += state == SendState::maybe && !account.deliveries.empty();
    sum.dead_letters += static_cast<std::int64_t>(account.dead_letters.size());
  }
  return sum;
}

void count_findings(Judgement& judgement, Scope widest) {
  if (const auto* loss = judgement.find({Clause::no_loss, widest})) {
    judgement.accounts.lost = violations_of(*loss);
    judgement.accounts.unresolved = unresolved_of(*loss);
    for (const auto& [excuse, count] : loss->excused) judgement.accounts.excused += count;
  }
  if (const auto* dup = judgement.find({Clause::no_dup, widest}))
    judgement.accounts.duplicated = violations_of(*dup);
}

// What is missing from a damaged recording can turn into a false loss, phantom
// or dishonest flag. A duplicate is seen or not: it stands.
void distrust(std::vector<ClauseFinding>& findings) {
  for (auto& finding : findings) {
    if (finding.clause.clause == Clause::no_dup) continue;
    for (const auto& witness : finding.witnesses) finding.unresolved.push_back(witness.what + ": a recording is damaged");
    finding.witnesses.clear();
  }
}

bool anything_arrived(const Case& it) {
  return std::any_of(it.facts.accounts.begin(), it.facts.accounts.end(), [&](const auto& entry) {
    return it.ground.has_consumers ? !entry.second.deliveries.empty() : !entry.second.copies.empty();
  });
}

}  // namespace

Judgement judge(const Trial& trial, const Ground& ground) {
  Case it{.trial = trial, .ground = ground, .facts = gather(trial, ground.checked ? RecordedBy::others : RecordedBy::us)};
  if (ground.checked && !ground.checked->planned) plan_what_was_sent(trial, it.facts);
  if (!ground.checked) it.fault = examine_fault(it);
  const auto gaps = gaps_in(trial);
  const auto why_not = gaps.empty() ? why_missing_is_not_lost(it) : "a recording is damaged";
  it.quiescent = why_not.empty();

  Judgement judgement;
  judgement.trial = trial.number;
  judgement.fault = it.fault;
  judgement.gaps = gaps;
  judgement.quiescent = it.quiescent;
  judgement.not_quiescent = why_not;
  judgement.environment = environment_faults(trial);
  judgement.anything_arrived = anything_arrived(it);

  for (const auto scope : scopes_of(ground)) {
    judgement.clauses.push_back(find_loss(it, scope));
    judgement.clauses.push_back(find_duplicates(it, scope));
    judgement.clauses.push_back(find_phantoms(it, scope));
    judgement.clauses.push_back(find_corruption(it, scope));
    judgement.clauses.push_back(find_aborted(it, scope));
  }
  if (ground.has_consumers)
    for (const auto find : refinements_of(it)) {
      judgement.clauses.push_back(find(it));
      if (ground.checked && !ground.checked->timed) refuse_without_times(judgement.clauses.back());
    }
  if (ground.parts > 0)
    for (auto* find : {find_torn, find_hazards}) judgement.clauses.push_back(find(it));
  if (ground.transactions)
    for (auto* find : {find_early_reads, find_zombie_writes}) judgement.clauses.push_back(find(it));
  if (ground.rules.dedup != DedupBy::nothing)
    for (const auto find : {find_dedup_failures, find_swallowed}) judgement.clauses.push_back(find(it));
  if (ground.progress_ms > 0) judgement.clauses.push_back(find_stuck(it));
  if (!gaps.empty()) distrust(judgement.clauses);

  judgement.accounts = sum_up(it);
  count_findings(judgement, widest_scope(ground));

  for (const auto& recording : trial.recordings)
    for (const auto& [window, hits] : passes_of(recording)) {
      judgement.reached[window].insert(recording.process);
      judgement.hits[recording.process][window] += hits;
    }
  return judgement;
}

std::int64_t violations_of(const ClauseFinding& finding) {
  return static_cast<std::int64_t>(finding.witnesses.size()) + finding.unlisted;
}

std::int64_t unresolved_of(const ClauseFinding& finding) {
  return static_cast<std::int64_t>(finding.unresolved.size()) + finding.unlisted_unresolved;
}

const ClauseFinding* Judgement::find(ClauseAt clause) const {
  const auto found = std::find_if(clauses.begin(), clauses.end(), [&](const auto& f) { return f.clause == clause; });
  return found == clauses.end() ? nullptr : &*found;
}

bool Judgement::violates(ClauseAt clause) const {
  const auto* finding = find(clause);
  return finding && !finding->witnesses.empty();
}

}  // namespace assay
