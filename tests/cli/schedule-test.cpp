// Which trials a run consists of, and how a trial's name is read again.
#include <doctest/doctest.h>

#include <set>

#include "checker/history/store.hpp"
#include "cli/schedule.hpp"

using namespace assay;

namespace {

RunPlan plan_for(const std::string& claim = "at-least-once @ committed") {
  RunPlan plan{.run = "r", .seed = 5};
  plan.profile.name = "p";
  plan.profile.system = "s";
  plan.profile.settings = nlohmann::ordered_json::object();
  plan.profile.claim = parse_claim(claim);
  plan.terms = {.claim = plan.profile.claim, .kinds = {"kill"}, .targets = {"producer", "consumer", "broker"}};
  plan.system = nlohmann::ordered_json::object();
  return plan;
}

Judgement control(std::int64_t hits = 100) {
  Judgement judgement{.trial = 1, .quiescent = true, .anything_arrived = true};
  for (const auto& [window, process] : std::vector<std::pair<std::string, std::string>>{
           {"P.before_send", "producer-0"}, {"C.received", "consumer-0"}, {"B.recv", "broker"}}) {
    judgement.reached[window].insert(process);
    judgement.hits[process][window] = hits;
  }
  return judgement;
}

Judgement judged(const PlannedTrial& trial, bool landed = true) {
  Judgement judgement{.trial = trial.number, .quiescent = true, .anything_arrived = true};
  const auto& fault = *trial.fault;
  judgement.fault = FaultFinding{.name = fault.name(), .kind = fault.kind, .target = fault.target, .trigger = fault.trigger(),
                                 .landed = landed, .why_not = landed ? "" : "missed",
                                 .cell = fault.random() ? "C.received" : fault.window,
                                 .occurrence = fault.occurrence};
  return judgement;
}

std::map<std::string, int> count_by_cell(const std::vector<PlannedTrial>& round) {
  std::map<std::string, int> counts;
  for (const auto& trial : round)
    ++counts[(trial.fault->random() ? "random " : trial.fault->window + " ") + trial.fault->target];
  return counts;
}

}  // namespace

TEST_CASE("a run begins with its control trial and nothing else") {
  const auto plan = plan_for();
  Schedule schedule(plan);
  CHECK(schedule.next_round({}) == std::vector<PlannedTrial>{{.number = 1}});
}

TEST_CASE("then come three faults at each relevant window, and random ones") {
  const auto plan = plan_for();
  Schedule schedule(plan);
  schedule.next_round({});
  const auto round = schedule.next_round({control()});
  CHECK(count_by_cell(round) == std::map<std::string, int>{{"P.before_send producer-0", 3}, {"C.received consumer-0", 3},
                                                           {"B.recv broker", 3}, {"random producer-0", 10},
                                                           {"random consumer-0", 10}, {"random broker", 10}});
  std::set<std::int64_t> occurrences;
  for (const auto& trial : round)
    if (trial.fault->window == "C.received") occurrences.insert(trial.fault->occurrence);
  CHECK(occurrences.size() == 3);
  CHECK(*occurrences.begin() == 1);
  CHECK(*occurrences.rbegin() <= 80);

  SUBCASE("the same for the same seed, others for another") {
    Schedule again(plan);
    again.next_round({});
    CHECK(again.next_round({control()}) == round);
    auto other = plan;
    other.seed = 6;
    Schedule elsewhere(other);
    elsewhere.next_round({});
    CHECK(elsewhere.next_round({control()}) != round);
  }
}

TEST_CASE("what a mode leaves out") {
  const auto cells_in = [](FaultMode mode) {
    auto plan = plan_for();
    plan.profile.faults.mode = mode;
    Schedule schedule(plan);
    schedule.next_round({});
    int directed = 0, random = 0;
    for (const auto& trial : schedule.next_round({control()})) (trial.fault->random() ? random : directed)++;
    return std::pair(directed, random);
  };
  CHECK(cells_in(FaultMode::none) == std::pair(0, 0));
  CHECK(cells_in(FaultMode::directed) == std::pair(9, 0));
  CHECK(cells_in(FaultMode::random) == std::pair(0, 48));
}

