#include "cli/agent-selftest.hpp"

#include <algorithm>

#include "checker/history/files.hpp"
#include "cli/own-agent.hpp"
#include "cli/run.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

constexpr int messages = 5;

std::string first_complaint(const std::vector<Judgement>& judgements) {
  for (const auto& judgement : judgements) {
    if (!judgement.environment.empty()) return judgement.environment.front();
    if (!judgement.gaps.empty()) return judgement.gaps.front();
  }
  return {};
}

const Judgement* control_in(const std::vector<Judgement>& judgements) {
  const auto found = std::find_if(judgements.begin(), judgements.end(),
                                  [](const auto& judgement) { return !judgement.fault && judgement.environment.empty(); });
  return found == judgements.end() ? nullptr : &*found;
}

ConformanceCheck conversation(const std::string& complaint) {
  if (complaint.empty()) return {"conversation", "kept", "kept", "hello, ready, go and bye, and events in their order"};
  return {"conversation", "kept", "broken", complaint};
}

ConformanceCheck all_messages(const Judgement& control, const std::string& side) {
  const auto& sums = control.accounts;
  const auto done = side == "producer" ? sums.acked + sums.failed : sums.deliveries;
  return {"messages", "all", done >= messages ? "all" : std::to_string(done) + " of " + std::to_string(messages),
          side == "producer" ? "sent without a fault, and answered" : "delivered without a fault"};
}

ConformanceCheck bodies(const Judgement& control) {
  const auto* finding = control.find({Clause::no_corruption, Scope::delivered});
  const bool told = finding && finding->exercised_calm > 0;
  return {"body", "told", told ? "told" : "not told",
          told ? "deliveries carry what came" : "no delivery has a body or a digest, so no-corruption could not be judged"};
}

ConformanceCheck effects(const Judgement& control, bool declared) {
  if (!declared) return {"effects", "-", "", "the profile names none: --set agents.consumer.effects=log; without them claim @ delivered"};
  const auto found = control.accounts.effects;
  return {"effects", "found", found > 0 ? "found" : "none", counted(found, "effect") + " of " + counted(messages, "message")};
}

// One kill at each window, which the agent had to wait for standing still.
ConformanceCheck crash_points(const std::vector<Judgement>& judgements, const Judgement& control, const std::string& side) {
  std::vector<std::string> windows;
  for (const auto& [window, processes] : control.reached)
    if (owner_of(window) == side) windows.push_back(window);
  if (windows.empty()) return {"crash points", "-", "", "it marks none, so it is hit at random moments and while others stand at theirs"};
  for (const auto& judgement : judgements)
    if (judgement.fault && !judgement.fault->landed && owner_of(judgement.fault->cell) == side)
      return {"crash points", "stop", "missed", judgement.fault->name + ": " + judgement.fault->why_not};
  return {"crash points", "stop", "stop", "it stopped at each that it was told: " + joined(windows)};
}

ConformanceCheck restarts(const std::vector<Judgement>& judgements) {
  std::int64_t landed = 0;
  for (const auto& judgement : judgements) {
    if (!judgement.fault || !judgement.fault->landed) continue;
    ++landed;
    if (!judgement.quiescent) return {"restart", "goes on", "does not", judgement.fault->name + ": " + judgement.not_quiescent};
  }
  if (landed == 0) return {"restart", "goes on", "", "no kill landed"};
  return {"restart", "goes on", "goes on", counted(landed, "kill") + ", after which nothing was left over"};
}

}  // namespace

Profile agent_selftest_profile(const std::string& side, const std::vector<std::string>& command, const std::string& system,
                               const std::vector<std::string>& sets, const std::filesystem::path& scratch) {
  if (side != "producer" && side != "consumer")
    throw UsageError("selftest --agent needs --role producer or --role consumer" + (side.empty() ? "" : ", not \"" + side + "\""));
  const Json profile{{"name", "selftest"},
                     {"system", {{"name", system}}},
                     {"claim", "at-least-once"},
                     {"agents", {{side, {{"command", command}}}}},
                     {"workload", {{"messages", messages}}},
                     {"faults", {{"targets", {side}}, {"random", 2}}},
                     {"evidence", {{"per_window", 1}, {"faults", 1}, {"antecedents", 1}}}};
  const auto file = scratch / "selftest-agent.json";
  write_whole_file(file, profile.dump(2));
  auto loaded = load_profile(file, sets);
  for (auto& [role, agent] : loaded.agents) agent.directory = std::filesystem::current_path();
  return loaded;
}

std::vector<ConformanceCheck> hold_against_protocol(const Profile& profile, const std::string& side,
                                                    const std::filesystem::path& scratch, ChildWatch& watch) {
  const auto& agent = profile.agents.at(side);
  require_program(side, agent);
  const auto system = describe_system(profile.system).with(profile.settings);
  if (system.version().empty()) throw SystemUnavailable(system.missing());
  const auto plan = make_plan(profile, system, 1, "");
  RunStore store(scratch / "run", plan);
  const auto judgements = run_trials(plan, system, {.scratch = scratch / "trials"}, watch, store).judgements;

  const auto complaint = first_complaint(judgements);
  std::vector<ConformanceCheck> checks{conversation(complaint)};
  const auto* control = control_in(judgements);
  if (!control) return checks;
  checks.push_back(all_messages(*control, side));
  if (side == "consumer") checks.push_back(bodies(*control));
  if (side == "consumer") checks.push_back(effects(*control, agent.effects));
  checks.push_back(crash_points(judgements, *control, side));
  checks.push_back(restarts(judgements));
  return checks;
}

}  // namespace assay
