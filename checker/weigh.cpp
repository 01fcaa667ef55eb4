#include "checker/weigh.hpp"

#include <algorithm>
#include <tuple>

#include "checker/cells.hpp"
#include "checker/evidence.hpp"
#include "checker/exercise.hpp"

namespace assay {

namespace {

constexpr std::int64_t notes_shown = 10;

struct ReasonName {
  Reason reason;
  std::string_view name;
};
constexpr ReasonName reason_names[] = {
    {Reason::none, ""},
    {Reason::not_applicable, "not_applicable"},
    {Reason::not_exercised, "not_exercised"},
    {Reason::unresolved, "unresolved"},
    {Reason::recorder_gap, "recorder_gap"},
    {Reason::environment, "environment"},
    {Reason::interrupted, "interrupted"},
};

const Judgement* control_of(const std::vector<Judgement>& judgements) {
  const Judgement* control = nullptr;
  for (const auto& judgement : judgements)
    if (!judgement.fault && (!control || must_repeat(*control))) control = &judgement;
  return control;
}

class Scales {
 public:
  Scales(const std::vector<Judgement>& judgements, const Terms& terms, bool interrupted)
      : judgements_(judgements), terms_(terms), interrupted_(interrupted), control_(control_of(judgements)) {}

  Weighing run() {
    count_trials();
    fill_cells();
    judge_clauses();
    collect_findings();
    order_findings();
    combine();
    find_strongest();
    note_floors();
    note_excuses();
    measure(out_, judgements_, terms_);
    return std::move(out_);
  }

 private:
  void count_trials();
  void note_excuses();
  void measure_window(const Judgement& judgement);
  void fill_cells();
  void judge_clauses();
  bool is_claimed(ClauseAt at) const { return std::find(claimed_.begin(), claimed_.end(), at) != claimed_.end(); }
  void count_anomalies();
  void collect_findings();
  void order_findings();
  void combine();
  void find_strongest();
  void note_floors();

  ClauseVerdict weigh_clause(ClauseAt at) const;
  std::vector<ClauseAt> all_clauses() const;
  std::string trouble() const;

