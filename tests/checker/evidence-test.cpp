// What landed faults say in numbers, and the sentence about them.
#include <doctest/doctest.h>

#include <cctype>

#include <nlohmann/json.hpp>

#include "checker/bounds.hpp"
#include "checker/evidence.hpp"

using namespace assay;

namespace {

constexpr ClauseAt no_loss{Clause::no_loss, Scope::committed}, no_dup{Clause::no_dup, Scope::committed};

Terms terms(const std::string& claim = "at-least-once @ committed") {
  return {.claim = parse_claim(claim), .kinds = {"kill"}, .targets = {"producer", "consumer", "broker"},
          .not_applicable = {Clause::no_aborted}};
}

std::vector<ClauseFinding> findings(std::int64_t exercised) {
  std::vector<ClauseFinding> all;
  for (const auto scope : {Scope::stored, Scope::delivered, Scope::committed})
    for (const auto clause : {Clause::no_loss, Clause::no_dup, Clause::no_phantom, Clause::no_corruption})
      all.push_back({.clause = {clause, scope}, .exercised = exercised, .exercised_calm = exercised});
  return all;
}

// A control trial that passes these two windows, and kills that landed there.
Judgement control() {
  Judgement judgement{.trial = 1, .clauses = findings(0), .quiescent = true, .anything_arrived = true};
  judgement.accounts = {.planned = 100, .sent = 100, .acked = 100, .deliveries = 100};
  judgement.reached = {{"P.before_send", {"producer-0"}}, {"C.received", {"consumer-0"}}};
  judgement.hits = {{"producer-0", {{"P.before_send", 100}}}, {"consumer-0", {{"C.received", 100}}}};
  return judgement;
}

Judgement landed(std::int64_t trial, const std::string& role, const std::string& window) {
  return {.trial = trial,
          .fault = FaultFinding{.name = "kill:" + role + "-0@" + role + "-0:" + window + "#" + std::to_string(trial),
                                .kind = "kill", .target = role + "-0", .landed = true, .cell = window, .occurrence = trial},
          .clauses = findings(1),
          .quiescent = true,
          .anything_arrived = true};
}

std::vector<Judgement> run_of(int at_producer, int at_consumer) {
  std::vector<Judgement> run{control()};
  for (int i = 0; i < at_producer; ++i) run.push_back(landed(2 + i, "producer", "P.before_send"));
  for (int i = 0; i < at_consumer; ++i) run.push_back(landed(2 + at_producer + i, "consumer", "C.received"));
  return run;
}

void plant(Judgement& judgement, ClauseAt at, int messages = 1) {
  for (auto& finding : judgement.clauses)
    for (int i = 0; finding.clause == at && i < messages; ++i)
      finding.witnesses.push_back({.clause = at, .anomaly = entry(at.clause).anomaly,
                                   .message = std::to_string(judgement.trial) + "/producer-0/" + std::to_string(i)});
}

const std::vector<std::string> left_out{"node crash", "network", "several brokers"};

std::string statement(const std::vector<Judgement>& run, const Terms& t) { return evidence_statement(weigh(run, t, false), t, left_out); }

std::string lower_case(std::string text) {
  for (auto& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

TEST_CASE("a run's landed faults bound what was not seen") {
  const auto weighing = weigh(run_of(279, 20), terms(), false);
  REQUIRE(weighing.verdict == Verdict::upheld);
  CHECK(weighing.bounds == Bounds{.windows = 2, .cells = 2, .decided = 299, .fewest = 20,
                                  .widest = upper_bound(0, 20), .pooled = upper_bound(0, 299), .joint = upper_bound(0, 20, 0.975)});
  CHECK(weighing.cells.at(0).upper == upper_bound(0, 279));
  CHECK(weighing.cells.at(1).upper == upper_bound(0, 20));
  CHECK(weighing.cells.at(1).lower == std::nullopt);
}

TEST_CASE("a cell without a landed fault bounds nothing") {
  const auto weighing = weigh({control()}, terms(), false);
  CHECK(weighing.bounds == Bounds{.windows = 2, .cells = 2});
  CHECK(weighing.cells.at(0).upper == 1);
}

TEST_CASE("a fault after which nobody knows how it ended is no evidence for its window") {
  auto run = run_of(30, 30);
  run[1].quiescent = false;
  const auto weighing = weigh(run, terms(), false);
  CHECK(weighing.cells.at(0).landed == 30);
  CHECK(weighing.cells.at(0).decided == 29);
  SUBCASE("unless it violated all the same") {
    plant(run[1], no_loss);
    const auto violated = weigh(run, terms(), false);
    CHECK(violated.cells.at(0).decided == 30);
    CHECK(violated.cells.at(0).upper == upper_bound(1, 30));
    CHECK(violated.cells.at(0).lower == lower_bound(1, 30));
  }
}

TEST_CASE("faults outside the relevant cells are in no bound of the run") {
  auto run = run_of(30, 30);
  run.push_back(landed(99, "broker", "broker:idle"));
  CHECK(weigh(run, terms(), false).bounds.decided == 60);
}

TEST_CASE("a violated run tells after how many faults, and how many duplicates a kill makes") {
  auto run = run_of(15, 15);
  plant(run[20], no_dup, 3);
  plant(run[7], no_dup);  // trial 8: the seventh landed fault
  std::swap(run[7], run[25]);
  const auto weighing = weigh(run, terms("exactly-once @ committed"), false);
  CHECK(weighing.bounds.faults_until_violation == 7);
  CHECK(weighing.bounds.duplicates_per_kill == 4.0 / 30);
  CHECK(weighing.bounds.decided_violating == 2);
  CHECK(weighing.bounds.joint == upper_bound(1, 15, 0.975));
  SUBCASE("a pause is no kill") {
    run.push_back(landed(99, "consumer", "C.received"));
    run.back().fault->kind = "pause";
    plant(run.back(), no_dup, 5);
    CHECK(weigh(run, terms("exactly-once @ committed"), false).bounds.duplicates_per_kill == 4.0 / 30);
  }
  SUBCASE("the control trial can be the first") {
    plant(run[0], no_dup);
    CHECK(weigh(run, terms("exactly-once @ committed"), false).bounds.faults_until_violation == 0);
  }
  SUBCASE("an upheld run has neither") {
    const auto upheld = weigh(run, terms(), false);
    CHECK(upheld.bounds.faults_until_violation == std::nullopt);
    CHECK(upheld.bounds.duplicates_per_kill == std::nullopt);
  }
}

TEST_CASE("until p: every relevant window's bound must be below it") {
  auto asked = terms();
  asked.until_p = 0.05;
  CHECK(weigh(run_of(59, 59), asked, false).verdict == Verdict::upheld);
  const auto few = weigh(run_of(58, 30), asked, false);
  CHECK(few.verdict == Verdict::inconclusive);
  CHECK(few.reason == Reason::not_exercised);
  CHECK(few.detail == "no-loss @ committed: for p<0.05 P.before_send: 1 more landed kill of the producer; "
                      "C.received: 29 more landed kills of the consumer");
  CHECK(needed_faults(few.cells.at(1), asked) == 29);
  CHECK(needed_faults(few.cells.at(1), terms()) == 0);
  SUBCASE("a claim about what is stored asks nothing of the consumer's windows") {
    auto stored = terms("at-least-once @ stored");
    stored.until_p = 0.05;
    CHECK(weigh(run_of(59, 3), stored, false).verdict == Verdict::upheld);
    const auto wider = weigh(run_of(59, 3), asked, false);
    CHECK(wider.verdict == Verdict::inconclusive);
    CHECK(wider.strongest == std::vector<std::string>{"at-least-once @ stored", "at-most-once @ stored"});
  }
  SUBCASE("a violation settles the matter at once") {
    auto run = run_of(10, 10);
    plant(run[1], no_loss);
    const auto violated = weigh(run, asked, false);
    CHECK(violated.verdict == Verdict::violated);
    CHECK(needed_faults(violated.cells.at(0), asked) == 0);
  }
}

TEST_CASE("the sentence about an upheld run names its bounds and what was left out") {
  CHECK(statement(run_of(279, 20), terms()) ==
        "No violation of at-least-once @ committed observed in 299 landed faults over 2 windows (per-window minimum 20, upper 95 % "
        "bound 0.139 per landed fault in that window, 0.00997 pooled over the tested mix; 0.168 per landed fault in every window at "
        "once); not tested: node crash, network, several brokers.");
}

TEST_CASE("a window that is hit in several ways is told apart from its cells") {
  auto foreign = terms();
  foreign.ground.foreign_broker = true;
  auto run = run_of(20, 20);
  for (int i = 0; i < 40; ++i) {
    run.push_back(landed(100 + i, "broker", i % 2 ? "P.before_send" : "C.received"));
    run.back().fault->target = "broker";
  }
  CHECK(statement(run, foreign).starts_with(
      "No violation of at-least-once @ committed observed in 80 landed faults over 2 windows in 4 cells of window, kind and target "
      "(per-cell minimum 20, "));
}

TEST_CASE("the sentence about a violated run says how surely it shows again") {
  auto run = run_of(15, 15);
  for (int i = 16; i <= 30; ++i) plant(run[static_cast<std::size_t>(i)], no_dup);
  CHECK(statement(run, terms("exactly-once @ committed")) ==
        "Violation of exactly-once @ committed observed in 15 of 30 landed faults over 2 windows (first after 16 landed faults, lower "
        "95 % bound 0.819 per landed kill of the consumer at C.received, 0.5 duplicated messages per landed kill); not tested: node "
        "crash, network, several brokers.");
}

TEST_CASE("an inconclusive run is told as one") {
  CHECK(statement(run_of(15, 2), terms()) ==
        "This run does not settle at-least-once @ committed after 17 landed faults over 2 windows: no-loss @ committed: 17 of 30 "
        "acknowledged messages that were in the system when a fault struck; not tested: node crash, network, several brokers.");
}

TEST_CASE("no sentence says more than was seen") {
  auto broken = run_of(15, 15);
  plant(broken[3], no_dup);
  for (const auto& run : {run_of(279, 20), run_of(15, 2), run_of(0, 0), std::vector<Judgement>{}, broken})
    for (const std::string claim : {"at-most-once @ committed", "at-least-once @ committed", "exactly-once @ committed"})
      for (const auto evidence : {Evidence::faults, Evidence::history}) {
        auto asked = terms(claim);
        asked.evidence = evidence;
        const auto said = lower_case(statement(run, asked));
        for (const std::string word : {"proved", "proven", "guarantee", "safe", "verified", "100 %", "100%"}) {
          CAPTURE(said);
          CAPTURE(word);
          CHECK(said.find(word) == std::string::npos);
        }
      }
}

TEST_CASE("judgement.json gives the numbers with four digits") {
  auto run = run_of(279, 20);
  plant(run[1], no_dup);
  const auto asked = terms("exactly-once @ committed");
  const auto weighing = weigh(run, asked, false);
  const auto text = judgement_json(weighing, {}, asked);
  CHECK(text == judgement_json(weigh(run, asked, false), {}, asked));
  const auto json = nlohmann::json::parse(text);
  CHECK(json["bounds"] == nlohmann::json::parse(R"({"confidence": 0.95, "windows": 2, "cells": 2, "decided": 299,
    "decided_violating": 1, "fewest": 20, "widest": 0.1391, "pooled": 0.01577, "joint": 0.1684,
    "faults_until_violation": 1, "duplicates_per_kill": 0.003344})"));
  CHECK(json["windows"][0]["upper"] == 0.01689);
  CHECK(json["windows"][0]["lower"] == 0.0001838);
  CHECK(json["windows"][1]["lower"].is_null());
}
