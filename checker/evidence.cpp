#include "checker/evidence.hpp"

#include <algorithm>
#include <cstdio>

#include "checker/bounds.hpp"
#include "checker/cells.hpp"

namespace assay {

namespace {

bool violates_claim(const Judgement& judgement, const std::vector<ClauseAt>& claimed) {
  return std::any_of(claimed.begin(), claimed.end(), [&](ClauseAt at) { return judgement.violates(at); });
}

bool landed_as_evidence(const Judgement& judgement) {
  return judgement.fault && judgement.fault->landed && is_evidence(judgement);
}

void measure_cell(Cell& cell) {
  cell.upper = upper_bound(cell.decided_violating, cell.decided);
  if (cell.decided_violating > 0) cell.lower = lower_bound(cell.decided_violating, cell.decided);
}

Bounds bounds_over(const std::vector<Cell>& cells) {
  Bounds bounds;
  std::set<std::string> windows;
  for (const auto& cell : cells) {
    if (cell.floor == 0) continue;
    bounds.fewest = bounds.cells == 0 ? cell.decided : std::min(bounds.fewest, cell.decided);
    bounds.widest = bounds.cells == 0 ? cell.upper : std::max(bounds.widest, cell.upper);
    ++bounds.cells;
    windows.insert(cell.window);
    bounds.decided += cell.decided;
    bounds.decided_violating += cell.decided_violating;
  }
  bounds.windows = static_cast<std::int64_t>(windows.size());
  if (bounds.cells == 0) return bounds;

  bounds.pooled = upper_bound(bounds.decided_violating, bounds.decided);
  const auto confidence = confidence_per_window(usual_confidence, bounds.cells);
  bounds.joint = 0;
  for (const auto& cell : cells) {
    if (cell.floor == 0) continue;
    bounds.joint = std::max(bounds.joint, upper_bound(cell.decided_violating, cell.decided, confidence));
  }
  return bounds;
}

// In the order of the trials, whatever order they were judged in.
std::optional<std::int64_t> faults_until_violation(const std::vector<Judgement>& judgements,
                                                   const std::vector<ClauseAt>& claimed) {
  std::vector<const Judgement*> order;
  for (const auto& judgement : judgements)
    if (judgement.environment.empty()) order.push_back(&judgement);
  std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->trial < b->trial; });
  std::int64_t landed = 0;
  for (const auto* judgement : order) {
    landed += landed_as_evidence(*judgement);
    if (violates_claim(*judgement, claimed)) return landed;
  }
  return std::nullopt;
}

std::optional<double> duplicates_per_kill(const std::vector<Judgement>& judgements, Scope scope) {
  std::int64_t kills = 0, duplicates = 0;
  for (const auto& judgement : judgements) {
    const auto* finding = judgement.find({Clause::no_dup, scope});
    if (!landed_as_evidence(judgement) || judgement.fault->kind != "kill" || !finding) continue;
    ++kills;
    duplicates += static_cast<std::int64_t>(finding->witnesses.size());
  }
  if (kills == 0) return std::nullopt;
  return static_cast<double>(duplicates) / static_cast<double>(kills);
}

// Three digits: more than a bound can mean, and enough to tell 0.0495 from 0.05.
std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

std::string counted(std::int64_t n, const std::string& noun) {
  return std::to_string(n) + " " + noun + (n == 1 ? "" : "s");
}

// "14 windows", or with the cells where a window is hit in several ways.
std::string places(const Weighing& weighing) {
  const auto& bounds = weighing.bounds;
  const std::string place(place_word(weighing.cells));
  const auto all = counted(bounds.windows, place);
  if (bounds.cells == bounds.windows) return all;
  return all + " in " + counted(bounds.cells, "cell") + " of " + place + ", kind and target";
}

std::string upheld_bounds(const Weighing& weighing) {
  const auto& bounds = weighing.bounds;
  const std::string place(bounds.cells == bounds.windows ? place_word(weighing.cells) : "cell");
  auto text = " (per-" + place + " minimum " + std::to_string(bounds.fewest) + ", upper 95 % bound " +
              number(bounds.widest) + " per landed fault in that " + place + ", " + number(bounds.pooled) +
              " pooled over the tested mix";
  if (bounds.cells > 1) text += "; " + number(bounds.joint) + " per landed fault in every " + place + " at once";
  return text + ")";
}

std::string violation_seen(const Weighing& weighing, const std::string& claim) {
  const auto& bounds = weighing.bounds;
  auto text = "Violation of " + claim + " observed in " + std::to_string(bounds.decided_violating) + " of " +
              counted(bounds.decided, "landed fault") + " over " + places(weighing);
  const auto surest = std::max_element(weighing.cells.begin(), weighing.cells.end(), [](const Cell& a, const Cell& b) {
    return a.lower.value_or(0) < b.lower.value_or(0);
  });
  std::string numbers;
  if (bounds.faults_until_violation) numbers = "first after " + counted(*bounds.faults_until_violation, "landed fault");
  if (surest != weighing.cells.end() && surest->lower)
    numbers += (numbers.empty() ? "" : ", ") + std::string("lower 95 % bound ") + number(*surest->lower) +
               " per landed " + surest->kind + " of the " + surest->target + " at " + surest->window;
  if (bounds.duplicates_per_kill && *bounds.duplicates_per_kill > 0)
    numbers += ", " + number(*bounds.duplicates_per_kill) + " duplicated messages per landed kill";
  return numbers.empty() ? text : text + " (" + numbers + ")";
}

std::string seen(const Weighing& weighing, const Terms& terms) {
  const auto claim = to_string(terms.claim);
  if (terms.evidence == Evidence::history && weighing.verdict == Verdict::upheld)
    return "The history is consistent with " + claim + "; " + counted(weighing.landed, "fault") + " recorded";
  if (weighing.verdict == Verdict::violated) return violation_seen(weighing, claim);
  const auto faults = counted(weighing.bounds.decided, "landed fault") + " over " + places(weighing);
  if (weighing.verdict == Verdict::upheld)
    return "No violation of " + claim + " observed in " + faults + upheld_bounds(weighing);
  return "This run does not settle " + claim + " after " + faults + ": " + weighing.detail;
}

}  // namespace

void measure(Weighing& weighing, const std::vector<Judgement>& judgements, const Terms& terms) {
  for (auto& cell : weighing.cells) measure_cell(cell);
  weighing.bounds = bounds_over(weighing.cells);
  if (weighing.verdict != Verdict::violated) return;
  weighing.bounds.faults_until_violation = faults_until_violation(judgements, clauses_of(terms.claim));
  const auto claimed = clauses_of(terms.claim);  // of what is not claimed no rate is named beside a violation
  const ClauseAt no_dup{Clause::no_dup, terms.claim.scope.value()};
  if (std::find(claimed.begin(), claimed.end(), no_dup) != claimed.end())
    weighing.bounds.duplicates_per_kill = duplicates_per_kill(judgements, terms.claim.scope.value());
}

std::int64_t needed_faults(const Cell& cell, const Terms& terms) {
  if (!terms.until_p || cell.floor == 0 || cell.decided_violating > 0) return 0;
  return std::max<std::int64_t>(0, needed_trials(*terms.until_p) - cell.decided);
}

std::string evidence_statement(const Weighing& weighing, const Terms& terms,
                               const std::vector<std::string>& not_tested) {
  auto sentence = seen(weighing, terms);
  std::string left_out;
  for (const auto& what : not_tested) left_out += (left_out.empty() ? "; not tested: " : ", ") + what;
  return sentence + left_out + ".";
}

}  // namespace assay
