// A run: the control trial and the fault trials of one profile, judged one by
// one and weighed together.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "agents/os/child-watch.hpp"
#include "checker/pace.hpp"
#include "cli/plan.hpp"
#include "cli/run-progress.hpp"
#include "cli/run-store.hpp"
#include "cli/trial.hpp"

namespace assay {

struct RunOptions {
  std::filesystem::path scratch;  // private; trials work below it
  std::int64_t jobs = 1;
  std::chrono::milliseconds timeout{0};  // 0: none
  bool stop_on_violation = false;
  DrainRule drain = DrainRule::empty_backlog;
  TakeOver take_over = TakeOver::at_restart;
  std::function<void(const RunProgress&)> progress = [](const RunProgress&) {};
};

struct RunResult {
  std::vector<Judgement> judgements;  // in the order of their trials
  std::vector<std::string> repeated;
  RunEnd end = RunEnd::complete;
  std::vector<PlannedFault> left_out;  // planned and not struck, as the run was given up before
  double seconds = 0;
  Pace pace;
};

// Stores every trial's history in `store`. Throws SystemUnavailable when the
// system cannot be started.
RunResult run_trials(const RunPlan& plan, const SystemDescription& system, const RunOptions& options, ChildWatch& watch,
                     RunStore& store);

}  // namespace assay
