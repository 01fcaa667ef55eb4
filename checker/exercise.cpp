#include "checker/exercise.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "checker/cells.hpp"
#include "checker/evidence.hpp"

namespace assay {

namespace {

std::string of(std::int64_t have, std::int64_t need) { return std::to_string(have) + " of " + std::to_string(need); }

class Exercising {
 public:
  Exercising(ClauseAt at, const std::vector<Judgement>& judgements, const Judgement* control, const std::vector<Cell>& cells, const Terms& terms)
      : at_(at), judgements_(judgements), control_(control), cells_(cells), terms_(terms) {}

  Exercise run() {
    count();
    if (terms_.evidence == Evidence::faults) found_.floor = terms_.floors.antecedents;
    found_.short_of = shortfall();
    return std::move(found_);
  }

 private:
  void count();
  std::string shortfall() const;
  std::string short_of_kind() const;
  std::string short_at_random() const;
  std::int64_t occurrences_needed(const Cell& cell) const;
  std::string short_of_bound() const;

  const ClauseAt at_;
  const std::vector<Judgement>& judgements_;
  const Judgement* control_;
  const std::vector<Cell>& cells_;
  const Terms& terms_;
  bool across_restart_ = false, beyond_window_ = false;
  Exercise found_;
};

void Exercising::count() {
  for (const auto& judgement : judgements_) {
    const auto* finding = judgement.find(at_);
    if (!finding || !is_evidence(judgement)) continue;
    found_.exercised += terms_.evidence == Evidence::faults ? finding->exercised : finding->exercised_calm;
    across_restart_ |= finding->across_restart;
    beyond_window_ |= finding->beyond_window;
    const bool idle = judgement.fault && is_idle(judgement.fault->cell);
    if (judgement.fault && judgement.fault->landed && !idle) ++found_.landed;
  }
}

std::string Exercising::shortfall() const {
  if (terms_.evidence == Evidence::history)
    return found_.exercised > 0 ? "" : "nothing in the history puts it to the test";

  if (!control_ || !is_evidence(*control_)) return "no control trial";
  if (found_.landed == 0) return "no fault landed";
  if (at_.clause == Clause::no_dup && control_->accounts.deliveries * 2 < control_->accounts.sent &&
      terms_.ground.has_consumers)
    return "the control trial delivered less than half of what was sent";
  if (found_.exercised < found_.floor)
    return of(found_.exercised, found_.floor) + " " + std::string(entry(at_.clause).exercise);
  const bool of_flags = at_.clause == Clause::redel_honest || at_.clause == Clause::redel_exact;
  if (at_.clause == Clause::dedup && terms_.ground.rules.limits.dedup_window_ms > 0 && !beyond_window_)
    return "nothing was sent again after its id may have been forgotten";
  if (of_flags && !across_restart_) return "no repeated delivery spanned a restart of the broker";
  if (found_.landed < terms_.floors.faults) return of(found_.landed, terms_.floors.faults) + " landed faults";
  if (const auto missing = short_of_kind(); !missing.empty()) return missing;
  if (const auto missing = short_at_random(); !missing.empty()) return missing;
  for (const auto& cell : cells_) {
    if (cell.floor == 0) continue;
    if (!is_at_scope(cell.window, at_.scope)) continue;
    if (cell.landed < cell.floor)
      return cell.window + ": " + of(cell.landed, cell.floor) + " " + cell.kind + "s of the " + cell.target + " landed";
    if (const auto needed = occurrences_needed(cell); cell.occurrences < needed)
      return cell.window + ": " + of(cell.occurrences, needed) + " different occurrences";
  }
  return short_of_bound();
}

// A kind of fault that is claimed and can strike nowhere was not put to the test.
std::string Exercising::short_of_kind() const {
  const bool at_random = !targets_at_random(*control_, terms_).empty();
  for (const auto& kind : terms_.kinds) {
    if (at_random && kind == "kill") continue;  // short_at_random
    const bool somewhere = std::any_of(cells_.begin(), cells_.end(), [&](const Cell& cell) {
      return cell.kind == kind && !owner_of(cell.window).empty() && is_at_scope(cell.window, at_.scope);
    });
    if (!somewhere) return "no window was passed at which a " + kind + " could strike";
  }
  return {};
}

// Where nobody can aim, every target is struck often enough while it had work.
std::string Exercising::short_at_random() const {
  for (const auto& target : targets_at_random(*control_, terms_)) {
    std::int64_t landed = 0;
    for (const auto& cell : cells_)
      if (cell.target == target && !is_idle(cell.window)) landed += cell.landed;
    if (landed < terms_.floors.per_cell)
      return of(landed, terms_.floors.per_cell) + " kills of the " + target + " landed while there was work";
  }
  return {};
}

// Faults of a cell strike at different occurrences, as far as there are so many.
std::int64_t Exercising::occurrences_needed(const Cell& cell) const {
  std::int64_t most = 0;
  for (const auto& [process, hits] : control_->hits)
    if (hits.contains(cell.window)) most = std::max(most, hits.at(cell.window));
  return std::min(cell.floor, most);
}

// Which windows need how many more faults for the bound that was asked for.
std::string Exercising::short_of_bound() const {
  std::string missing;
  for (const auto& cell : cells_) {
    const auto needed = needed_faults(cell, terms_);
    if (needed == 0 || !is_at_scope(cell.window, at_.scope)) continue;
    missing += (missing.empty() ? "" : "; ") + cell.window + ": " + std::to_string(needed) + " more landed " + cell.kind +
               (needed == 1 ? "" : "s") + " of the " + cell.target;
  }
  if (missing.empty()) return {};
  char p[32];
  std::snprintf(p, sizeof p, "%g", *terms_.until_p);
  return "for p<" + std::string(p) + " " + missing;
}

}  // namespace

Exercise exercise_of(ClauseAt at, const std::vector<Judgement>& judgements, const Judgement* control, const std::vector<Cell>& cells,
                     const Terms& terms) {
  return Exercising(at, judgements, control, cells, terms).run();
}

}  // namespace assay
