#include "cli/explain-profile.hpp"

#include <algorithm>

#include "checker/cells.hpp"
#include "cli/explain-text.hpp"
#include "cli/schedule.hpp"
#include "cli/text.hpp"
#include "cli/wording.hpp"

namespace assay {
namespace {

std::string about_role(const std::string& name) {
  for (const auto& role : roles())
    if (role.name == name) return name + ": " + std::string(role.about);
  return name;
}

std::string program_of(const Profile& profile, const std::string& side, const std::string& role) {
  const auto own = profile.agents.find(side);
  return own == profile.agents.end() ? about_role(role) : "a program of your own, " + command_line(own->second.command);
}

// A control trial as it will be if every window that the roles have is passed.
Judgement imagined_control(const RunPlan& plan) {
  Judgement control{.trial = 1};
  control.anything_arrived = true;
  const Workload& workload = plan.profile.workload;
  for (const auto& window : windows_of(plan)) {
    const std::string owner = owner_of(window);
    const auto count = owner == "broker" ? 1 : owner == "producer" ? workload.producers : workload.consumers;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::string process = owner == "broker" ? owner : owner + "-" + std::to_string(i);
      control.reached[window].insert(process);
      control.hits[process][window] = std::max<std::int64_t>(1, workload.messages / count);
    }
  }
  return control;
}

void add_claim(Lines& lines, const RunPlan& plan, const Look& look) {
  explain_under(lines, "claim", to_string(plan.terms.claim), look);
  for (const auto at : clauses_of(plan.terms.claim)) {
    const bool applies = !plan.terms.not_applicable.contains(at.clause);
    explain_under(lines, "", std::string(name(at.clause)) + ": " + std::string(entry(at.clause).words) + (applies ? "" : " (not applicable here)"), look);
  }
}

void add_processes(Lines& lines, const RunPlan& plan, const Look& look) {
  const Profile& profile = plan.profile;
  const Workload& workload = profile.workload;
  const std::string broker = profile.attached ? "attached at " + profile.attached->address + ", assay does not start it" : "assay starts it, with data of its own for each job";
  explain_under(lines, "broker", subject(plan) + "; " + broker, look);
  if (profile.pipeline) explain_under(lines, "pipeline", command_line(profile.pipeline->command) + ", " + counted(profile.pipeline->instances, "instance"), look);
  explain_under(lines, "producers", grouped(workload.producers) + ", " + program_of(profile, "producer", profile.producer_role), look);
  if (plan.terms.ground.has_consumers) explain_under(lines, "consumers", grouped(workload.consumers) + ", " + program_of(profile, "consumer", profile.consumer_role), look);
  explain_under(lines, "workload", counted(workload.messages, "message") + " of " + counted(workload.size, "byte") + " in each trial, " + grouped(workload.in_flight) + " in flight", look);
}

// Of the kinds that a profile can say more about.
std::string network_words(const FaultWish& wish) {
  const auto& cut = wish.cut;
  std::vector<std::string> words;
  if (wish.kinds.contains("cut")) words.push_back("a cut by " + cut.by + (cut.by == "bytes" ? " (" + grouped(cut.bytes) + ")" : ""));
  if (wish.kinds.contains("cut") && cut.ms > 0) words.back() += " of " + grouped(cut.ms) + " ms at least";
  if (wish.kinds.contains("delay")) words.push_back("a delay of " + grouped(wish.delay_ms) + " ms each way");
  if (wish.kinds.contains("hold") && wish.hold_ms > 0) words.push_back("a hold of " + grouped(wish.hold_ms) + " ms at least");
  return joined(words);
}

void add_faults(Lines& lines, const RunPlan& plan, const Look& look) {
  const auto& wish = plan.profile.faults;
  if (wish.mode == FaultMode::none) return explain_under(lines, "faults", "none", look);
  const std::string random = wish.kinds.contains("kill") && wish.random > 0 ? "; kills at " + grouped(wish.random) + " random moments of each" : "";
  explain_under(lines, "faults", joined({wish.kinds.begin(), wish.kinds.end()}) + " of " + joined({wish.targets.begin(), wish.targets.end()}) + ", one in a trial" + random, look);
  if (const auto words = network_words(wish); !words.empty()) explain_under(lines, "network", words, look);
  std::vector<std::string> names;
  for (const auto& cell : relevant_cells(imagined_control(plan), plan.terms))
    if (names.empty() || names.back() != cell.window) names.push_back(cell.window);
  explain_under(lines, "at windows", joined(names), look);
  const auto& floors = plan.terms.floors;
  explain_under(lines, "floors", counted(floors.per_cell, "landed fault") + " for each window, kind and target; for each clause " + counted(floors.faults, "landed fault") + " and " +
                counted(floors.antecedents, "chance") + " to fail", look);
}

void add_trials(Lines& lines, const RunPlan& plan, const Look& look) {
  Schedule schedule(plan);
  schedule.next_round({});
  const auto faulted = static_cast<std::int64_t>(schedule.next_round({imagined_control(plan)}).size());
  explain_under(lines, "trials", "a control trial without a fault, then about " + grouped(faulted) + "; more where faults do not land or floors are not reached", look);
}

}  // namespace

std::string explain_profile(const RunPlan& plan, const std::string& argument, const Look& look) {
  Lines lines;
  explain_head(lines, plan.profile.name, look);
  explain_under(lines, "about", plan.profile.about, look);
  add_claim(lines, plan, look);
  add_processes(lines, plan, look);
  add_faults(lines, plan, look);
  add_trials(lines, plan, look);
  explain_under(lines, "not tested", joined(not_tested(plan, {imagined_control(plan)})), look);
  if (plan.profile.expect) explain_under(lines, "expected", std::string(name(plan.profile.expect->verdict)), look);
  explain_command_line(lines, "run it", command_line({"assay", "run", argument}));
  return print(lines, look);
}

}  // namespace assay