TEST_CASE("a window that is passed once can be hit once") {
  const auto plan = plan_for();
  Schedule schedule(plan);
  schedule.next_round({});
  for (const auto& trial : schedule.next_round({control(1)}))
    if (!trial.fault->random()) CHECK(trial.fault->occurrence == 1);
}

TEST_CASE("a trial that did not land is run again, three times in all") {
  auto plan = plan_for();
  plan.only = "kill:consumer-0@consumer-0:C.received#2";
  Schedule schedule(plan);
  schedule.next_round({});
  std::vector<Judgement> judgements{control()};
  int tries = 0;
  for (auto round = schedule.next_round(judgements); !round.empty(); round = schedule.next_round(judgements)) {
    REQUIRE(round.size() == 1);
    CHECK(round.front().fault->name() == plan.only);
    CHECK(round.front().repeats == (tries == 0 ? 0 : round.front().number - 1));
    judgements.push_back(judged(round.front(), false));
    ++tries;
  }
  CHECK(tries == 3);
  CHECK(schedule.repeated().size() == 2);
}

TEST_CASE("where a trigger was not reached, the next aims at what that trial did reach") {
  const auto plan = plan_for();
  Schedule schedule(plan);
  schedule.next_round({});
  std::vector<Judgement> judgements{control()};
  std::int64_t last = 0;
  for (const auto& trial : schedule.next_round(judgements)) {
    const bool misses = trial.fault->window == "C.received" && trial.fault->occurrence > 30;
    judgements.push_back(judged(trial, !misses));
    if (misses) judgements.back().hits["consumer-0"]["C.received"] = 30;
    last = trial.number;
  }
  const auto again = schedule.next_round(judgements);
  REQUIRE(!again.empty());
  for (const auto& trial : again) {
    if (trial.repeats == 0) continue;
    CHECK(trial.number > last);
    CHECK(trial.fault->window == "C.received");
    CHECK(trial.fault->occurrence <= 24);
  }
  CHECK(!schedule.repeated().empty());
}

TEST_CASE("agents that share messages are hit where each of them came") {
  auto plan = plan_for();
  plan.profile.workload.consumers = 2;
  Schedule schedule(plan);
  schedule.next_round({});
  auto uneven = control();
  uneven.hits["consumer-1"]["C.received"] = 20;
  uneven.reached["C.received"].insert("consumer-1");
  for (const auto& trial : schedule.next_round({uneven}))
    if (trial.fault->window == "C.received") CHECK(trial.fault->occurrence <= 12);
}

TEST_CASE("floors that do not hold are chased, up to the limit of trials") {
  for (const auto mode : {FaultMode::all, FaultMode::random}) {
    auto plan = plan_for();
    plan.profile.faults.mode = mode;
    Schedule schedule(plan);
    schedule.next_round({});
    std::vector<Judgement> judgements{control()};
    std::size_t rounds = 0;
    for (auto round = schedule.next_round(judgements); !round.empty(); round = schedule.next_round(judgements)) {
      for (const auto& trial : round) judgements.push_back(judged(trial));
      REQUIRE(++rounds < 1000);
    }
    CHECK(judgements.size() > 400);
    CHECK(judgements.size() <= static_cast<std::size_t>(trial_limit) + 50);
  }
}

namespace {

std::vector<ClauseFinding> exercised(const Terms& terms) {
  std::vector<ClauseFinding> findings;
  for (const auto at : clauses_of(terms.claim)) findings.push_back({.clause = at, .exercised = 100});
  return findings;
}

// Runs a plan in thought; `spoil` does to a judgement what a real run would.
template <class Spoil>
std::vector<Judgement> run_through(const RunPlan& plan, std::int64_t hits, Spoil spoil) {
  Schedule schedule(plan);
  schedule.next_round({});
  std::vector<Judgement> judgements{control(hits)};
  judgements.front().clauses = exercised(plan.terms);
  std::size_t rounds = 0;
  for (auto round = schedule.next_round(judgements); !round.empty(); round = schedule.next_round(judgements)) {
    for (const auto& trial : round) {
      auto judgement = judged(trial);
      judgement.clauses = exercised(plan.terms);
      spoil(judgement);
      judgements.push_back(std::move(judgement));
    }
    REQUIRE(++rounds < 1000);
  }
  return judgements;
}

RunPlan plan_until(double p) {
  auto plan = plan_for();
  plan.profile.faults.mode = FaultMode::directed;
  plan.terms.until_p = p;
  return plan;
}

}  // namespace

