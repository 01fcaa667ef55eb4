#include "cli/junit-cases.hpp"

#include <algorithm>
#include <set>

#include "cli/diagnostic.hpp"
#include "cli/report-text.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

using Outcome = JunitCase::Outcome;

constexpr std::size_t timeline_lines = 40;
constexpr int message_columns = 400;
constexpr Look body_look{.colour = false, .utf8 = true, .columns = 120};

std::string brief(const std::string& text) { return cut(printable(text), message_columns, body_look); }

JunitCase open_case(const std::string& part, const std::string& name, const Json& why, const std::string& message) {
  const std::string reason = text_in(why, "reason"), remedy = text_in(why, "remedy");
  const std::string text = brief("inconclusive: " + message);
  return {part, name, Outcome::open, reason.empty() ? "inconclusive" : reason, text,
          text + "\n" + (remedy.empty() ? "" : "\nsettle it: " + brief(remedy) + "\n")};
}

JunitCase violated_case(const Json& report, const std::string& clause, const std::string& name, const std::string& type,
                        const std::string& message, const Json& witness) {
  JunitCase made{clause, name, Outcome::violated, type, brief("violated: " + clause + ": " + message), ""};
  made.body = made.message + "\n";
  if (!witness.is_object()) {
    made.body += "\nthe report shows no witness of this case; the histories of the run hold its events\n";
    return made;
  }
  const std::string timeline = print(witness_timeline(witness, timeline_lines, body_look), body_look);
  if (!timeline.empty()) made.body += "\n" + timeline;
  made.body += "\nreproduce: " + reproduce_text(report, witness) + "\n";
  return made;
}

// The first witness of the clause for which `wanted` holds; null without.
template <class Wanted>
const Json& witness_of(const Json& report, const std::string& clause, Wanted wanted) {
  static const Json none;
  for (const auto& witness : list_in(report, "witnesses"))
    if (text_in(witness, "clause") == clause && wanted(witness)) return witness;
  return none;
}

// A trial is called KIND:PROCESS@..., as kill:consumer-0@consumer-0:C.received#1.
bool is_from(const Json& witness, const Json& cell) {
  return text_in(witness, "cell") == text_in(cell, "window") &&
         text_in(witness, "fault").starts_with(text_in(cell, "kind") + ":" + text_in(cell, "target"));
}

// A clause is broken in one way or in several; of a cell whose witness was not
// kept, in those that the cell lists.
std::string types_at(const Json& report, const std::string& clause, const Json& cell) {
  std::vector<std::string> types;
  for (const auto& witness : list_in(report, "witnesses")) {
    const std::string anomaly = text_in(witness, "anomaly");
    const bool here = text_in(witness, "clause") == clause && text_in(witness, "cell") == text_in(cell, "window");
    if (here && std::find(types.begin(), types.end(), anomaly) == types.end()) types.push_back(anomaly);
  }
  return joined(types.empty() ? texts_in(cell, "anomalies") : types);
}

std::string landed_of(std::int64_t have, std::int64_t need) {
  return grouped(have) + " of " + grouped(need) + " needed faults landed here";
}

JunitCase cell_case(const Json& report, const Json& clause, const Json& cell, std::int64_t violating) {
  const std::string part = clause_name(clause), verdict = text_in(clause, "verdict"), reason = text_in(clause, "reason");
  const std::string name = part + ", " + text_in(cell, "kind") + " " + text_in(cell, "target") + " at " + text_in(cell, "window");
  const std::int64_t landed = number_in(cell, "landed"), floor = number_in(cell, "floor");
  if (violating > 0) {
    const Json& witness = witness_of(report, part, [&](const Json& one) { return is_from(one, cell); });
    const std::string what = witness.is_object() ? text_in(witness, "what") + "; " : "";
    return violated_case(report, part, name, types_at(report, part, cell),
                         what + grouped(violating) + " of " + grouped(landed) + " landed faults here violated it", witness);
  }
  if (verdict == "upheld") return {part, name};
  const bool missing = landed < floor && (verdict == "violated" || reason == "not_exercised");
  if (missing) return open_case(part, name, {{"reason", "not_exercised"}, {"remedy", text_in(clause, "remedy")}}, landed_of(landed, floor));
  if (verdict != "violated") return open_case(part, name, clause, part + " " + why_of(clause));
  if (number_in(cell, "decided") < landed)
    return open_case(part, name, {{"reason", "unresolved"}},
                     grouped(number_in(cell, "decided")) + " of " + grouped(landed) + " landed faults came to rest here");
  return {part, name};
}

