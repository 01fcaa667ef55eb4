// Drives one trial: fresh queue, workload, one planned fault, healing, drain,
// audit. What comes back is the history; what it means is the judge's business.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "agents/control/control.hpp"
#include "agents/os/child-watch.hpp"
#include "checker/history/trial.hpp"
#include "cli/broker.hpp"
#include "cli/network-paths.hpp"
#include "cli/plan.hpp"
#include "cli/schedule.hpp"

namespace assay {

// What ends the drain. The end marker is here for a test that shows why it must
// not be used on a queue: it overtakes whatever is leased (CONTRACTS 2.4).
enum class DrainRule : std::uint8_t { empty_backlog, end_marker };

// When a dead consumer's leases are up for grabs. Never: for the same test.
enum class TakeOver : std::uint8_t { at_restart, never };

// How many windows each process passed in the control trial: the instants of
// random kills are drawn over that. Time would not do: the next trial may be
// twice as fast.
using Passes = std::map<std::string, std::int64_t>;

struct TrialSetup {
  const RunPlan& plan;
  const SystemDescription& system;
  const PlannedTrial& planned;
  std::filesystem::path directory;  // private, empty, made for this trial
  Broker& broker;                   // running, or to be started fresh
  const Spawn& spawn;               // how agents are started
  NetworkPaths* paths;              // null: agents go straight to the server
  SupervisorControl& control;
  ChildWatch::Wake& wake;
  std::function<bool()> stop_asked;  // Ctrl-C, or the time of the run is over
  const Passes& passes;
  DrainRule drain = DrainRule::empty_backlog;
  TakeOver take_over = TakeOver::at_restart;
};

struct TrialOutcome {
  Trial trial;
  bool interrupted = false;
  bool broker_spent = false;  // it was killed or disturbed: the next trial needs a fresh one
};

// Throws SystemUnavailable when the system does not start at all.
TrialOutcome run_trial(const TrialSetup& setup);

}  // namespace assay