TEST_CASE("a bound that was asked for is reached in every window, at different occurrences") {
  const auto plan = plan_until(0.05);
  const auto weighing = weigh(run_through(plan, 100, [](Judgement&) {}), plan.terms, false);
  CHECK(weighing.verdict == Verdict::upheld);
  REQUIRE(weighing.cells.size() == 3);
  for (const auto& cell : weighing.cells) {
    CHECK(cell.decided == 59);
    CHECK(cell.occurrences == 59);
    CHECK(cell.upper < 0.05);
  }
}

TEST_CASE("a bound that needs more trials than any floor is not cut off") {
  const auto plan = plan_until(0.01);
  const auto judgements = run_through(plan, 100, [](Judgement&) {});
  CHECK(judgements.size() == 1 + 3 * 299);
  CHECK(weigh(judgements, plan.terms, false).verdict == Verdict::upheld);
}

TEST_CASE("faults that did not land are made up for on the way to a bound") {
  const auto plan = plan_until(0.01);
  const auto judgements = run_through(plan, 100, [](Judgement& judgement) {
    if (judgement.trial % 25 == 0) judgement.fault->landed = false, judgement.fault->why_not = "missed";
  });
  const auto weighing = weigh(judgements, plan.terms, false);
  CHECK(weighing.verdict == Verdict::upheld);
  CHECK(weighing.bounds.fewest >= 299);
}

TEST_CASE("the way to a bound ends with the round that violated") {
  const auto plan = plan_until(0.01);
  const auto judgements = run_through(plan, 100, [](Judgement& judgement) {
    if (judgement.trial == 15) judgement.clauses.front().witnesses = {{.clause = judgement.clauses.front().clause}};
  });
  CHECK(weigh(judgements, plan.terms, false).verdict == Verdict::violated);
  CHECK(judgements.size() == 1 + 3 * (3 + 10));
}

TEST_CASE("a bound can be reached at a window that is passed but once") {
  const auto plan = plan_until(0.05);
  const auto weighing = weigh(run_through(plan, 1, [](Judgement&) {}), plan.terms, false);
  CHECK(weighing.verdict == Verdict::upheld);
  for (const auto& cell : weighing.cells) CHECK(cell.decided >= 59);
}

