// How long a trial of the embedded system takes, all in all: fresh queue, one
// kill with restart, drain by backlog, audit, packing, judging; with the 100
// messages of a run, and with the 3 of a sweep. Rounds with 1, 2 and 4 jobs are
// interleaved; one JSON line a workload with medians and spread. The whole suite
// at its floors is timed by ci/bench.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <stdexcept>

#include "cli/run.hpp"

using namespace assay;
namespace fs = std::filesystem;

namespace {

struct Round {
  double trials_per_second = 0;
  std::vector<double> cycle_ms;  // from one trial's first event to the next one's
};

Round run_round(const RunPlan& plan, const SystemDescription& system, std::int64_t jobs, ChildWatch& watch, const fs::path& directory) {
  RunStore store(directory / "run", plan);
  const auto result = run_trials(plan, system, {.scratch = directory / "scratch", .jobs = jobs}, watch, store);
  Round round{.trials_per_second = static_cast<double>(result.judgements.size()) / result.seconds};
  std::int64_t before = 0;
  for (const auto& judgement : result.judgements) {
    if (!judgement.environment.empty()) throw std::runtime_error("a trial did not run: " + judgement.environment.front());
    const auto trial = store.read(judgement.trial);
    const auto began = trial.recordings.front().events.front().time;
    if (before != 0) round.cycle_ms.push_back(static_cast<double>(began - before) / 1e6);
    before = began;
  }
  for (const auto* made : {"run", "scratch"}) fs::remove_all(directory / made);
  return round;
}

nlohmann::ordered_json spread(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {{"median", values[values.size() / 2]}, {"min", values.front()}, {"max", values.back()}};
}

nlohmann::ordered_json measure(std::int64_t messages, const SystemDescription& system, ChildWatch& watch, const fs::path& directory) {
  auto profile = load_profile(find_profiles("embedded/at-least-once").front());
  profile.workload.messages = messages;
  profile.faults.kinds = {"kill"};
  profile.faults.random = 0;
  profile.evidence.floors = {.per_cell = 8, .faults = 30, .antecedents = 30};
  const auto plan = make_plan(profile, system, 1, "");

  std::vector<double> cycles;
  std::map<std::int64_t, std::vector<double>> rates;
  for (int round = 0; round < 3; ++round)
    for (const std::int64_t jobs : {1, 2, 4}) {
      const auto measured = run_round(plan, system, jobs, watch, directory);
      rates[jobs].push_back(measured.trials_per_second);
      if (jobs == 1) cycles.insert(cycles.end(), measured.cycle_ms.begin(), measured.cycle_ms.end());
    }
  nlohmann::ordered_json line{{"messages", messages}, {"trial_ms", spread(cycles)}};
  for (const auto& [jobs, values] : rates) line["trials_per_second_jobs_" + std::to_string(jobs)] = spread(values);
  return line;
}

}  // namespace

int main() {
  std::string name = "/dev/shm/assay-bench-XXXXXX";
  if (!::mkdtemp(name.data())) return 70;
  const fs::path directory = name;
  ChildWatch watch;
  const auto system = describe_system("embedded");
  for (const std::int64_t messages : {100, 3}) std::cout << measure(messages, system, watch, directory).dump() << std::endl;
  fs::remove_all(directory);
  return 0;
}
