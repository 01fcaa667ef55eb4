#include "cli/wording.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "checker/cells.hpp"
#include "checker/network.hpp"
#include "cli/description.hpp"
#include "cli/fields.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

std::string under(const RunPlan& plan) {
  const auto& kinds = plan.terms.kinds;
  return kinds.empty() ? "" : " under " + joined({kinds.begin(), kinds.end()});
}

std::string because(const Weighing& weighing) {
  const std::string reason = words(weighing.reason);
  if (weighing.detail.empty()) return reason;
  return reason.empty() ? weighing.detail : reason + ", " + weighing.detail;
}

std::string forbidden_counts(const Weighing& weighing) {
  std::vector<std::string> counts;
  for (const auto& [anomaly, count] : weighing.anomalies)
    if (weighing.forbidden.contains(anomaly)) counts.push_back(grouped(count) + " " + anomaly);
  return joined(counts);
}

std::string violated_sentence(const RunPlan& plan, const Weighing& weighing) {
  std::string sentence = subject(plan) + " violated " + to_string(plan.terms.claim) + under(plan);
  if (!weighing.found.empty()) sentence += ": " + weighing.found.front().witness.what;
  sentence += ".";
  const std::string counts = forbidden_counts(weighing);
  if (!counts.empty())
    sentence += " In all " + counts + "; " + counted(static_cast<std::int64_t>(weighing.found.size()), "cause") + ".";
  return sentence;
}

std::string upheld_sentence(const RunPlan& plan, const Weighing& weighing) {
  const std::string claim = to_string(plan.terms.claim);
  if (plan.terms.evidence == Evidence::history)
    return "The history is consistent with " + claim + "; " + counted(weighing.landed, "fault") + " recorded.";
  const Coverage seen = coverage(weighing.cells);
  std::string sentence = "No violation of " + claim + " observed in " + counted(seen.landed, "landed fault") + " over " +
                         counted(seen.windows, place_word(weighing.cells)) + ", at least " + grouped(seen.least) + " in each";
  if (!weighing.lowered_floors.empty()) sentence += "; floors lowered: " + joined(weighing.lowered_floors);
  return sentence + ".";
}

// " consumer-0 was killed at C.received (...), and ": what the trial's fault did.
std::string struck(const Found& found) {
  static const std::map<std::string, std::string> done{
      {"kill", " was killed"}, {"pause", " was paused"}, {"stop", " was stopped"}, {"stall", " was stalled"},
      {"cut", " was cut off"}, {"delay", " was slowed"}, {"hold", " was given no answer"}};
  if (found.fault.empty()) return " without a fault ";
  PlannedFault fault;
  try {
    fault = parse_fault(found.fault, 0);
  } catch (const UsageError&) {  // of a report from elsewhere
    return " (" + found.fault + ") ";
  }
  const std::string where = fault.random()                 ? " at a random moment"
                            : fault.target == fault.agent ? " at " + fault.window
                                                          : " when " + fault.agent + " was at " + fault.window;
  const std::string meaning = meaning_of(fault.random() ? found.cell : fault.window);
  return " " + fault.target + done.at(fault.kind) + where + (meaning.empty() ? "" : " (" + meaning + ")") + ", and ";
}

// What a run that has too few faults or antecedents needs.
std::string exercise_remedy(const RunPlan& plan, const ClauseVerdict& clause) {
  const FaultWish& faults = plan.profile.faults;
  const std::int64_t messages = plan.profile.workload.messages;
  if (plan.terms.evidence == Evidence::history) return "a history in which " + to_string(clause.clause) + " could have failed";
  if (messages <= 0) return "\"messages\" above 0 in the profile, or --set workload.messages=100";
  if (faults.mode == FaultMode::none) return "drop --faults none";
  if (!plan.only.empty()) return "drop --only";
  if (clause.detail.starts_with("for p<")) return "another --seed, or a greater number in --until";
  if (clause.exercised < clause.floor) return "--set workload.messages=" + std::to_string(2 * messages);
  if (faults.mode == FaultMode::directed) return "drop --faults directed";
  if (clause.detail.starts_with("no window was passed at which a "))
    return "leave that kind out of \"faults\": {\"kinds\"}, or name targets that pass windows";
  if (!faults.kinds.contains("kill")) return "\"kill\" among the kinds of faults, or crash points in your programs";
  if (faults.mode == FaultMode::random) return "drop --faults random";
  return "--set faults.random=" + std::to_string(std::max<std::int64_t>(10, 2 * faults.random));
}

constexpr const char* interrupted_remedy = "run again, with a longer --timeout or none";