  const std::vector<Judgement>& judgements_;
  const Terms& terms_;
  bool interrupted_;
  const Judgement* control_;
  std::vector<ClauseAt> claimed_;
  Weighing out_;
};

void Scales::count_trials() {
  for (const auto& judgement : judgements_) {
    ++out_.trials;
    out_.environment += !judgement.environment.empty();
    if (judgement.fault) (judgement.fault->landed ? out_.landed : out_.not_landed)++;

    auto& sum = out_.accounts;
    const auto& part = judgement.accounts;
    sum.planned += part.planned, sum.sent += part.sent, sum.acked += part.acked, sum.failed += part.failed;
    sum.unanswered += part.unanswered, sum.stored += part.stored, sum.deliveries += part.deliveries;
    sum.redeliveries += part.redeliveries, sum.effects += part.effects, sum.lost += part.lost;
    sum.duplicated += part.duplicated, sum.unresolved += part.unresolved, sum.recovered += part.recovered;
    sum.dead_letters += part.dead_letters, sum.excused += part.excused;
    measure_window(judgement);
  }
  if (terms_.claimed) claimed_ = clauses_of(terms_.claim);
}

void Scales::measure_window(const Judgement& judgement) {
  const auto* finding = judgement.find({Clause::dedup, Scope::delivered});
  if (!finding || !is_evidence(judgement)) return;
  auto& window = out_.dedup_window;
  if (const auto age = finding->accepted_again_ms) window.accepted_again_ms = std::min(window.accepted_again_ms.value_or(*age), *age);
  if (const auto age = finding->dropped_ms) window.dropped_ms = std::max(window.dropped_ms.value_or(*age), *age);
}

void Scales::note_excuses() {
  std::map<Excuse, std::int64_t> excused;
  for (const auto& judgement : judgements_)
    if (const auto* loss = judgement.find({Clause::no_loss, terms_.claim.scope.value_or(Scope::delivered)}))
      for (const auto& [excuse, count] : loss->excused) excused[excuse] += count;
  for (const auto& [excuse, count] : excused)
    out_.notes.push_back(std::to_string(count) + (count == 1 ? " message is" : " messages are") + " missing and owed to nobody: " + std::string(name(excuse)));
}

void Scales::fill_cells() {
  if (control_) out_.cells = relevant_cells(*control_, terms_);

  std::map<std::tuple<std::string, std::string, std::string>, std::set<std::int64_t>> occurrences;
  for (const auto& judgement : judgements_) {
    if (!judgement.fault || judgement.fault->cell.empty()) continue;
    const auto& fault = *judgement.fault;
    const auto target = role_of(fault.target);
    auto cell = std::find_if(out_.cells.begin(), out_.cells.end(), [&](const Cell& c) {
      return c.window == fault.cell && c.kind == fault.kind && c.target == target;
    });
    if (cell == out_.cells.end())
      cell = out_.cells.insert(out_.cells.end(), {.window = fault.cell, .kind = fault.kind, .target = target});
    ++cell->planned;

    std::set<std::string> forbidden;
    for (const auto at : claimed_)
      if (const auto* finding = judgement.find(at))
        for (const auto& witness : finding->witnesses) forbidden.insert(std::string(name(witness.anomaly)));
    const bool violating = !forbidden.empty();
    cell->violating += violating;
    cell->anomalies.merge(forbidden);

    if (!fault.landed || !is_evidence(judgement)) continue;
    ++cell->landed;
    cell->decided += judgement.quiescent || violating;
    cell->decided_violating += violating;
    auto& seen = occurrences[{cell->window, cell->kind, cell->target}];
    if (fault.occurrence > 0) seen.insert(fault.occurrence);
    cell->occurrences = static_cast<std::int64_t>(seen.size());
  }

  if (!control_) return;
  const auto at_random = targets_at_random(*control_, terms_);
  for (auto& cell : out_.cells)
    if (cell.floor == 0 && cell.landed > 0 && at_random.contains(cell.target) && !is_idle(cell.window)) cell.floor = 1;
}

ClauseVerdict Scales::weigh_clause(ClauseAt at) const {
  ClauseVerdict verdict{.clause = at};
  verdict.claimed = is_claimed(at);

  std::int64_t unresolved = 0, beside_environment = 0;
  std::string first_unresolved;
  for (const auto& judgement : judgements_) {
    const auto* finding = judgement.find(at);
    if (!finding) continue;
    const auto witnesses = violations_of(*finding);
    (judgement.environment.empty() ? verdict.violations : beside_environment) += witnesses;
    // A trial that is run again because of its environment owes no answer.
    if (!judgement.environment.empty() || finding->unresolved.empty()) continue;
    unresolved += unresolved_of(*finding);
    if (first_unresolved.empty())
      first_unresolved = finding->unresolved.front() +
                         (judgement.not_quiescent.empty() ? "" : " (" + judgement.not_quiescent + ")");
  }
  const auto gap = std::find_if(judgements_.begin(), judgements_.end(), [](const auto& j) { return !j.gaps.empty(); });
  const auto exercise = exercise_of(at, judgements_, control_, out_.cells, terms_);
  verdict.exercised = exercise.exercised, verdict.landed = exercise.landed, verdict.floor = exercise.floor;

  const auto inconclusive = [&](Reason reason, std::string detail) {
    verdict.verdict = Verdict::inconclusive;
    verdict.reason = reason;
    verdict.detail = std::move(detail);
    return verdict;
  };
  if (verdict.violations > 0) {
    verdict.verdict = Verdict::violated;
    return verdict;
  }
  if (terms_.not_applicable.contains(at.clause) && beside_environment == 0) {
    verdict.verdict = Verdict::upheld;
    verdict.reason = Reason::not_applicable;
    return verdict;
  }
  if (beside_environment > 0) return inconclusive(Reason::environment, "seen only beside an environment fault");
  if (at.clause == Clause::progress && terms_.ground.progress_ms <= 0)
    return inconclusive(Reason::unresolved, "no bound is declared, so nothing is ever too late");
  if (gap != judgements_.end()) return inconclusive(Reason::recorder_gap, gap->gaps.front());
  if (unresolved > 0) {
    const auto more = unresolved > 1 ? " and " + std::to_string(unresolved - 1) + " more" : "";
    return inconclusive(Reason::unresolved, first_unresolved + more);
  }
  if (!exercise.short_of.empty()) return inconclusive(Reason::not_exercised, exercise.short_of);
  verdict.verdict = Verdict::upheld;
  return verdict;
}

std::vector<ClauseAt> Scales::all_clauses() const {
  std::vector<ClauseAt> all = claimed_;
  for (const auto& judgement : judgements_)
    for (const auto& finding : judgement.clauses)
      if (std::find(all.begin(), all.end(), finding.clause) == all.end()) all.push_back(finding.clause);
  return all;
}

void Scales::judge_clauses() {
  for (const auto at : all_clauses()) out_.clauses.push_back(weigh_clause(at));
}

// How many messages show each anomaly. One that the claim forbids is counted
// where it forbids it: a copy that is delivered twice and has one effect does no
// harm to a claim about effects.
void Scales::count_anomalies() {
  std::map<bool, std::set<std::tuple<std::int64_t, std::string, Anomaly>>> counted;
  std::map<bool, std::map<std::string, std::int64_t>> counts;
  for (const auto& judgement : judgements_)
    for (const auto& finding : judgement.clauses) {
      const bool claimed = is_claimed(finding.clause);
      if (finding.unlisted > 0) counts[claimed][std::string(name(entry(finding.clause.clause).anomaly))] += finding.unlisted;
      for (const auto& witness : finding.witnesses) {
        const auto what = witness.message.empty() ? witness.what : witness.message;
        if (counted[claimed].insert({judgement.trial, what, witness.anomaly}).second) ++counts[claimed][std::string(name(witness.anomaly))];
      }
    }
  out_.anomalies = counts[true];
  for (const auto& [anomaly, count] : counts[true]) out_.forbidden.insert(anomaly);
  out_.anomalies.merge(counts[false]);  // what is there already stays
}

void Scales::collect_findings() {
  count_anomalies();
  std::set<std::tuple<ClauseAt, Anomaly, std::string>> shown;
  std::int64_t beside_environment = 0;
  for (const auto& judgement : judgements_) {
    const auto fault = judgement.fault ? judgement.fault->name : "control";
    const auto cell = judgement.fault ? judgement.fault->cell : "";
    for (const auto& finding : judgement.clauses) {
      if (!is_claimed(finding.clause)) continue;
      for (const auto& witness : finding.witnesses) {
        if (!judgement.environment.empty()) {
          if (++beside_environment <= notes_shown)
            out_.notes.push_back(witness.what + ", beside an environment fault: " + judgement.environment.front());
          continue;
        }
        if (shown.insert({finding.clause, witness.anomaly, cell}).second)
          out_.found.push_back({judgement.trial, fault, cell, witness});
      }
    }
  }
  if (beside_environment > notes_shown)
    out_.notes.push_back(std::to_string(beside_environment - notes_shown) + " more anomalies beside environment faults");
}

// The finding that shows again most surely comes first: it is the one to
// reproduce. A directed fault before a random one, and then by how often faults
// in its cell violated.
void Scales::order_findings() {
  const auto doubt = [&](const Found& found) {
    if (found.fault == "control") return 0.0;
    const auto target = role_of(found.fault.substr(found.fault.find(':') + 1));
    const bool random = found.fault.find("@random#") != std::string::npos;
    for (const auto& cell : out_.cells) {
      if (cell.window != found.cell || !target.starts_with(cell.target) || !found.fault.starts_with(cell.kind + ":")) continue;
      if (cell.planned == 0) continue;
      return (random ? 2.0 : 1.0) - static_cast<double>(cell.violating) / static_cast<double>(cell.planned);
    }
    return 3.0;
  };
  std::stable_sort(out_.found.begin(), out_.found.end(),
                   [&](const Found& a, const Found& b) { return doubt(a) < doubt(b); });
}

// Why the whole run is no evidence, whatever its clauses say; empty: it is.
std::string Scales::trouble() const {
  if (terms_.evidence == Evidence::history) return {};
  if (!control_) return "no control trial was run";
  if (!control_->environment.empty()) return control_->environment.front();
  if (!control_->anything_arrived) return "not one message or canary arrived in the control trial";

  std::int64_t repeated = 0;
  std::string first;
  for (const auto& judgement : judgements_) {
    if (!must_repeat(judgement)) continue;
    ++repeated;
    if (!first.empty()) continue;
    first = judgement.environment.empty() ? judgement.fault->name + ": " + judgement.fault->why_not
                                          : judgement.environment.front();
  }
  if (repeated * 20 > out_.trials)
    return std::to_string(repeated) + " of " + std::to_string(out_.trials) +
           " trials did not land or met an environment fault, more than 5 %; the first: " + first;
  return {};
}

void Scales::combine() {
  out_.verdict = Verdict::upheld;
  for (const auto& clause : out_.clauses) {
    if (!clause.claimed || clause.verdict < out_.verdict) continue;
    const bool graver = clause.verdict > out_.verdict || clause.reason > out_.reason;
    if (!graver || clause.verdict == Verdict::upheld) continue;
    out_.verdict = clause.verdict;
    out_.reason = clause.reason;
    out_.detail = to_string(clause.clause) + (clause.detail.empty() ? "" : ": " + clause.detail);
  }
  if (out_.verdict == Verdict::violated) {
    out_.reason = Reason::none;
    return;
  }
  if (!terms_.claimed) {
    out_.verdict = Verdict::inconclusive;
    out_.detail = "no claim was given";
  }
  if (const auto why = trouble(); !why.empty()) {
    out_.verdict = Verdict::inconclusive;
    out_.reason = Reason::environment;
    out_.detail = why;
  }
  if (interrupted_) {
    out_.verdict = Verdict::inconclusive;
    out_.reason = Reason::interrupted;
    out_.detail = "the run was stopped before its plan was done";
  }
}

void Scales::find_strongest() {
  if (out_.reason == Reason::environment || out_.reason == Reason::interrupted) {
    out_.strongest_reason = std::string(name(out_.reason)) + ": " + out_.detail;
    return;
  }
  std::vector<std::pair<Guarantee, Scope>> held;
  for (const auto scope : {Scope::committed, Scope::delivered, Scope::stored}) {
    for (const auto guarantee : {Guarantee::exactly_once, Guarantee::at_least_once, Guarantee::at_most_once}) {
      bool all = true;
      for (const auto at : clauses_of(guarantee, scope)) {
        const auto clause = std::find_if(out_.clauses.begin(), out_.clauses.end(),
                                         [&](const auto& c) { return c.clause == at; });
        const bool holds = clause != out_.clauses.end() && clause->verdict == Verdict::upheld;
        if (clause != out_.clauses.end() && !holds && clause->verdict == Verdict::inconclusive &&
            out_.strongest_reason.empty())
          out_.strongest_reason = to_string(at) + ": " + clause->detail;
        all &= holds;
      }
      if (all) held.push_back({guarantee, scope});
    }
  }
  // At a scope exactly-once implies both others; no-loss at a scope implies it
  // at the weaker ones. Duplication does not propagate (CONTRACTS 2.3).
  const auto implied = [&](const std::pair<Guarantee, Scope>& weaker) {
    return std::any_of(held.begin(), held.end(), [&](const auto& stronger) {
      if (stronger == weaker) return false;
      if (stronger.second == weaker.second) return stronger.first == Guarantee::exactly_once;
      return stronger.second > weaker.second && weaker.first == Guarantee::at_least_once &&
             stronger.first != Guarantee::at_most_once;
    });
  };
  for (const auto& one : held)
    if (!implied(one)) out_.strongest.push_back(std::string(name(one.first)) + " @ " + std::string(name(one.second)));
  if (!out_.strongest.empty()) out_.strongest_reason.clear();
  else if (out_.strongest_reason.empty()) out_.strongest_reason = "every guarantee was violated at every scope";
}

void Scales::note_floors() {
  const Floors usual;
  const auto lowered = [&](std::int64_t have, std::int64_t want, const std::string& what) {
    if (have < want) out_.lowered_floors.push_back(std::to_string(want) + " -> " + std::to_string(have) + " " + what);
  };
  lowered(terms_.floors.per_cell, usual.per_cell, "landed faults per window");
  lowered(terms_.floors.faults, usual.faults, "landed faults per clause");
  lowered(terms_.floors.antecedents, usual.antecedents, "antecedents per clause");
  for (const std::string target : {"producer", "consumer", "broker"})
    if (!terms_.targets.contains(target) && terms_.evidence == Evidence::faults)
      out_.lowered_floors.push_back("no faults of the " + target);
  if (terms_.ground.pipeline_ms > 0 && !terms_.targets.contains("pipeline")) out_.lowered_floors.push_back("no faults of the pipeline");
}

}  // namespace

Weighing weigh(const std::vector<Judgement>& judgements, const Terms& terms, bool interrupted) {
  return Scales(judgements, terms, interrupted).run();
}

bool must_repeat(const Judgement& judgement) {
  if (!judgement.environment.empty()) return true;
  if (!judgement.fault || judgement.fault->landed) return false;
  return std::none_of(judgement.clauses.begin(), judgement.clauses.end(),
                      [](const auto& finding) { return !finding.witnesses.empty(); });
}

bool is_evidence(const Judgement& judgement) { return judgement.environment.empty() && judgement.gaps.empty(); }

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::upheld: return "upheld";
    case Verdict::inconclusive: return "inconclusive";
    case Verdict::violated: return "violated";
  }
  return "?";
}

std::string_view name(Reason reason) {
  for (const auto& entry : reason_names)
    if (entry.reason == reason) return entry.name;
  return "?";
}

}  // namespace assay
