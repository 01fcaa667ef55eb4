// The plan of a run: everything that is fixed before the first process starts,
// by profile and seed. plan.json is this, and with the histories it is all that
// `check` needs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "checker/weigh.hpp"
#include "cli/profile.hpp"

namespace assay {

// One fault, with its trigger and its target.
struct PlannedFault {
  std::string kind = "kill";
  std::string target;  // "producer-0", "broker"

  // Directed: at this pass of this window by this process.
  std::string agent;
  std::string window;
  std::int64_t occurrence = 0;

  // Random: the index-th draw from the seed; `instant` in [0, 1) of the
  // windows that the target passed in the control trial.
  std::int64_t index = 0;
  double instant = 0;

  bool random() const { return window.empty(); }
  std::string trigger() const;  // "producer-0:P.before_send#3", "random#17"
  std::string name() const;     // "kill:broker@producer-0:P.before_send#3"

  bool operator==(const PlannedFault&) const = default;
};

// The index-th random kill of a target: its instant follows from the seed.
PlannedFault random_fault(const std::string& target, std::int64_t index, std::uint64_t seed);

// Understands a trial's name as printed. UsageError says what was expected.
PlannedFault parse_fault(const std::string& name, std::uint64_t seed);

struct RunPlan {
  std::string run;  // id of this run, fixed by profile and seed
  std::uint64_t seed = 1;
  Profile profile;
  nlohmann::ordered_json system;  // as described
  Terms terms;
  std::string only;  // the one trial that was asked for; empty: all
  bool sweep = false;  // every occurrence of every window, once for each kind

  bool operator==(const RunPlan&) const = default;
};

// The windows that the profile's roles, and a broker that marks its own, can pass.
std::vector<std::string> windows_of(const RunPlan& plan);

RunPlan make_plan(const Profile& profile, const SystemDescription& system, std::uint64_t seed, const std::string& only,
                  std::optional<double> until_p = std::nullopt);

// --until p<0.05, both ways. UsageError says what was expected.
double parse_until(const std::string& text);
std::string until_text(double p);

// plan.json. plan_from_json throws DamagedHistory.
std::string plan_json(const RunPlan& plan);
RunPlan plan_from_json(const std::string& text);

}  // namespace assay