std::string environment_remedy(const std::vector<Judgement>& judgements) {
  for (const auto& judgement : judgements)
    if (!judgement.environment.empty()) return "repair this and run again: " + judgement.environment.front();
  for (const auto& judgement : judgements)
    if (judgement.fault && !judgement.fault->landed) return "repair why faults did not land: " + judgement.fault->why_not;
  return "repair what the control trial ran into and run again";
}

std::string gap_remedy(const std::vector<Judgement>& judgements) {
  for (const auto& judgement : judgements)
    if (!judgement.gaps.empty()) return "run again with --out DIR; damaged: " + judgement.gaps.front();
  return "run again with --out DIR and keep the recordings";
}

}  // namespace

std::string headline(const RunPlan& plan, const Weighing& weighing) {
  switch (weighing.verdict) {
    case Verdict::violated: return violated_sentence(plan, weighing);
    case Verdict::upheld: return upheld_sentence(plan, weighing);
    case Verdict::inconclusive: break;
  }
  return "This run does not settle " + to_string(plan.terms.claim) + under(plan) + ": " + because(weighing) + ".";
}

std::string story(const Weighing& weighing) {
  if (weighing.found.empty()) return "";
  const Found& found = weighing.found.front();
  const std::string& origin = found.witness.origin;
  std::string text = "In trial " + std::to_string(found.trial) + struck(found) + found.witness.what;
  if (const std::string meaning = meaning_of_origin(origin); !meaning.empty()) text += ": " + meaning;
  if (!origin.empty()) text += " (origin " + origin + ")";
  return text + ".";
}

std::string meaning_of_origin(const std::string& origin) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> origins{{
      {"redelivery", "the system delivered it again"},
      {"producer-retry", "its producer sent it again"},
      {"producer-restart", "its producer and the one that took its place both sent it"},
      {"broker", "the system made two of what was sent once"},
      {"consumer", "its consumer applied one delivery twice"},
      {"pipeline", "the pipeline put it out twice"},
      {"not stored", "the system acknowledged it and has no trace of it"},
  }};
  for (const auto& [name, meaning] : origins)
    if (name == origin) return std::string(meaning);
  return "";
}

std::string remedy(const RunPlan& plan, const ClauseVerdict& clause, const std::vector<Judgement>& judgements) {
  if (!clause.claimed || clause.verdict != Verdict::inconclusive) return "";
  switch (clause.reason) {
    case Reason::none:
    case Reason::not_applicable: return "";
    case Reason::not_exercised: return exercise_remedy(plan, clause);
    case Reason::unresolved:
      if (plan.terms.evidence == Evidence::history) return "--complete, if the reader had all there was";
      return "--set evidence.drain_timeout_ms=" + std::to_string(2 * plan.profile.evidence.drain_timeout_ms);
    case Reason::recorder_gap: return gap_remedy(judgements);
    case Reason::environment: return environment_remedy(judgements);
    case Reason::interrupted: return interrupted_remedy;
  }
  return "";
}

std::string remedy(const RunPlan& plan, const Weighing& weighing, const std::vector<Judgement>& judgements) {
  if (weighing.verdict != Verdict::inconclusive) return "";
  if (weighing.reason == Reason::environment) return environment_remedy(judgements);
  if (weighing.reason == Reason::interrupted) return interrupted_remedy;
  for (const auto& clause : weighing.clauses)
    if (clause.claimed && clause.reason == weighing.reason) return remedy(plan, clause, judgements);
  return "";
}

bool marks_windows(const Judgement& control, const std::string& role) {
  return std::any_of(control.reached.begin(), control.reached.end(),
                     [&](const auto& entry) { return owner_of(entry.first) == role; });
}

namespace {

// One word where nothing of it was.
void add_network_not_tested(const RunPlan& plan, std::vector<std::string>& list) {
  const auto& kinds = plan.terms.kinds;
  const bool any = plan.profile.faults.mode != FaultMode::none && std::ranges::any_of(kinds, is_of_network);
  if (!any) return list.emplace_back("network"), void();
  for (const char* kind : {"cut", "delay", "hold"})
    if (!kinds.contains(kind)) list.emplace_back(kind);
}

}  // namespace

