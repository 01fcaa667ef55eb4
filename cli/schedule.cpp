#include "cli/schedule.hpp"

#include <algorithm>
#include <set>

#include "checker/bounds.hpp"
#include "checker/cells.hpp"
#include "checker/evidence.hpp"

namespace assay {

namespace {

constexpr int tries_per_trial = 3;
constexpr std::int64_t random_round = 50;  // trials a round when kills are random only
constexpr std::int64_t bound_round = 10;   // trials a round on the way to a bound (for each cell) or a floor: a violation ends it early

const Judgement* good_control(const std::vector<Judgement>& judgements) {
  for (const auto& judgement : judgements)
    if (!judgement.fault && !must_repeat(judgement)) return &judgement;
  return nullptr;
}

std::int64_t count_of(const std::string& role, const Profile& profile) {
  if (role == "pipeline") return profile.pipeline ? profile.pipeline->instances : 0;
  return role == "producer" ? profile.workload.producers : profile.workload.consumers;
}

std::vector<std::string> processes_of(const std::string& role, const Profile& profile) {
  if (role == "broker") return {"broker"};
  std::vector<std::string> processes;
  const auto count = count_of(role, profile);
  for (std::int64_t i = 0; i < count; ++i) processes.push_back(role + "-" + std::to_string(i));
  return processes;
}

// Faults with one of these differ in their occurrence only.
std::string aim_of(const PlannedFault& fault) {
  return fault.window + " " + fault.kind + " " + role_of(fault.target) + " " + fault.agent;
}

// The last fifth is left out: a faulted trial may pass a window less often than
// another did.
std::int64_t safe_part(std::int64_t passed) { return std::max<std::int64_t>(1, passed * 4 / 5); }

// The first occurrence from `wanted` on, around the end, that has had no fault
// yet; when all have had one, `wanted` again.
std::int64_t next_free(const std::set<std::int64_t>& taken, std::int64_t wanted, std::int64_t last) {
  for (std::int64_t i = 0; i < last; ++i)
    if (const auto occurrence = (wanted - 1 + i) % last + 1; !taken.contains(occurrence)) return occurrence;
  return wanted;
}

}  // namespace

PlannedTrial& Schedule::add(std::vector<PlannedTrial>& round, std::optional<PlannedFault> fault) {
  PlannedTrial trial{.number = static_cast<std::int64_t>(planned_.size()) + 1, .fault = std::move(fault)};
  planned_[trial.number] = trial;
  round.push_back(trial);
  return round.back();
}

std::vector<PlannedTrial> Schedule::next_round(const std::vector<Judgement>& judgements) {
  std::vector<PlannedTrial> round;
  if (!started_) {
    started_ = true;
    add(round, std::nullopt);
    return round;
  }
  round = repeats(judgements);
  const auto* control = good_control(judgements);
  if (!control) return round;  // try again, or give up
  if (!control->anything_arrived || plan_.profile.faults.mode == FaultMode::none) return {};

  if (control->reached.empty() && targets_at_random(*control, plan_.terms).empty()) return round;  // nothing to be hit at

  auto more = faulted_ ? further_faults(judgements) : first_faults(*control);
  faulted_ = true;
  round.insert(round.end(), more.begin(), more.end());
  return round;
}

std::vector<PlannedTrial> Schedule::repeats(const std::vector<Judgement>& judgements) {
  std::vector<PlannedTrial> round;
  for (; seen_ < judgements.size(); ++seen_) {
    const auto& judgement = judgements[seen_];
    if (!must_repeat(judgement)) continue;
    const auto& planned = planned_.at(judgement.trial);
    const auto name = planned.fault ? planned.fault->name() : std::string("control");
    if (tries_of(planned) >= tries_per_trial) continue;
    auto& again = add(round, aimed_lower(planned.fault, judgement));
    again.repeats = planned_.at(again.number).repeats = judgement.trial;
    const auto why = judgement.environment.empty() ? "did not land: " + judgement.fault->why_not
                                                   : judgement.environment.front();
    repeated_.push_back(std::to_string(judgement.trial) + " " + name + ": " + why + "; run again as " +
                        std::to_string(again.number));
  }
  return round;
}

int Schedule::tries_of(const PlannedTrial& trial) const {
  int tries = 1;
  for (auto earlier = trial.repeats; earlier != 0; earlier = planned_.at(earlier).repeats) ++tries;
  return tries;
}

// How often a window is passed may differ from trial to trial: consumers share
// the messages, acks come back in batches. Where a trigger was not reached, the
// next aims at what that very trial did reach. Who named the occurrence gets it.
std::optional<PlannedFault> Schedule::aimed_lower(std::optional<PlannedFault> fault, const Judgement& missed) {
  if (!fault || fault->random() || plan_.sweep || !plan_.only.empty()) return fault;
  const auto agent = missed.hits.find(fault->agent);
  if (agent == missed.hits.end() || !agent->second.contains(fault->window)) return fault;
  const auto passed = agent->second.at(fault->window);
  if (passed >= fault->occurrence) return fault;
  auto& lowest = lowest_.try_emplace(fault->agent + " " + fault->window, passed).first->second;
  lowest = std::min(lowest, passed);
  const auto reached = safe_part(lowest);
  auto& taken = occurrences_[aim_of(*fault)];
  fault->occurrence = next_free(taken, reached, reached);
  taken.insert(fault->occurrence);
  return fault;
}

std::vector<PlannedTrial> Schedule::first_faults(const Judgement& control) {
  std::vector<PlannedTrial> round;
  if (!plan_.only.empty()) {
    add(round, parse_fault(plan_.only, plan_.seed));
    return round;
  }
  const auto& wish = plan_.profile.faults;
  if (plan_.sweep) {
    for (const auto& cell : relevant_cells(control, plan_.terms)) add_every_occurrence(round, control, cell);
    return round;
  }
  if (wish.mode != FaultMode::random)
    for (const auto& cell : relevant_cells(control, plan_.terms)) add_directed(round, control, cell, cell.floor);
  if (wish.mode == FaultMode::random)
    add_random(round, std::max<std::int64_t>(1, random_round / static_cast<std::int64_t>(wish.targets.size())));
  else if (wish.mode != FaultMode::directed)
    add_random(round, wish.random);
  return round;
}

// A bound that was asked for is reached: of its faults at most one in twenty may
// have to be run again (weigh), for which a tenth more is enough.
std::int64_t Schedule::limit(const Judgement& control) const {
  if (!plan_.terms.until_p) return trial_limit;
  const auto cells = static_cast<std::int64_t>(relevant_cells(control, plan_.terms).size());
  return trial_limit + cells * needed_trials(*plan_.terms.until_p) * 11 / 10;
}

// How many faults a cell lacks: of its floor one at a time, of a bound many.
std::int64_t Schedule::lacking(const Cell& cell) const {
  if (cell.floor == 0) return 0;
  const bool below_floor = cell.landed < cell.floor || cell.occurrences < cell.floor;
  return std::max<std::int64_t>(below_floor ? 1 : 0, std::min(bound_round, needed_faults(cell, plan_.terms)));
}

// Floors that do not hold yet are chased, and the bound that was asked for, as
// long as the run can still be upheld.
std::vector<PlannedTrial> Schedule::further_faults(const std::vector<Judgement>& judgements) {
  std::vector<PlannedTrial> round;
  const auto* control = good_control(judgements);
  const auto room = limit(*control) - static_cast<std::int64_t>(planned_.size());
  if (plan_.sweep || !plan_.only.empty() || room <= 0) return round;
  const auto weighing = weigh(judgements, plan_.terms, false);
  if (weighing.verdict != Verdict::inconclusive || weighing.reason != Reason::not_exercised) return round;

  const auto mode = plan_.profile.faults.mode;
  if (mode != FaultMode::random) {
    // Where cells are short, those; where a clause is, one more fault everywhere.
    const bool cells_short =
        std::any_of(weighing.cells.begin(), weighing.cells.end(), [&](const Cell& c) { return lacking(c) > 0; });
    for (const auto& cell : weighing.cells)
      if (cell.floor > 0) add_directed(round, *control, cell, cells_short ? lacking(cell) : 1);
  }
  // More kills make up for no other kind of fault.
  const bool unaimed = mode == FaultMode::all && plan_.terms.kinds.size() == 1 && !targets_at_random(*control, plan_.terms).empty();
  if (mode == FaultMode::random || unaimed) {
    const auto targets = static_cast<std::int64_t>(plan_.profile.faults.targets.size());
    add_random(round, std::max<std::int64_t>(1, std::min(unaimed ? bound_round : random_round, room) / targets));
  }
  return round;
}

void Schedule::add_every_occurrence(std::vector<PlannedTrial>& round, const Judgement& control, const Cell& cell) {
  const auto owner = owner_of(cell.window);
  for (const auto& agent : those_that_passed(control, owner, cell.window))
    for (std::int64_t k = 1; k <= control.hits.at(agent).at(cell.window); ++k)
      add(round, PlannedFault{.kind = cell.kind, .target = cell.target == owner ? agent : other_target(cell.target, k),
                              .agent = agent, .window = cell.window, .occurrence = k});
}

std::vector<std::string> Schedule::those_that_passed(const Judgement& control, const std::string& role,
                                                     const std::string& window) const {
  std::vector<std::string> agents;
  for (const auto& process : processes_of(role, plan_.profile))
    if (control.hits.contains(process) && control.hits.at(process).contains(window)) agents.push_back(process);
  return agents;
}

// Whoever is hit while somebody else stands at a window, each in turn.
std::string Schedule::other_target(const std::string& role, std::int64_t turn) const {
  const auto processes = processes_of(role, plan_.profile);
  return processes[static_cast<std::size_t>(turn) % processes.size()];
}

// How far faults at a window may aim: as far as every agent that passes it came
// (they share the messages, another time the other way round), and less its end.
std::int64_t Schedule::reach(const Judgement& control, const std::vector<std::string>& agents, const std::string& agent,
                             const std::string& window) const {
  auto passed = control.hits.at(agent).at(window);
  for (const auto& other : agents) passed = std::min(passed, control.hits.at(other).at(window));
  if (const auto lowest = lowest_.find(agent + " " + window); lowest != lowest_.end()) passed = std::min(passed, lowest->second);
  return agents.size() > 1 ? std::max<std::int64_t>(1, passed * 3 / 5) : safe_part(passed);
}

// `wanted` more faults of a cell, spread over its processes and over the
// occurrences within reach.
void Schedule::add_directed(std::vector<PlannedTrial>& round, const Judgement& control, const Cell& cell,
                            std::int64_t wanted) {
  const auto owner = owner_of(cell.window);
  if (owner.empty()) return;  // a class of random kills: nobody can aim at it
  const auto agents = those_that_passed(control, owner, cell.window);
  if (agents.empty()) return;

  auto& planned = per_cell_[cell.window + " " + cell.kind + " " + cell.target];
  const auto strata = std::max<std::int64_t>(cell.floor, 1);
  for (std::int64_t i = 0; i < wanted; ++i, ++planned) {
    const auto& agent = agents[static_cast<std::size_t>(planned) % agents.size()];
    const auto reached = reach(control, agents, agent, cell.window);
    const auto stratum = planned % strata, lap = planned / strata;
    const auto low = reached * stratum / strata, high = std::max(low + 1, reached * (stratum + 1) / strata);
    // Where in its stratum: drawn from the seed, another place each lap.
    const auto place = random_fault(cell.window + cell.target, planned, plan_.seed).instant;
    auto occurrence = low + 1 + static_cast<std::int64_t>(place * static_cast<double>(high - low));
    if (lap == 0 && stratum == 0) occurrence = 1;

    PlannedFault fault{.kind = cell.kind, .target = cell.target == owner ? agent : other_target(cell.target, planned),
                       .agent = agent, .window = cell.window};
    auto& taken = occurrences_[aim_of(fault)];
    fault.occurrence = next_free(taken, std::min(occurrence, reached), reached);
    taken.insert(fault.occurrence);
    add(round, fault);
  }
}

void Schedule::add_random(std::vector<PlannedTrial>& round, std::int64_t per_target) {
  if (!plan_.profile.faults.kinds.contains("kill")) return;  // others need a window
  for (const auto& role : plan_.profile.faults.targets) {
    if (role == "broker" && plan_.profile.attached) continue;  // by the time its command has struck the workload may be over
    const auto processes = processes_of(role, plan_.profile);
    if (processes.empty()) continue;
    for (std::int64_t i = 0; i < per_target; ++i) {
      const auto index = ++random_[role];
      add(round, random_fault(processes[static_cast<std::size_t>(index) % processes.size()], index, plan_.seed));
    }
  }
}

}  // namespace assay
