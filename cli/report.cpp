#include "cli/report.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <thread>
#include <tuple>

#include "cli/evidence-report.hpp"
#include "cli/fields.hpp"
#include "cli/pace-report.hpp"
#include "cli/passing.hpp"
#include "cli/profile-rules.hpp"
#include "cli/report-events.hpp"
#include "cli/text.hpp"
#include "cli/wording.hpp"

namespace assay {
namespace {

constexpr std::size_t longest_list = 100;  // of ids and reasons; counts stay whole

std::string_view name(FaultMode mode) {
  switch (mode) {
    case FaultMode::all: return "all";
    case FaultMode::directed: return "directed";
    case FaultMode::random: return "random";
    case FaultMode::none: return "none";
  }
  return "";
}

Json claim_of(const RunPlan& plan) {
  const Claim& claim = plan.terms.claim;
  const Json scope = claim.scope ? Json(name(*claim.scope)) : Json();
  Json further = Json::array();
  for (const Clause clause : claim.further) further.push_back(name(clause));
  return {{"text", to_string(claim)},
          {"guarantee", name(claim.guarantee)},
          {"scope", scope},
          {"clauses", further},
          {"kinds", plan.terms.kinds},
          {"excuses", names_of(plan.terms.ground.rules.excuses)}};
}

Json abilities_of(const RunPlan& plan) {
  const Json& described = field(plan.system, "abilities");
  Json abilities = described.is_object() ? described : Json::object();
  abilities["emulated"] = list_in(plan.system, "emulated");
  return abilities;
}

Json pipeline_of(const Profile& profile) {
  if (!profile.pipeline) return Json::object();
  const Pipeline& pipeline = *profile.pipeline;
  return {{"command", pipeline.command},
          {"instances", pipeline.instances},
          {"input", pipeline.input},
          {"message", pipeline.message},
          {"longest_ms", pipeline.longest_ms}};
}

Json planned_faults(const FaultWish& faults) {
  Json body{{"kinds", faults.kinds}, {"targets", faults.targets}, {"mode", name(faults.mode)}, {"random", faults.random}};
  if (faults.kinds.contains("cut")) body["cut"] = {{"by", faults.cut.by}, {"bytes", faults.cut.bytes}, {"ms", faults.cut.ms}};
  if (faults.kinds.contains("delay")) body["delay_ms"] = faults.delay_ms;
  if (faults.kinds.contains("hold")) body["hold_ms"] = faults.hold_ms;
  return body;
}

Json planned(const RunPlan& plan) {
  const Profile& profile = plan.profile;
  const Workload& work = profile.workload;
  const Floors& floors = plan.terms.floors;
  return {{"run", plan.run},
          {"seed", plan.seed},
          {"workload",
           {{"messages", work.messages}, {"size", work.size}, {"producers", work.producers},
            {"consumers", work.consumers}, {"keys", work.keys}, {"in_flight", work.in_flight},
            {"prefetch", work.prefetch}, {"ack_batch", work.ack_batch}}},
          {"roles", {{"producer", profile.producer_role}, {"consumer", profile.consumer_role}}},
          {"faults", planned_faults(profile.faults)},
          {"floors", {{"per_cell", floors.per_cell}, {"faults", floors.faults}, {"antecedents", floors.antecedents}}},
          {"only", plan.only}};
}

Json clauses_of(const RunPlan& plan, const Weighing& weighing, const std::vector<Judgement>& judgements) {
  Json list = Json::array();
  for (const auto& clause : weighing.clauses) {
    const ClauseEntry& known = entry(clause.clause.clause);
    const bool applies = clause.reason != Reason::not_applicable;
    const std::string verdict(applies ? name(clause.verdict) : name(clause.reason));
    list.push_back({{"id", known.name},
                    {"scope", name(clause.clause.scope)},
                    {"claimed", clause.claimed},
                    {"verdict", verdict},
                    {"reason", name(clause.reason)},
                    {"detail", clause.detail},
                    {"words", known.words},
                    {"exercised", clause.exercised},
                    {"exercise", known.exercise},
                    {"floor", clause.floor},
                    {"landed", clause.landed},
                    {"violations", clause.violations},
                    {"remedy", remedy(plan, clause, judgements)}});
  }
  return list;
}

Json faults_of(const RunPlan& plan, const Weighing& weighing, const std::vector<Judgement>& judgements, const Pace& pace) {
  const auto planned_faults = std::count_if(judgements.begin(), judgements.end(), [](const Judgement& j) { return j.fault.has_value(); });
  Json why_not = Json::array();
  for (const auto& judgement : judgements)
    if (judgement.fault && !judgement.fault->landed && why_not.size() < longest_list)
      why_not.push_back({{"trial", judgement.trial}, {"fault", judgement.fault->name}, {"why", judgement.fault->why_not}});
  return {{"planned", planned_faults}, {"landed", weighing.landed}, {"not_landed", weighing.not_landed}, {"why_not", why_not},
          {"struck", strikes_of(pace, judgements, plan.terms.claim)}};
}

// The trials whose faults struck in each cell: window, kind, target.
using Struck = std::map<std::tuple<std::string, std::string, std::string>, std::vector<const Judgement*>>;

Struck struck_in(const std::vector<Judgement>& judgements) {
  Struck struck;
  for (const auto& judgement : judgements)
    if (judgement.fault && judgement.environment.empty())
      struck[{judgement.fault->cell, judgement.fault->kind, role_of(judgement.fault->target)}].push_back(&judgement);
  return struck;
}

// The claimed clauses that a cell speaks of, and how many of its trials violated
// each. A consumer's window says nothing about what is stored.
Json clauses_at(const Cell& cell, const Weighing& weighing, const std::vector<const Judgement*>& struck) {
  Json list = Json::array();
  for (const auto& clause : weighing.clauses) {
    if (!clause.claimed || clause.reason == Reason::not_applicable) continue;
    const auto violating =
        std::count_if(struck.begin(), struck.end(), [&](const Judgement* judgement) { return judgement->violates(clause.clause); });
    const bool apart = owner_of(cell.window) == "consumer" && clause.clause.scope == Scope::stored;
    if (violating > 0 || (cell.floor > 0 && !apart))
      list.push_back({{"clause", to_string(clause.clause)}, {"violating", violating}});
  }
  return list;
}

Json windows_of(const RunPlan& plan, const Weighing& weighing, const std::vector<Judgement>& judgements) {
  Json list = Json::array();
  auto struck = struck_in(judgements);
  for (const auto& cell : weighing.cells) {
    std::set<Anomaly> seen;
    for (const auto& anomaly : cell.anomalies)
      if (const auto known = anomaly_named(anomaly)) seen.insert(*known);
    list.push_back({{"window", cell.window},
                    {"meaning", meaning_of(cell.window)},
                    {"kind", cell.kind},
                    {"target", cell.target},
                    {"planned", cell.planned},
                    {"landed", cell.landed},
                    {"violating", cell.violating},
                    {"occurrences", cell.occurrences},
                    {"floor", cell.floor},
                    {"anomalies", cell.anomalies},
                    {"letters", letters(seen)},
                    {"clauses", clauses_at(cell, weighing, struck[{cell.window, cell.kind, cell.target}])},
                    {"decided", cell.decided},
                    {"upper", upper_of(plan, cell)},
                    {"lower", lower_of(plan, cell)}});
  }
  return list;
}

// Why trials are no evidence, or leave something open.
Json trials_of(const Weighing& weighing, const std::vector<Judgement>& judgements, const RunFacts& facts) {
  Json environment = Json::array(), gaps = Json::array(), unresolved = Json::array();
  std::int64_t open = 0;
  for (const auto& judgement : judgements) {
    for (const auto& reason : judgement.environment)
      if (environment.size() < longest_list) environment.push_back({{"trial", judgement.trial}, {"reason", reason}});
    for (const auto& gap : judgement.gaps)
      if (gaps.size() < longest_list) gaps.push_back({{"trial", judgement.trial}, {"gap", gap}});
    for (const auto& finding : judgement.clauses)
      for (const auto& message : finding.unresolved) {
        ++open;
        if (unresolved.size() < longest_list)
          unresolved.push_back({{"trial", judgement.trial}, {"clause", to_string(finding.clause)}, {"message", message}});
      }
  }
  return {{"run", weighing.trials},  {"repeated", facts.repeated},    {"environment_faults", weighing.environment},
          {"environment", environment}, {"gaps", gaps}, {"unresolved_count", open}, {"unresolved", unresolved}};
}

Json anomalies_of(const Weighing& weighing) {
  Json all = Json::object();
  for (const auto& [anomaly, count] : weighing.anomalies)
    all[anomaly] = {{"count", count}, {"forbidden", weighing.forbidden.contains(anomaly)}};
  return all;
}

Json witnesses_of(const RunPlan& plan, const Weighing& weighing, const std::vector<Judgement>& judgements, const std::vector<Trial>& trials) {
  Json list = Json::array();
  for (const auto& found : weighing.found) {
    const auto trial = std::find_if(trials.begin(), trials.end(), [&](const Trial& t) { return t.number == found.trial; });
    const Witness& witness = found.witness;
    const Json events = trial == trials.end() ? Json::array() : report_events(*trial, witness.events, plan.system);
    Json told{{"clause", to_string(witness.clause)},
                    {"anomaly", name(witness.anomaly)},
                    {"message", witness.message},
                    {"origin", witness.origin},
                    {"what", witness.what},
                    {"trial", found.trial},
                    {"fault", found.fault},
                    {"cell", found.cell},
                    {"events", events},
                    {"gaps", gaps_in(events, plan.system)}};
    told["replays"] = nullptr;  // of `shrink`
    told.update(passing_of(found, events, judgements, trials, plan.system));
    list.push_back(std::move(told));
  }
  return list;
}

// What broke, one entry a witness: how many of the faults that struck there violated the clause.
Json causes_of(const Weighing& weighing, const std::vector<Judgement>& judgements) {
  Json list = Json::array();
  for (std::size_t i = 0; i < weighing.found.size(); ++i) {
    const Found& found = weighing.found[i];
    const auto colon = found.fault.find(':');
    const std::string kind = colon == std::string::npos ? "" : found.fault.substr(0, colon);  // none in the control trial
    const std::string target = colon == std::string::npos ? "" : role_of(found.fault.substr(colon + 1, found.fault.find('@') - colon - 1));
    const auto count = std::count_if(judgements.begin(), judgements.end(), [&](const Judgement& judgement) {
      const auto& fault = judgement.fault;
      const bool there = fault ? fault->cell == found.cell && fault->kind == kind && role_of(fault->target) == target : kind.empty();
      return there && judgement.environment.empty() && judgement.violates(found.witness.clause);
    });
    list.push_back({{"clause", to_string(found.witness.clause)},
                    {"letter", letters({found.witness.anomaly})},
                    {"window", found.cell},
                    {"kind", kind},
                    {"target", target},
                    {"origin", found.witness.origin},
                    {"count", count},
                    {"witness", i}});
  }
  return list;
}

Json accounts_of(const Accounts& sums) {
  return {{"planned", sums.planned},       {"sent", sums.sent},           {"acked", sums.acked},
          {"failed", sums.failed},         {"unanswered", sums.unanswered}, {"stored", sums.stored},
          {"deliveries", sums.deliveries}, {"redeliveries", sums.redeliveries}, {"effects", sums.effects},
          {"lost", sums.lost},             {"duplicated", sums.duplicated}, {"unresolved", sums.unresolved},
          {"recovered", sums.recovered},   {"dead_letters", sums.dead_letters}, {"excused", sums.excused}};
}

Json window_of(const MeasuredWindow& window) {
  const auto told = [](const std::optional<std::int64_t>& age) { return age ? Json(*age) : Json(); };
  return {{"accepted_again_ms", told(window.accepted_again_ms)}, {"dropped_ms", told(window.dropped_ms)}};
}

Json environment_of(const RunFacts& facts) {
  utsname machine{};
  uname(&machine);  // a failure leaves it empty
  return {{"os", std::string(machine.sysname)},      {"kernel", std::string(machine.release)},
          {"machine", std::string(machine.machine)}, {"cores", std::thread::hardware_concurrency()},
          {"jobs", facts.jobs},                      {"started", facts.started},
          {"seconds", facts.seconds}};
}

Json files_of(const RunFacts& facts) {
  Json list = Json::array();
  for (const auto& file : facts.files)
    list.push_back({{"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}});
  return list;
}

std::vector<std::string> reproduce(const RunPlan& plan, const Weighing& weighing, const RunFacts& facts) {
  const Profile& profile = plan.profile;
  const std::string subject = !facts.profile_argument.empty() ? facts.profile_argument
                              : !profile.file.empty()         ? profile.file.string()
                                                              : profile.name;
  std::vector<std::string> arguments{"assay", plan.terms.evidence == Evidence::history ? "check" : "run", subject};
  if (plan.terms.evidence == Evidence::faults) {
    arguments.insert(arguments.end(), {"--seed", std::to_string(plan.seed)});
    if (weighing.verdict == Verdict::violated && !weighing.found.empty()) {
      const std::string& fault = weighing.found.front().fault;
      if (fault.empty() || fault == "control") arguments.insert(arguments.end(), {"--faults", "none"});
      else arguments.insert(arguments.end(), {"--only", fault});
    } else if (!plan.only.empty()) {
      arguments.insert(arguments.end(), {"--only", plan.only});
    } else if (profile.faults.mode != FaultMode::all) {
      arguments.insert(arguments.end(), {"--faults", std::string(name(profile.faults.mode))});
    }
    if (plan.terms.until_p && weighing.verdict != Verdict::violated)
      arguments.insert(arguments.end(), {"--until", until_text(*plan.terms.until_p)});
  }
  arguments.insert(arguments.end(), facts.extra_arguments.begin(), facts.extra_arguments.end());
  return arguments;
}

// Ids and logs come from outside and may be any bytes; JSON may not.
void make_valid(Json& value) {
  if (value.is_string()) value = valid_utf8(value.get_ref<const std::string&>());
  if (value.is_structured())
    for (auto& part : value) make_valid(part);
}

}  // namespace

Json make_report(const RunPlan& plan, const Weighing& weighing, const std::vector<Judgement>& judgements,
                 const std::vector<Trial>& trials, const RunFacts& facts) {
  const Profile& profile = plan.profile;
  const std::string evidence = plan.terms.evidence == Evidence::history ? "history" : "faults";
  Json report{
      {"schema", "assay-report/1"},
      {"tool", {{"version", facts.tool_version}, {"git", facts.tool_git}}},
      {"profile", {{"name", profile.name}, {"file", profile.file.string()}, {"about", profile.about}}},
      {"system", {{"name", profile.system}, {"version", text_in(plan.system, "version")}, {"settings", profile.settings.is_object() ? profile.settings : Json::object()},
                  {"attached", profile.attached ? profile.attached->address : ""}}},
      {"pipeline", pipeline_of(profile)},
      {"claim", claim_of(plan)},
      {"abilities", abilities_of(plan)},
      {"plan", planned(plan)},
      {"evidence", evidence},
      {"verdict", name(weighing.verdict)},
      {"reason", name(weighing.reason)},
      {"detail", weighing.detail},
      {"remedy", remedy(plan, weighing, judgements)},
      {"expected", to_json(profile).value("expect", "")},
      {"as_expected", facts.as_expected ? Json(*facts.as_expected) : Json()},
      {"headline", headline(plan, weighing)},
      {"story", story(weighing)},
      {"clauses", clauses_of(plan, weighing, judgements)},
      {"faults", faults_of(plan, weighing, judgements, facts.pace)},
      {"windows", windows_of(plan, weighing, judgements)},
      {"bounds", bounds_of(plan, weighing.bounds)},
      {"statement", statement_of(plan, weighing, judgements)},
      {"trials", trials_of(weighing, judgements, facts)},
      {"anomalies", anomalies_of(weighing)},
      {"causes", causes_of(weighing, judgements)},
      {"witnesses", witnesses_of(plan, weighing, judgements, trials)},
      {"strongest", weighing.strongest},
      {"strongest_reason", weighing.strongest_reason},
      {"accounts", accounts_of(weighing.accounts)},
      {"dedup_window", window_of(weighing.dedup_window)},
      {"series", series_of(facts.pace)},
      {"phases", phases_of(facts.pace, judgements)},
      {"not_tested", not_tested(plan, judgements)},
      {"environment", environment_of(facts)},
      {"power", facts.power},
      {"shrink", nullptr},
      {"notes", weighing.notes},
      {"lowered_floors", weighing.lowered_floors},
      {"files", files_of(facts)},
      {"directory", facts.directory.string()},
      {"report", facts.report.string()},
      {"reproduce", reproduce(plan, weighing, facts)},
  };
  make_valid(report);
  return report;
}

}  // namespace assay
