#include "cli/check-history.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>

#include "checker/history/files.hpp"
#include "checker/lists.hpp"
#include "cli/checked-text.hpp"
#include "cli/exit-code.hpp"
#include "cli/fields.hpp"
#include "cli/judged-run.hpp"
#include "cli/text.hpp"
#include "cli/unlock.hpp"

namespace assay {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t ids_in_report = 100;  // of each anomaly; counts stay whole

bool has_lists(const CheckRequest& request) {
  return !request.sent.empty() || !request.received.empty() || !request.attempted.empty();
}

CheckedInput read_input(const CheckRequest& request) {
  if (has_lists(request)) return read_lists({request.sent, request.received, request.attempted, request.column});
  return read_histories(request.histories);
}

Terms terms_of(const CheckRequest& request, const CheckedInput& input) {
  Terms terms;
  terms.evidence = Evidence::history;
  terms.claimed = !request.claim.empty();
  try {
    terms.claim = terms.claimed ? parse_claim(request.claim) : Claim{.guarantee = Guarantee::exactly_once};
  } catch (const std::invalid_argument& error) {
    throw UsageError("--claim \"" + request.claim + "\": " + error.what());
  }
  if (!terms.claim.scope) terms.claim.scope = highest_scope(input.carried);
  terms.ground = ground_of(input.carried, request.complete);
  return terms;
}

// One message of two groups is delivered twice by right.
void refuse_several_groups(const CheckedInput& input) {
  const auto& groups = input.carried.groups;
  if (groups.size() < 2) return;
  throw UsageError("check " + input.files.front().name + ": the history has deliveries of the groups " +
                   joined({groups.begin(), groups.end()}) +
                   ", and each is owed every message; check the lines of one group at a time");
}

struct Judged {
  std::vector<Judgement> judgements;
  std::vector<Trial> evidence;
  std::vector<std::string> notes;
};

Judged judge_input(CheckedInput& input, const Terms& terms) {
  Judged judged;
  if (!input.history.trials.empty()) {
    for (const auto& trial : input.history.trials) judged.judgements.push_back(judge(trial, terms.ground));
    judged.evidence = std::move(input.history.trials);
    return judged;
  }
  // A list says that its ids were received; the claim says in which sense.
  const Scope scope = input.lists ? *terms.claim.scope : Scope::delivered;
  auto lists = judge_lists(input.history.plain, input.names(), scope, *terms.ground.checked);
  if (lists.sent_repeatedly > 0)
    judged.notes.push_back(counted(lists.sent_repeatedly, "id") + " acknowledged more than once: one message each, sent again");
  if (lists.nothing_in_common)
    judged.notes.emplace_back("not one id was both sent and received: are these the ids of the same messages?");
  judged.judgements.push_back(std::move(lists.judgement));
  judged.evidence.push_back(std::move(lists.evidence));
  return judged;
}

// Every anomaly of a clause, with the first of its messages.
Json anomalies_by_clause(const Terms& terms, const std::vector<Judgement>& judgements, const Weighing& weighing) {
  Json list = Json::array();
  for (const auto& clause : weighing.clauses) {
    if (clause.violations == 0) continue;
    Json ids = Json::array();
    for (const auto& judgement : judgements)
      if (const auto* finding = judgement.find(clause.clause))
        for (const auto& witness : finding->witnesses)
          if (ids.size() < ids_in_report) ids.push_back(valid_utf8(witness.message));
    const bool beside = clause.clause.scope != terms.claim.scope && entry(clause.clause.clause).scoped;
    list.push_back({{"clause", to_string(clause.clause)},
                    {"anomaly", name(entry(clause.clause.clause).anomaly)},
                    {"count", clause.violations},
                    {"claimed", clause.claimed},
                    {"at_the_scope", !beside},
                    {"ids", std::move(ids)}});
  }
  return list;
}

Json inputs_of(const CheckedInput& input) {
  Json list = Json::array();
  for (const auto& file : input.files)
    list.push_back({{"name", valid_utf8(file.name)}, {"as", file.as}, {"ids", file.read.ids}, {"empty", file.read.empty}});
  return list;
}

Json not_judged_of(const CheckedInput& input, const Terms& terms, const Weighing& weighing) {
  Json list = Json::array();
  for (const auto& one : not_judged(input, terms, weighing))
    list.push_back({{"clause", one.clause}, {"unlock", one.unlock}, {"claimed", one.claimed}});
  return list;
}

std::vector<std::string> command_of(const CheckRequest& request) {
  std::vector<std::string> arguments{"assay", "check"};
  arguments.insert(arguments.end(), request.histories.begin(), request.histories.end());
  const auto add = [&](const std::string& option, const std::vector<std::string>& values) {
    for (const auto& value : values) arguments.insert(arguments.end(), {option, value});
  };
  add("--sent", request.sent);
  add("--received", request.received);
  add("--attempted", request.attempted);
  if (!request.column.empty()) add("--column", {request.column});
  if (request.complete) arguments.emplace_back("--complete");
  if (!request.claim.empty()) add("--claim", {request.claim});
  return arguments;
}

// CONTRACTS 2.8: "consistent with X; n faults recorded", and never more.
std::string sentence(const CheckedInput& input, const Terms& terms, const Weighing& weighing) {
  const std::string faults = counted(input.carried.faults, "fault") + " recorded.";
  if (weighing.verdict == Verdict::violated && !weighing.found.empty())
    return "The history violates " + to_string(terms.claim) + ": " + weighing.found.front().witness.what + ".";
  if (weighing.verdict == Verdict::upheld) return "The history is consistent with " + to_string(terms.claim) + "; " + faults;
  if (!terms.claimed)
    return "No claim was given. The history is consistent with " +
           (weighing.strongest.empty() ? "no guarantee that it can tell" : joined(weighing.strongest)) + "; " + faults;
  return "The history does not settle " + to_string(terms.claim) + ": " + weighing.detail + ".";
}

Pace pace_of(const std::vector<Trial>& trials) {
  PaceMeter meter;
  for (const auto& trial : trials) meter.add(trial);
  return meter.pace();
}

Json report_of(const CheckRequest& request, const CheckedInput& input, const Terms& terms, const Weighing& weighing,
               const Judged& judged, double seconds) {
  RunPlan plan;
  plan.profile.name = valid_utf8(input.files.front().name);
  plan.terms = terms;
  RunFacts facts{.seconds = seconds};
  if (input.carried.timed) facts.pace = pace_of(judged.evidence);
  stamp_version(facts);
  facts.started = utc_now();
  Json report = make_report(plan, weighing, judged.judgements, judged.evidence, facts);
  report["headline"] = report["statement"] = valid_utf8(sentence(input, terms, weighing));
  report["reproduce"] = command_of(request);
  for (auto& argument : report["reproduce"]) argument = valid_utf8(argument.get_ref<const std::string&>());
  report["notes"] = judged.notes;
  report["remedy"] = "";
  if (!terms.claimed) report["claim"]["text"] = "no claim was given";
  for (std::size_t i = 0; i < weighing.clauses.size(); ++i) {
    const auto& clause = weighing.clauses[i];
    if (!clause.claimed || clause.verdict != Verdict::inconclusive) continue;
    report["clauses"][i]["remedy"] = unlock(input, terms, clause);
    if (weighing.verdict == Verdict::inconclusive && clause.reason == weighing.reason && report["remedy"] == "")
      report["remedy"] = report["clauses"][i]["remedy"];
  }
  report["checked"] = {{"inputs", inputs_of(input)},
                       {"lists", input.lists},
                       {"complete", request.complete},
                       {"claimed", terms.claimed},
                       {"timed", input.carried.timed},
                       {"contents", !terms.not_applicable.contains(Clause::no_corruption)},
                       {"scope", name(*terms.claim.scope)},
                       {"faults", input.carried.faults},
                       {"anomalies", anomalies_by_clause(terms, judged.judgements, weighing)},
                       {"not_judged", not_judged_of(input, terms, weighing)}};
  return report;
}

}  // namespace

