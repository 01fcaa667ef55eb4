#include <doctest/doctest.h>

#include "cli/schedule.hpp"
#include "cli/sweep.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

RunPlan plan_of(const std::string& claim) {
  RunPlan plan;
  plan.sweep = true;
  plan.profile.name = "test/sweep";
  plan.profile.workload.messages = 2;
  plan.terms.claim = parse_claim(claim);
  plan.terms.kinds = {"kill", "pause"};
  plan.terms.targets = {"producer", "consumer", "broker"};
  return plan;
}

Judgement control() {
  Judgement judgement;
  judgement.trial = 1;
  judgement.quiescent = judgement.anything_arrived = true;
  judgement.reached = {{"P.before_send", {"producer-0"}}, {"B.recv", {"broker"}}, {"C.received", {"consumer-0"}}};
  judgement.hits = {{"producer-0", {{"P.before_send", 2}}},
                    {"broker", {{"B.recv", 2}}},
                    {"consumer-0", {{"C.received", 2}}}};
  return judgement;
}

Judgement faulted(std::int64_t trial, const std::string& name, const std::vector<ClauseFinding>& findings, bool landed = true) {
  Judgement judgement;
  judgement.trial = trial;
  const auto planned = parse_fault(name, 1);
  judgement.fault = FaultFinding{.name = name, .kind = planned.kind, .target = planned.target,
                                 .trigger = planned.trigger(), .landed = landed};
  judgement.clauses = findings;
  judgement.quiescent = true;
  return judgement;
}

ClauseFinding seen(Clause clause, Scope scope = Scope::committed) {
  ClauseFinding finding{.clause = {clause, scope}};
  finding.witnesses.push_back({});
  return finding;
}

}  // namespace

TEST_CASE("a sweep plans every occurrence of every window, killed and, of agents, paused") {
  const auto plan = plan_of("at-least-once @ committed");
  Schedule schedule(plan);
  CHECK(schedule.next_round({}).size() == 1);
  std::vector<std::string> names;
  for (const auto& trial : schedule.next_round({control()})) names.push_back(trial.fault->name());
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{
                     "kill:broker@broker:B.recv#1", "kill:broker@broker:B.recv#2",
                     "kill:consumer-0@consumer-0:C.received#1", "kill:consumer-0@consumer-0:C.received#2",
                     "kill:producer-0@producer-0:P.before_send#1", "kill:producer-0@producer-0:P.before_send#2",
                     "pause:consumer-0@consumer-0:C.received#1", "pause:consumer-0@consumer-0:C.received#2",
                     "pause:producer-0@producer-0:P.before_send#1", "pause:producer-0@producer-0:P.before_send#2"});
}

TEST_CASE("the letters of a trial say what it showed at the scope of the claim") {
  const std::string name = "kill:consumer-0@consumer-0:C.received#1";
  const auto letters = [&](const std::vector<ClauseFinding>& findings) {
    return sweep_letters(faulted(2, name, findings), Scope::committed);
  };
  CHECK(letters({}) == "-");
  CHECK(letters({seen(Clause::no_dup)}) == "D");
  CHECK(letters({seen(Clause::no_loss)}) == "L");
  CHECK(letters({seen(Clause::no_loss), seen(Clause::no_dup)}) == "DL");
  CHECK(letters({seen(Clause::no_phantom)}) == "P");
  CHECK(letters({seen(Clause::txn_atomic, Scope::delivered), seen(Clause::no_loss)}) == "LT");
  CHECK(letters({seen(Clause::no_aborted)}) == "A");
  CHECK(letters({seen(Clause::no_corruption)}) == "C");
  CHECK(letters({seen(Clause::no_dup, Scope::delivered)}) == "-");  // of another scope
  CHECK(letters({ClauseFinding{.clause = {Clause::no_loss, Scope::committed}, .forfeited = 2}}) == "u");
  auto open = faulted(2, name, {});
  open.quiescent = false;
  CHECK(sweep_letters(open, Scope::committed) == "?");
  CHECK(sweep_letters(faulted(2, name, {seen(Clause::no_dup)}, false), Scope::committed) == "");
  CHECK(sweep_letters(control(), Scope::committed) == "");
}

TEST_CASE("a table has a row a window, marks what the claim forbids, and counts what did not land") {
  const auto plan = plan_of("at-most-once @ committed");
  const std::vector<Judgement> judgements{
      control(),
      faulted(2, "kill:producer-0@producer-0:P.before_send#1", {}),
      faulted(3, "kill:producer-0@producer-0:P.before_send#2", {seen(Clause::no_dup)}),
      faulted(4, "pause:consumer-0@consumer-0:C.received#1", {seen(Clause::no_loss)}),
      faulted(5, "pause:consumer-0@consumer-0:C.received#2", {}, false),
  };
  const auto sweep = sweep_of(plan, judgements);
  CHECK(sweep["cells"] == Json::parse(R"([
    {"window": "P.before_send", "target": "producer", "kind": "kill", "letters": "-/D", "landed": 2, "planned": 2,
     "forbidden": "kill:producer-0@producer-0:P.before_send#2"},
    {"window": "C.received", "target": "consumer", "kind": "pause", "letters": "L", "landed": 1, "planned": 2,
     "forbidden": ""}])"));
  CHECK(sweep["landed"] == 3);
  CHECK(sweep["planned"] == 4);

  Json report{{"profile", {{"name", "test/sweep"}}}, {"sweep", sweep}};
  report["sweep"]["complete"] = false;
  const auto text = sweep_text(report, Look{});
  CHECK(text.find("  P.before_send               producer  -/D!  2 of 2      ·") != std::string::npos);
  CHECK(text.find("  C.received                  consumer  ·                 L     1 of 2") != std::string::npos);
  CHECK(text.find("incomplete") != std::string::npos);
}

TEST_CASE("what a sweep did not come to is planned and did not land") {
  const auto plan = plan_of("at-least-once @ committed");
  const std::string first = "kill:consumer-0@consumer-0:C.received#1";
  const std::vector<PlannedFault> left_out{parse_fault(first, 1), parse_fault("kill:consumer-0@consumer-0:C.received#2", 1),
                                           parse_fault("pause:consumer-0@consumer-0:C.acked#1", 1)};
  const auto sweep = sweep_of(plan, {control(), faulted(2, first, {})}, left_out);
  CHECK(sweep["landed"] == 1);
  CHECK(sweep["planned"] == 3);
  CHECK(sweep["cells"].size() == 2);
  CHECK(sweep["cells"][1]["landed"] == 0);
  CHECK(sweep["cells"][1]["letters"] == "");
}

TEST_CASE("a sweep counts what is evidence, and a fault that was run again once") {
  const std::string name = "kill:consumer-0@consumer-0:C.received#1";
  auto disturbed = faulted(2, name, {});
  disturbed.environment = {"the server ended by itself"};
  const auto cell_of = [&](const std::vector<Judgement>& judgements) {
    return sweep_of(plan_of("at-least-once @ committed"), judgements).at("cells").at(0);
  };
  CHECK(cell_of({control(), disturbed})["landed"] == 0);
  CHECK(cell_of({control(), disturbed})["letters"] == "");
  CHECK(cell_of({control(), disturbed, faulted(3, name, {})})["landed"] == 1);
  const auto twice = cell_of({control(), faulted(2, name, {}), faulted(3, name, {})});
  CHECK(twice["landed"] == 1);
  CHECK(twice["planned"] == 1);
}
