#include "cli/schedule.hpp"

#include <algorithm>
#include <set>

namespace assay {

namespace {

constexpr int tries_per_trial = 3;
constexpr std::int64_t random_round = 50;  // trials a round when kills are random only

const Judgement* good_control(const std::vector<Judgement>& judgements) {
  for (const auto& judgement : judgements)
    if (!judgement.fault && !must_repeat(judgement)) return &judgement;
  return nullptr;
}

std::vector<std::string> processes_of(const std::string& role, const Workload& workload) {
  if (role == "broker") return {"broker"};
  std::vector<std::string> processes;
  const auto count = role == "producer" ? workload.producers : workload.consumers;
  for (std::int64_t i = 0; i < count; ++i) processes.push_back(role + "-" + std::to_string(i));
  return processes;
}

}  // namespace

PlannedTrial& Schedule::add(std::vector<PlannedTrial>& round, std::optional<PlannedFault> fault) {
  PlannedTrial trial{.number = static_cast<std::int64_t>(planned_.size()) + 1, .fault = std::move(fault)};
  ++tries_[trial.fault ? trial.fault->name() : "control"];
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

  if (control->reached.empty()) return round;  // nobody did anything at which it could be hit

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
    if (tries_[name] >= tries_per_trial) continue;
    auto& again = add(round, planned.fault);
    again.repeats = judgement.trial;
    const auto why = judgement.environment.empty() ? "did not land: " + judgement.fault->why_not
                                                   : judgement.environment.front();
    repeated_.push_back(std::to_string(judgement.trial) + " " + name + ": " + why + "; run again as " +
                        std::to_string(again.number));
  }
  return round;
}

std::vector<PlannedTrial> Schedule::first_faults(const Judgement& control) {
  std::vector<PlannedTrial> round;
  if (!plan_.only.empty()) {
    add(round, parse_fault(plan_.only, plan_.seed));
    return round;
  }
  const auto& wish = plan_.profile.faults;
  if (wish.mode != FaultMode::random)
    for (const auto& cell : relevant_cells(control, plan_.terms)) add_directed(round, control, cell, cell.floor);
  if (wish.mode == FaultMode::random)
    add_random(round, std::max<std::int64_t>(1, random_round / static_cast<std::int64_t>(wish.targets.size())));
  else if (wish.mode != FaultMode::directed)
    add_random(round, wish.random);
  return round;
}

// Floors that do not hold yet are chased, as long as the run can still be upheld.
std::vector<PlannedTrial> Schedule::further_faults(const std::vector<Judgement>& judgements) {
  std::vector<PlannedTrial> round;
  if (!plan_.only.empty() || static_cast<std::int64_t>(planned_.size()) >= trial_limit) return round;
  const auto weighing = weigh(judgements, plan_.terms, false);
  if (weighing.verdict != Verdict::inconclusive || weighing.reason != Reason::not_exercised) return round;

  const auto mode = plan_.profile.faults.mode;
  if (mode != FaultMode::random) {
    const auto* control = good_control(judgements);
    // Where cells are short, those; where a clause is, one more fault everywhere.
    const bool cells_short = std::any_of(weighing.cells.begin(), weighing.cells.end(), [](const Cell& c) {
      return c.floor > 0 && (c.landed < c.floor || c.occurrences < c.floor);
    });
    for (const auto& cell : weighing.cells)
      if (cell.floor > 0 && (!cells_short || cell.landed < cell.floor || cell.occurrences < cell.floor))
        add_directed(round, *control, cell, 1);
  }
  if (mode == FaultMode::random) {
    const auto targets = static_cast<std::int64_t>(plan_.profile.faults.targets.size());
    const auto room = trial_limit - static_cast<std::int64_t>(planned_.size());
    add_random(round, std::max<std::int64_t>(1, std::min(random_round, room) / targets));
  }
  return round;
}

// `wanted` more faults of a cell, spread over its processes and over the
// occurrences that the control trial reached. The last fifth is left out: a
// faulted trial may pass a window less often than the control trial did.
void Schedule::add_directed(std::vector<PlannedTrial>& round, const Judgement& control, const Cell& cell,
                            std::int64_t wanted) {
  const auto window = window_named(cell.window);
  if (!window) return;  // a class of random kills: nobody can aim at it
  const std::string owner = side(*window) == Side::producer   ? "producer"
                            : side(*window) == Side::consumer ? "consumer"
                                                              : "broker";
  std::vector<std::string> agents;
  for (const auto& process : processes_of(owner, plan_.profile.workload))
    if (control.hits.contains(process) && control.hits.at(process).contains(*window)) agents.push_back(process);
  if (agents.empty()) return;

  auto& planned = per_cell_[cell.window + " " + cell.kind + " " + cell.target];
  const auto strata = std::max<std::int64_t>(cell.floor, 1);
  for (std::int64_t i = 0; i < wanted; ++i, ++planned) {
    const auto& agent = agents[static_cast<std::size_t>(planned) % agents.size()];
    const auto reached = std::max<std::int64_t>(1, control.hits.at(agent).at(*window) * 4 / 5);
    const auto stratum = planned % strata, lap = planned / strata;
    const auto low = reached * stratum / strata, high = std::max(low + 1, reached * (stratum + 1) / strata);
    // Where in its stratum: drawn from the seed, another place each lap.
    const auto place = random_fault(cell.window + cell.target, planned, plan_.seed).instant;
    auto occurrence = low + 1 + static_cast<std::int64_t>(place * static_cast<double>(high - low));
    if (lap == 0 && stratum == 0) occurrence = 1;

    PlannedFault fault{.kind = cell.kind, .target = cell.target == owner ? agent : "broker", .agent = agent, .window = *window};
    fault.occurrence = std::min(occurrence, reached);
    add(round, fault);
  }
}

void Schedule::add_random(std::vector<PlannedTrial>& round, std::int64_t per_target) {
  for (const auto& role : plan_.profile.faults.targets) {
    const auto processes = processes_of(role, plan_.profile.workload);
    if (processes.empty()) continue;
    for (std::int64_t i = 0; i < per_target; ++i) {
      const auto index = ++random_[role];
      add(round, random_fault(processes[static_cast<std::size_t>(index) % processes.size()], index, plan_.seed));
    }
  }
}

}  // namespace assay