bool is_about_a_history(const CheckRequest& request) {
  const bool lists = has_lists(request);
  if (lists && !request.histories.empty())
    throw UsageError("check " + request.histories.front() + ": a history and lists of ids do not go together");
  if (lists && (request.sent.empty() || request.received.empty()))
    throw UsageError(std::string("check: lists need --sent FILE and --received FILE; ") +
                     (request.sent.empty() ? "--sent" : "--received") + " is missing");
  if (!lists && request.histories.empty())
    throw UsageError("check: give a run directory, files of JSON lines (- is standard input), or --sent FILE --received FILE");
  if (!lists && !request.column.empty()) throw UsageError("check: --column names a column of --sent and --received lists");
  if (lists) return true;

  const auto directories = std::count_if(request.histories.begin(), request.histories.end(),
                                         [](const std::string& path) { return fs::is_directory(path); });
  if (directories == 0) return true;
  if (directories < std::ssize(request.histories)) throw UsageError("check: run directories and files do not go together");
  if (!request.claim.empty() || request.complete)
    throw UsageError("check " + request.histories.front() + ": its plan says what is claimed; --claim and --complete are for histories of others");
  return false;
}

int check_history(const CheckRequest& request, const Look& look) {
  const auto began = Clock::now();
  const bool stdout_taken = takes_stdout(request.outputs, {request.judgement, request.report});
  remove_old(request.outputs);
  for (const auto* paths : {&request.histories, &request.sent, &request.received, &request.attempted})
    for (const auto& path : *paths) must_be_a_file("check", path);

  auto input = read_input(request);
  refuse_several_groups(input);
  auto terms = terms_of(request, input);
  const auto judged = judge_input(input, terms);
  terms.not_applicable = not_applicable_to(input.carried, judged.judgements);
  const auto weighing = weigh(judged.judgements, terms, false);

  const auto judgement = judgement_json(weighing, judged.evidence, terms);
  if (!request.judgement.empty() && request.judgement != "-") write_whole_file(request.judgement, judgement);
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  auto report = report_of(request, input, terms, weighing, judged, seconds);
  if (!request.report.empty() && request.report != "-") {
    report["report"] = valid_utf8(request.report);
    write_whole_file(request.report, report.dump(2) + "\n");
  }
  if (request.judgement == "-") std::cout << judgement;
  if (request.report == "-") std::cout << report.dump(2) << "\n";
  if (!stdout_taken) std::cout << (request.quiet ? checked_line(report, look) : checked_text(report, look, request.extent));
  draw(request.outputs, report);
  return exit_code_of(weighing.verdict);
}

}  // namespace assay
