#include "checker/judge.hpp"

#include <algorithm>

#include "checker/judge-parts.hpp"

namespace assay {

namespace {

std::vector<Scope> scopes_of(const Ground& ground) {
  std::vector<Scope> scopes;
  if (ground.lists_stored) scopes.push_back(Scope::stored);
  if (ground.has_consumers) {
    scopes.push_back(Scope::delivered);
    scopes.push_back(Scope::committed);
  }
  return scopes;
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
    sum.stored += static_cast<std::int64_t>(copies_of(it, account).size());
    sum.deliveries += static_cast<std::int64_t>(account.deliveries.size());
    if (account.deliveries.size() > 1) sum.redeliveries += static_cast<std::int64_t>(account.deliveries.size()) - 1;
    sum.effects += static_cast<std::int64_t>(account.rows.size());
    sum.recovered += state == SendState::maybe && !account.deliveries.empty();
  }
  return sum;
}

void count_findings(Judgement& judgement, Scope widest) {
  if (const auto* loss = judgement.find({Clause::no_loss, widest})) {
    judgement.accounts.lost = static_cast<std::int64_t>(loss->witnesses.size());
    judgement.accounts.unresolved = static_cast<std::int64_t>(loss->unresolved.size());
  }
  if (const auto* dup = judgement.find({Clause::no_dup, widest}))
    judgement.accounts.duplicated = static_cast<std::int64_t>(dup->witnesses.size());
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
  Case it{.trial = trial, .ground = ground, .facts = gather(trial)};
  it.fault = examine_fault(it);
  const auto gaps = gaps_in(trial);
  const auto why_not = gaps.empty() ? why_not_quiescent(it) : "a recording is damaged";
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
  if (ground.has_consumers) {
    judgement.clauses.push_back(find_redelivered_after_ack(it));
    judgement.clauses.push_back(find_misflagged(it));
    judgement.clauses.push_back(find_reordered(it));
    judgement.clauses.push_back(find_stale_acks(it));
  }
  if (ground.progress_ms > 0) judgement.clauses.push_back(find_stuck(it));
  if (!gaps.empty()) distrust(judgement.clauses);

  judgement.accounts = sum_up(it);
  count_findings(judgement, ground.has_consumers ? Scope::committed : Scope::stored);

  for (const auto& recording : trial.recordings)
    for (const auto& [window, hits] : passes_of(recording)) {
      judgement.reached[window].insert(recording.process);
      judgement.hits[recording.process][window] += hits;
    }
  return judgement;
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