std::vector<std::string> not_tested(const RunPlan& plan, const std::vector<Judgement>& judgements) {
  if (plan.terms.evidence == Evidence::history) return {};
  std::vector<std::string> list;
  for (const char* kind : {"kill", "pause", "stop", "stall"})
    if (!plan.terms.kinds.contains(kind) || plan.profile.faults.mode == FaultMode::none) list.emplace_back(kind);
  const Ground& ground = plan.terms.ground;
  const bool attached = plan.profile.attached.has_value();
  add_network_not_tested(plan, list);
  list.emplace_back("node crash");
  if (attached || nodes_in(plan.system, plan.profile.settings) == 1) list.emplace_back("several brokers");
  const auto why_not = [&](std::string_view target) { return attached && target == "broker" ? ": it is attached" : ""; };
  for (const char* target : {"producer", "consumer", "broker"})
    if (!plan.terms.targets.contains(target) && (ground.has_consumers || std::string_view(target) != "consumer"))
      list.push_back(std::string("faults of the ") + target + why_not(target));
  if (ground.pipeline_ms > 0 && !plan.terms.targets.contains("pipeline")) list.emplace_back("faults of the pipeline");
  if (attached && plan.terms.targets.contains("broker")) list.emplace_back("the broker at random moments: it is attached");
  if (attached) list.emplace_back("version and configuration of the broker: it is attached");
  if (ground.foreign_broker) list.push_back("windows inside " + plan.profile.system + ": it marks none");
  if (plan.profile.own_server) list.push_back("abilities and timers of " + plan.profile.system + ": the profile declares them");
  const auto control = std::find_if(judgements.begin(), judgements.end(), [](const Judgement& j) { return !j.fault; });
  if (control == judgements.end()) return list;
  for (const auto& window : windows_of(plan))
    if (!control->reached.contains(window)) list.push_back(window + ": not reached");
  for (const auto& role : ground.foreign_agents)
    if (!marks_windows(*control, role)) list.push_back("windows inside the " + role + ": it marks none");
  if (!ground.has_consumers) list.emplace_back("consumers: none in this profile");
  if (ground.pipeline_ms > 0) list.emplace_back("what the pipeline makes of a message: only that it comes out");
  return list;
}

std::string subject(const RunPlan& plan) {
  const std::string version = text_in(plan.system, "version");
  const std::string system = plan.profile.system.empty() ? "the system" : plan.profile.system;
  return version.empty() ? system : system + " " + version;
}

// The first letter of its name, unless that was taken.
char letter_of(Anomaly anomaly) {
  switch (anomaly) {
    case Anomaly::reordered: return 'O';
    case Anomaly::skipped: return 'H';
    case Anomaly::dedup_failed: return 'F';
    case Anomaly::dedup_swallowed: return 'W';
    case Anomaly::dead_letter_lost: return 'Q';
    case Anomaly::expired_wrongly: return 'X';
    default: return static_cast<char>(name(anomaly).front() - 'a' + 'A');
  }
}

std::string letters(const std::set<Anomaly>& anomalies) {
  std::string out;
  for (const Anomaly anomaly : anomalies) out += letter_of(anomaly);
  return out.empty() ? "-" : out;
}

std::string meaning_of(const std::string& cell) {
  if (const auto window = window_named(cell); window && *window != Window::none) {
    for (const auto& entry : windows())
      if (entry.window == *window) return std::string(entry.meaning);
  }
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 11> classes{{
      {"broker:send-open", "a send was waiting for its answer"},
      {"broker:ack-open", "an acknowledgement was waiting for its answer"},
      {"broker:stored-not-taken", "messages were stored and not yet taken"},
      {"broker:idle", "nothing was under way; counts for no clause"},
      {"producer:send-open", "one of its sends was waiting for its answer"},
      {"producer:idle", "none of its sends was under way; counts for no clause"},
      {"consumer:ack-open", "one of its acknowledgements was waiting for its answer"},
      {"consumer:in-hand", "it held a delivery that it had not acknowledged"},
      {"consumer:idle", "it held nothing; counts for no clause"},
      {"pipeline:holding", "a message had been put in and had not come out"},
      {"pipeline:idle", "nothing was on its way through; counts for no clause"},
  }};
  for (const auto& [name, meaning] : classes)
    if (name == cell) return std::string(meaning);
  return "";
}

Coverage coverage(const std::vector<Cell>& cells) {
  Coverage seen;
  std::set<std::string> places;
  for (const auto& cell : cells) {
    if (cell.floor == 0) continue;
    seen.least = places.empty() ? cell.landed : std::min(seen.least, cell.landed);
    seen.landed += cell.landed;
    places.insert(cell.window);
  }
  seen.windows = static_cast<std::int64_t>(places.size());
  return seen;
}

std::string words(Reason reason) {
  if (reason == Reason::none) return "";
  std::string text(name(reason));
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

}  // namespace assay
