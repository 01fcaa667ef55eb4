// Does assay find what is wrong, and nothing where nothing is? Runs the profiles
// of the embedded system that say how they must end. With --system: does an
// adapter do what it declares? With --agent: does a program keep to the protocol?
#include <algorithm>
#include <iostream>
#include <set>

#include <unistd.h>

#include "checker/history/files.hpp"
#include "cli/agent-selftest.hpp"
#include "cli/broker.hpp"
#include "cli/commands.hpp"
#include "cli/conformance.hpp"
#include "cli/exit-code.hpp"
#include "cli/power.hpp"
#include "cli/profile-system.hpp"
#include "cli/text.hpp"

namespace assay {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

enum class Kind : std::uint8_t { honest, planted };

struct Examined {
  fs::path file;
  Kind kind = Kind::honest;
  bool as_expected = false;
};

std::string name_of(const Examined& examined) {
  return examined.file.lexically_relative(profile_folder()).replace_extension().string();
}

// What a profile says of itself; whether it is a sound one is load_profile's
// business when it is run.
std::string system_in(const Json& profile) {
  const auto system = profile.value("system", Json());
  const auto name = system.is_object() ? system.value("name", Json()) : system;
  return name.is_string() ? name.get<std::string>() : "";
}

// All that expect something. Other systems may be missing here.
std::vector<Examined> chosen_profiles() {
  std::vector<Examined> chosen;
  for (const auto& file : find_profiles(profile_folder().string())) {
    const auto profile = Json::parse(read_whole_file(file), nullptr, false, true);
    if (!profile.is_object() || system_in(profile) != "embedded" || !profile.contains("expect")) continue;
    chosen.push_back({file, profile.at("expect") == "upheld" ? Kind::honest : Kind::planted});
  }
  return chosen;
}

// Small and directed: a planted defect shows at crash points or without any
// fault, and every twentieth message is what some of them spoil.
RunRequest small_run(const SelftestRequest& request, const std::vector<Examined>& chosen) {
  RunRequest run;
  for (const auto& one : chosen) run.profiles.push_back(one.file.string());
  run.seed = request.seed;
  run.jobs = request.jobs;
  run.colour = request.colour;
  run.faults = FaultMode::directed;
  run.sets = {"workload.messages=25"};
  run.as_expected = true;
  run.stop_on_violation = true;
  run.one_line_each = true;
  return run;
}

Score score_of(const std::vector<Examined>& examined) {
  Score score{.date = today()};
  for (const auto& one : examined) {
    const bool planted = one.kind == Kind::planted;
    ++(planted ? score.planted : score.honest);
    if (one.as_expected) ++(planted ? score.found : score.upheld);
  }
  return score;
}

void print(const Score& score, const std::vector<Examined>& examined) {
  std::cout << "\nplanted defects found " << score.found << " of " << score.planted << ", honest strategies upheld "
            << score.upheld << " of " << score.honest << "\n";
  for (const auto& one : examined)
    if (!one.as_expected) std::cout << (one.kind == Kind::planted ? "not found: " : "not upheld: ") << name_of(one) << "\n";
}

// What a profile would say of this system. Only its settings may be chosen.
Profile profile_of(const SystemDescription& system, const std::vector<std::string>& sets) {
  ProfileText text("selftest --system " + system.name, Json{{"system", {{"name", system.name}}}}.dump());
  for (const auto& set : sets) {
    if (!set.starts_with("system.settings.") && !set.starts_with("system.port="))
      throw UsageError("--set " + set + ": with --system only system.settings.KEY and system.port can be set");
    text.set(set);
  }
  Profile profile;
  profile.name = profile.system = system.name;
  profile.settings = settings_in(text, system);
  profile.evidence.start_timeout_ms = system.starts_within_ms();
  return profile;
}

int show(const std::string& subject, const std::vector<ConformanceCheck>& checks, Colour colour) {
  Look look = look_of(STDOUT_FILENO);
  if (colour != Colour::automatic) look.colour = colour == Colour::always;
  std::cout << conformance_text(subject, checks, look) << std::flush;
  return conforms(checks) ? exit_upheld : exit_violated;
}

int examine_agent(const SelftestRequest& request, const Containment& containment) {
  if (request.system.empty()) throw UsageError("selftest --agent needs --system NAME, the system that the agent works with");
  ChildWatch watch;
  const auto profile = agent_selftest_profile(request.role, request.agent, request.system, request.sets, containment.scratch);
  const auto checks = hold_against_protocol(profile, request.role, containment.scratch, watch);
  return show("the " + request.role + " \"" + joined(request.agent, " ") + "\" on " + request.system + ", held against the agent protocol",
              checks, request.colour);
}

int examine_system(const SelftestRequest& request, const Containment& containment) {
  ChildWatch watch;
  auto system = describe_system(request.system);
  const auto profile = profile_of(system, request.sets);
  system = system.with(profile.settings);
  if (system.version().empty()) throw SystemUnavailable(system.missing());
  const auto checks = hold_against_itself(system, profile, containment.scratch, watch);
  return show("the adapter of " + system.name + " " + system.version() + ", held against what it declares", checks, request.colour);
}

}  // namespace

int selftest_command(const SelftestRequest& request, const Containment& containment) {
  if (!request.agent.empty()) return examine_agent(request, containment);
  if (!request.role.empty()) throw UsageError("selftest --role " + request.role + ": it goes with --agent COMMAND");
  if (!request.system.empty()) return examine_system(request, containment);
  if (!request.sets.empty()) throw UsageError("selftest --set " + request.sets.front() + ": it goes with --system or --agent");
  auto examined = chosen_profiles();
  std::set<fs::path> ended;
  run_profiles(small_run(request, examined), containment, [&](const fs::path& file, bool as_expected) {
    ended.insert(file);
    for (auto& one : examined)
      if (one.file == file) one.as_expected = as_expected;
  });
  if (ended.size() < examined.size()) throw std::runtime_error("selftest: it ended before all profiles had been run");

  const auto score = score_of(examined);
  print(score, examined);
  if (!keep_score(score)) std::cerr << "assay: the score could not be kept; reports will say that there is none\n";
  return score.perfect() ? exit_upheld : exit_failure;
}

}  // namespace assay