JunitCase whole_clause_case(const Json& report, const Json& clause) {
  const std::string part = clause_name(clause), verdict = text_in(clause, "verdict");
  if (verdict == "upheld") return {part, part};
  if (verdict != "violated") return open_case(part, part, clause, why_of(clause));
  const Json& witness = witness_of(report, part, [](const Json&) { return true; });
  const std::int64_t violations = number_in(clause, "violations");
  return violated_case(report, part, part, text_in(witness, "anomaly"),
                       witness.is_object() ? text_in(witness, "what") : counted(violations, "violation"), witness);
}

void add_clause(std::vector<JunitCase>& cases, const Json& report, const Json& clause) {
  const std::string part = clause_name(clause);
  std::vector<JunitCase> made;
  for (const auto& cell : list_in(report, "windows")) {
    const Json& here = list_in(cell, "clauses");
    const auto found = std::find_if(here.begin(), here.end(), [&](const Json& one) { return text_in(one, "clause") == part; });
    if (found != here.end()) made.push_back(cell_case(report, clause, cell, number_in(*found, "violating")));
  }

  const Json& control = witness_of(report, part, [](const Json& one) { return text_in(one, "fault") == "control"; });
  if (control.is_object())
    made.push_back(violated_case(report, part, part + ", control trial", text_in(control, "anomaly"),
                                 text_in(control, "what") + "; no fault was needed", control));
  const bool said = std::any_of(made.begin(), made.end(), [](const JunitCase& one) { return one.outcome == Outcome::violated; });
  if (made.empty() || (text_in(clause, "verdict") == "violated" && !said)) made.push_back(whole_clause_case(report, clause));
  cases.insert(cases.end(), made.begin(), made.end());
}

// Why nothing that a run shows is evidence, but for its violations.
bool inconclusive_as_a_whole(const Json& report) {
  const std::string reason = text_in(report, "reason");
  return text_in(report, "verdict") == "inconclusive" && (reason == "environment" || reason == "interrupted");
}

bool tells_the_verdict(const std::vector<JunitCase>& cases, const std::string& verdict) {
  if (verdict == "upheld")
    return !cases.empty() && std::all_of(cases.begin(), cases.end(), [](const JunitCase& one) { return one.outcome == Outcome::passed; });
  const Outcome wanted = verdict == "violated" ? Outcome::violated : Outcome::open;
  return std::any_of(cases.begin(), cases.end(), [&](const JunitCase& one) { return one.outcome == wanted; });
}

JunitCase run_case(const Json& report) {
  const std::string verdict = text_in(report, "verdict");
  if (verdict == "violated") return violated_case(report, "run", "run", anomaly_counts(report, true), text_in(report, "headline"), {});
  if (verdict == "inconclusive") return open_case("run", "run", report, why_of(report));
  return open_case("run", "run", {{"reason", "unknown"}}, "the report does not say what its verdict \"" + verdict + "\" rests on");
}

}  // namespace

std::vector<JunitCase> junit_cases(const Json& report) {
  std::vector<JunitCase> cases;
  std::set<std::string> named;
  for (const auto& clause : list_in(report, "clauses")) {
    const bool counts = flag_in(clause, "claimed") && text_in(clause, "verdict") != "not_applicable";
    if (counts && named.insert(clause_name(clause)).second) add_clause(cases, report, clause);
  }

  const bool whole = inconclusive_as_a_whole(report);
  if (whole)
    for (auto& one : cases)
      if (one.outcome == Outcome::passed) one = open_case(one.part, one.name, report, why_of(report));
  if (whole || !tells_the_verdict(cases, text_in(report, "verdict"))) cases.insert(cases.begin(), run_case(report));
  return cases;
}

std::optional<JunitCase> expectation_case(const Json& report) {
  if (!field(report, "as_expected").is_boolean()) return std::nullopt;
  JunitCase made{"run", "result as expected"};
  if (flag_in(report, "as_expected")) return made;
  made.outcome = Outcome::violated;
  made.type = "not_as_expected";
  made.message = brief("the profile expects \"" + text_in(report, "expected") + "\", the run came to \"" + result_name(report) + "\"");
  made.body = made.message + "\n\nreproduce: " + command_line(texts_in(report, "reproduce")) + "\n";
  return made;
}

}  // namespace assay