TEST_CASE("--until is a number between 0 and 1 behind p<") {
  CHECK(parse_until("p<0.05") == 0.05);
  CHECK(parse_until("p<1e-3") == 0.001);
  CHECK(until_text(0.05) == "p<0.05");
  for (const double p : {0.05, 1.0 / 3, 1e-6}) CHECK(parse_until(until_text(p)) == p);
  for (const auto* wrong : {"", "p", "p<", "0.05", "p<=0.05", "p>0.05", "p<x", "p<0.05x", "p<0", "p<1", "p<-0.1", "p<2", "p<nan",
                            "p<inf", "p<1e-9", "p< 0.05", "P<0.05", "p<1e-400"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(parse_until(wrong), UsageError);
  }
  CHECK_THROWS_WITH(parse_until("p<5"), "--until \"p<5\": that is not between 0 and 1; expected p<NUMBER, as in --until 'p<0.05', "
                                        "for how often at most a fault may violate the claim, above 0 and below 1");
}

TEST_CASE("a bound for every window is refused where no fault is aimed at one") {
  Profile profile = plan_for().profile;
  const SystemDescription system{.name = "s", .program = {}, .described = {{"abilities", nlohmann::ordered_json::object()}}};
  profile.faults.mode = FaultMode::random;
  CHECK_THROWS_WITH(make_plan(profile, system, 1, "", 0.05),
                    "--until p<0.05: it needs many faults in every window; leave out --faults random");
  profile.faults.mode = FaultMode::none;
  CHECK_THROWS_WITH(make_plan(profile, system, 1, "", 0.05), doctest::Contains("leave out --faults none"));
  profile.faults.mode = FaultMode::all;
  CHECK_THROWS_WITH(make_plan(profile, system, 1, "kill:broker@random#1", 0.05), doctest::Contains("leave out --only"));
}

TEST_CASE("a control trial in which nothing arrives is the last") {
  const auto plan = plan_for();
  Schedule schedule(plan);
  schedule.next_round({});
  auto nothing = control();
  nothing.anything_arrived = false;
  CHECK(schedule.next_round({nothing}).empty());
}

TEST_CASE("so is one in which no window was passed") {
  const auto plan = plan_for();
  Schedule schedule(plan);
  schedule.next_round({});
  auto idle = control();
  idle.reached.clear();
  CHECK(schedule.next_round({idle}).empty());
}

TEST_CASE("where the user's own programs mark no windows kills are random, until enough have landed") {
  auto plan = plan_for();
  plan.terms.ground.foreign_broker = true;
  plan.terms.ground.foreign_agents = {"producer", "consumer"};
  auto unmarked = control();
  unmarked.reached.clear();
  unmarked.hits.clear();

  Schedule schedule(plan);
  schedule.next_round({});
  const auto first = schedule.next_round({unmarked});
  CHECK(count_by_cell(first) == std::map<std::string, int>{
                                   {"random producer-0", 10}, {"random consumer-0", 10}, {"random broker", 10}});
  std::vector<Judgement> judgements{unmarked};
  for (const auto& trial : first) judgements.push_back(judged(trial));
  CHECK_FALSE(schedule.next_round(judgements).empty());  // no antecedents yet: more of them

  plan.profile.faults.mode = FaultMode::directed;
  Schedule directed(plan);
  directed.next_round({});
  CHECK(directed.next_round({unmarked}).empty());
}

TEST_CASE("a trial's name is read as it is printed") {
  const auto plan = plan_for();
  Schedule schedule(plan);
  schedule.next_round({});
  for (const auto& trial : schedule.next_round({control()})) {
    CAPTURE(trial.fault->name());
    CHECK(parse_fault(trial.fault->name(), plan.seed) == *trial.fault);
  }
}

TEST_CASE("a name that is none is refused with the nearest") {
  for (const auto* wrong : {"", "kill", "kill:broker", "kill:broker@", "kill:broker@x", "kill:broker@broker:B.recv", "kill:broker@broker:B.recv#",
                            "kill:broker@broker:B.recv#x", "kill:broker@broker:B.recv#1x", "kill:broker@broker:B.recv#0",
                            "kill:broker@broker#1", "stall:broker@random#1", "melt:broker@broker:B.recv#1", "kill:broker@broker:B.recv#99999999999999999999"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(parse_fault(wrong, 1), UsageError);
  }
  CHECK_THROWS_WITH(parse_fault("stal:broker@broker:B.recv#1", 1), doctest::Contains("did you mean stall?"));
  CHECK_THROWS_WITH(parse_fault("kill:broker@broker:B.rcv#1", 1), doctest::Contains("did you mean B.recv?"));
}

TEST_CASE("a plan can be stored and read again") {
  auto plan = plan_for("exactly-once @ stored + ack-durable");
  plan.only = "kill:broker@random#3";
  plan.terms.not_applicable = {Clause::no_aborted};
  plan.terms.ground = {.shape = Ground::Shape::log, .lists_stored = false, .has_consumers = false, .foreign_broker = true};
  plan.terms.ground.progress_ms = 250;
  plan.terms.ground.request_timeout_ms = 100;
  plan.terms.floors = {1, 2, 3};
  CHECK(plan_from_json(plan_json(plan)) == plan);
  for (const double p : {0.05, 0.1, 1.0 / 3, 1e-6}) {
    plan.terms.until_p = p;
    CHECK(plan_from_json(plan_json(plan)) == plan);
  }
  CHECK_THROWS_AS(plan_from_json("{}"), DamagedHistory);
  CHECK_THROWS_AS(plan_from_json("not JSON"), DamagedHistory);
}
