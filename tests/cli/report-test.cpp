#include <doctest/doctest.h>

#include <algorithm>

#include "cli/wording.hpp"
#include "tests/cli/sample-run.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

TEST_CASE("a report has all the fields that the design names, in their order") {
  std::vector<std::string> keys;
  const Json report = violated_run().report();
  for (const auto& [key, value] : report.items()) keys.push_back(key);
  CHECK(keys == std::vector<std::string>{
                    "schema", "tool", "profile", "system", "pipeline", "claim", "abilities", "plan", "evidence", "verdict", "reason",
                    "detail", "remedy", "expected", "as_expected", "headline", "story", "clauses", "faults", "windows", "bounds", "statement",
                    "trials", "anomalies", "causes", "witnesses", "strongest", "strongest_reason", "accounts", "dedup_window", "series", "phases", "not_tested", "environment",
                    "power", "shrink", "notes",
                    "lowered_floors", "files", "directory", "report", "reproduce"});
  CHECK(report["schema"] == "assay-report/1");
}

TEST_CASE("a cause leads to its witness and says how often it struck") {
  auto run = violated_run();
  const auto& found = run.weighing.found.front();
  for (auto& judgement : run.judgements) {
    if (!judgement.fault || judgement.trial != 12) continue;
    judgement.fault->cell = found.cell;
    judgement.fault->target = "consumer-0";
    ClauseFinding finding{.clause = found.witness.clause};
    finding.witnesses.push_back(found.witness);
    judgement.clauses.push_back(finding);
  }
  const Json report = run.report();
  REQUIRE(report["causes"].size() == report["witnesses"].size());
  const Json& cause = report["causes"][0];
  CHECK(cause["clause"] == report["witnesses"][0]["clause"]);
  CHECK(cause["window"] == "C.effect_before_ack");
  CHECK(cause["kind"] == "kill");
  CHECK(cause["target"] == "consumer");
  CHECK(cause["letter"] == "D");
  CHECK(cause["count"] == 1);
  CHECK(cause["witness"] == 0);
}

TEST_CASE("a report says what was claimed of which system") {
  const Json report = upheld_run().report();
  CHECK(report["claim"] == Json::parse(R"({"text": "exactly-once @ committed", "guarantee": "exactly-once",
      "scope": "committed", "clauses": [], "kinds": ["kill"], "excuses": []})"));
  CHECK(report["system"] == Json::parse(R"({"name": "embedded", "version": "0.1.0", "settings": {"dedup": "id"}, "attached": ""})"));
  CHECK(report["abilities"] == Json::parse(R"({"shape": "queue", "emulated": ["dedup"]})"));
}

TEST_CASE("a report counts planned, landed and violating faults, and says why some did not land") {
  const Json report = violated_run().report();
  CHECK(report["faults"] == Json::parse(R"({"planned": 2, "landed": 72, "not_landed": 1,
      "why_not": [{"trial": 13, "fault": "kill:broker@random#4", "why": "the run was over"}], "struck": []})"));
  CHECK(report["windows"][2] == Json::parse(R"({"window": "C.effect_before_ack",
      "meaning": "the effect is committed and the ack not yet sent", "kind": "kill", "target": "consumer", "planned": 30,
      "landed": 30, "violating": 28, "occurrences": 30, "floor": 3, "anomalies": ["duplicated"], "letters": "D",
      "clauses": [{"clause": "no-dup @ committed", "violating": 0}, {"clause": "no-loss @ committed", "violating": 0}],
      "decided": 30, "upper": 0.988, "lower": 0.8047})"));
  CHECK(report["anomalies"] == Json::parse(R"({"duplicated": {"count": 117, "forbidden": true},
      "misflagged": {"count": 4, "forbidden": false}})"));
}

TEST_CASE("a window says which claimed clauses it speaks of, and how often each was violated there") {
  SampleRun run = violated_run();
  FaultFinding& fault = *run.judgements[1].fault;
  fault.cell = "C.effect_before_ack";
  fault.target = "consumer-0";
  run.judgements[1].clauses = {{.clause = {Clause::no_dup, Scope::committed}, .witnesses = {{.what = "twice"}}}};
  const auto clauses_of_window = [&] { return run.report()["windows"][2]["clauses"]; };
  const auto found = [](int no_dup, int no_loss) {
    return Json{{{"clause", "no-dup @ committed"}, {"violating", no_dup}}, {{"clause", "no-loss @ committed"}, {"violating", no_loss}}};
  };
  CHECK(clauses_of_window() == found(1, 0));

  SUBCASE("not beside an environment fault, which makes it no evidence") {
    run.judgements[1].environment = {"disk full"};
    CHECK(clauses_of_window() == found(0, 0));
  }
  SUBCASE("not a clause that the profile rules out, nor one that is only observed") {
    run.weighing.clauses[0].claimed = false;
    run.weighing.clauses[1].reason = Reason::not_applicable;
    CHECK(clauses_of_window() == Json::array());
  }
  SUBCASE("a consumer's window says nothing about what is stored") {
    run.weighing.clauses[1].clause.scope = Scope::stored;
    CHECK(clauses_of_window() == Json{{{"clause", "no-dup @ committed"}, {"violating", 1}}});
    CHECK(run.report()["windows"][0]["clauses"][1]["clause"] == "no-loss @ stored");
  }
  SUBCASE("a window that counts for no claim only speaks of what it violated") {
    run.weighing.cells[2].floor = 0;
    CHECK(clauses_of_window() == Json{{{"clause", "no-dup @ committed"}, {"violating", 1}}});
  }
}

TEST_CASE("a report says what was expected, and whether it came so if somebody asked") {
  SampleRun run = violated_run();
  CHECK(run.report()["expected"] == "");
  CHECK(run.report()["as_expected"] == nullptr);
  run.plan.profile.expect = {.verdict = Verdict::violated, .anomalies = {"duplicated"}, .reason = ""};
  run.facts.as_expected = true;
  CHECK(run.report()["expected"] == "violated: duplicated");
  CHECK(run.report()["as_expected"] == true);
}

TEST_CASE("every event of a witness leads back to its file and record") {
  const Json witness = violated_run().report()["witnesses"][0];
  CHECK(witness["clause"] == "no-dup @ committed");
  CHECK(witness["events"].size() == 5);
  CHECK(witness["events"][1] == Json::parse(R"({"t_ms": 2.0, "process": "harness", "incarnation": 1, "event": "fault.do",
      "say": "kill consumer-0, at consumer-0:C.effect_before_ack#3", "file": "trials/000012.hist", "record": 4})"));
  CHECK(witness["events"][4]["say"] == "one row in the sink, written by consumer-0#2");
}

TEST_CASE("a witness stands beside the same message in the trial without a fault") {
  const Json witness = violated_run().report()["witnesses"][0];
  const Json& passing = witness["passing"];
  REQUIRE(passing.is_object());
  CHECK(witness["passing_reason"] == "");
  CHECK(passing["trial"] == 1);
  CHECK(passing["message"] == "1/producer-0/17");
  std::vector<std::string> names;
  for (const auto& event : passing["events"]) names.push_back(event["process"].get<std::string>() + " " + event["event"].get<std::string>());
  CHECK(names == std::vector<std::string>{"producer-0 send.invoke", "producer-0 send.ok", "consumer-0 deliver", "consumer-0 ack.invoke",
                                          "consumer-0 ack.confirmed", "auditor sink.row"});
  CHECK(passing["events"][5]["file"] == "trials/000001.hist");
  // Here: deliver, the fault, deliver again, a row, another row.
  CHECK(passing["pairs"] == Json::array({Json::array({0, 2}), Json::array({3, 5})}));
  CHECK(passing["differs_at"] == 2);
}

TEST_CASE("where nothing passes, a witness says why") {
  const auto reason = [](const SampleRun& run) {
    const Json witness = run.report()["witnesses"][0];
    CHECK(witness["passing"].is_null());
    return witness["passing_reason"].get<std::string>();
  };
  auto run = violated_run();
  run.trials.erase(run.trials.begin());
  CHECK(reason(run) == "it is about no message that another trial has, too");
  run = violated_run();
  run.judgements[0].environment = {"disk full"};
  CHECK(reason(run) == "no trial without a fault is evidence");
  run = violated_run();
  run.weighing.found[0].trial = 1;
  run.weighing.found[0].witness.events.clear();
  CHECK(reason(run) == "it breaks without a fault");
  run = violated_run();
  run.judgements[0].clauses.push_back({.clause = run.weighing.found[0].witness.clause, .witnesses = {run.weighing.found[0].witness}});
  CHECK(reason(run) == "the trial without a fault breaks the same clause");
  run = violated_run();
  run.trials[0].recordings.clear();
  CHECK(reason(run) == "the trial without a fault knows no such message");
}

TEST_CASE("a witness whose trial is not at hand is reported without events") {
  CHECK(violated_run().report()["witnesses"][1]["events"] == Json::array());
}

TEST_CASE("the reproduce line names the trial that violated, and what else was asked for") {
  SampleRun run = violated_run();
  run.facts.extra_arguments = {"--set", "workload.messages=10"};
  CHECK(run.report()["reproduce"] == Json{"assay", "run", "embedded/acknowledge-after-process", "--seed", "7", "--only",
                                          "kill:consumer-0@consumer-0:C.effect_before_ack#3", "--set", "workload.messages=10"});

  SUBCASE("an anomaly of the control trial needs no fault") {
    run.weighing.found[0].fault = "control";
    run.facts.extra_arguments = {};
    CHECK(run.report()["reproduce"] ==
          Json{"assay", "run", "embedded/acknowledge-after-process", "--seed", "7", "--faults", "none"});
  }
  SUBCASE("a history that somebody else recorded is checked again") {
    run.plan.terms.evidence = Evidence::history;
    run.facts.extra_arguments = {"--claim", "at-most-once"};
    run.facts.profile_argument = "log.jsonl";
    CHECK(run.report()["reproduce"] == Json{"assay", "check", "log.jsonl", "--claim", "at-most-once"});
  }
}

TEST_CASE("an inconclusive clause says what to type") {
  SampleRun run = inconclusive_run();
  const auto settle = [&] { return run.report()["clauses"][0]["remedy"].get<std::string>(); };
  CHECK(settle() == "drop --faults none");
  run.plan.profile.faults.mode = FaultMode::all;
  run.plan.only = "kill:broker@random#4";
  CHECK(settle() == "drop --only");
  run.plan.profile.workload.messages = 0;
  CHECK(settle() == "\"messages\" above 0 in the profile, or --set workload.messages=100");

  run.weighing.clauses[0].reason = Reason::unresolved;
  CHECK(settle() == "--set evidence.drain_timeout_ms=20000");
  run.weighing.clauses[0].reason = Reason::environment;
  CHECK(settle() == "repair why faults did not land: the run was over");
  run.judgements[0].environment = {"disk full"};
  CHECK(settle() == "repair this and run again: disk full");
  run.weighing.clauses[0].reason = Reason::interrupted;
  CHECK(settle() == "run again, with a longer --timeout or none");
}

TEST_CASE("a clause that is upheld or only observed needs nothing") {
  SampleRun run = inconclusive_run();
  run.weighing.clauses[0].claimed = false;
  CHECK(run.report()["clauses"][0]["remedy"] == "");
  CHECK(upheld_run().report()["clauses"][0]["remedy"] == "");
}

TEST_CASE("a clause that does not apply is not reported as upheld") {
  CHECK(upheld_run().report()["clauses"][2]["verdict"] == "not_applicable");
}

TEST_CASE("what was not tested is listed") {
  CHECK(upheld_run().report()["not_tested"] ==
        Json{"pause", "stop", "stall", "network", "node crash", "several brokers", "C.acked: not reached"});

  SampleRun run = upheld_run();
  run.plan.profile.system = "redis";
  run.plan.terms.ground.foreign_broker = true;
  run.plan.terms.ground.has_consumers = false;
  run.plan.terms.targets = {"producer"};
  run.plan.profile.faults.mode = FaultMode::none;
  CHECK(run.report()["not_tested"] == Json{"kill", "pause", "stop", "stall", "network", "node crash", "several brokers",
                                           "faults of the broker", "windows inside redis: it marks none",
                                           "consumers: none in this profile"});
}

TEST_CASE("several brokers were tested where the settings start several") {
  SampleRun run = upheld_run();
  run.plan.system["cluster"] = {{"nodes", "nodes"}, {"lagging", "lagging"}};
  run.plan.profile.settings["nodes"] = 1;
  CHECK(run.report()["not_tested"] == upheld_run().report()["not_tested"]);
  run.plan.profile.settings["nodes"] = 2;
  CHECK(run.report()["not_tested"] == Json{"pause", "stop", "stall", "network", "node crash", "C.acked: not reached"});
}

TEST_CASE("a headline is a sentence about this run") {
  CHECK(violated_run().report()["headline"] ==
        "embedded 0.1.0 violated exactly-once @ committed under kill: 12/producer-0/17 took effect twice. "
        "In all 117 duplicated; 2 causes.");
  CHECK(upheld_run().report()["headline"] ==
        "No violation of exactly-once @ committed observed in 72 landed faults over 4 windows, at least 10 in each.");
  CHECK(inconclusive_run().report()["headline"] ==
        "This run does not settle exactly-once @ committed under kill: not exercised, no-loss @ committed: no fault landed.");

  SampleRun history = upheld_run();
  history.plan.terms.evidence = Evidence::history;
  history.weighing.landed = 1;
  CHECK(history.report()["headline"] == "The history is consistent with exactly-once @ committed; 1 fault recorded.");
}

TEST_CASE("letters stand for anomalies") {
  CHECK(letters({}) == "-");
  CHECK(letters({Anomaly::duplicated, Anomaly::lost}) == "LD");
  CHECK(letters({Anomaly::phantom, Anomaly::corrupted, Anomaly::aborted_read, Anomaly::redelivered_after_ack,
                 Anomaly::misflagged}) == "PCARM");
  CHECK(letters({Anomaly::redelivered_after_ack, Anomaly::reordered}) == "RO");
  CHECK(letters({Anomaly::reordered, Anomaly::zombie_write, Anomaly::stuck}) == "OZS");
  CHECK(letters({Anomaly::torn, Anomaly::early_read, Anomaly::skipped}) == "TEH");
}

TEST_CASE("no two anomalies have the same letter") {
  std::set<Anomaly> all;
  for (const auto& clause : clause_table()) all.insert(clause.anomaly);
  const std::string seen = letters(all);
  CHECK(seen.size() == all.size());
  CHECK(std::set<char>(seen.begin(), seen.end()).size() == all.size());
}

TEST_CASE("a report bounds what was not seen, and says to what the bounds refer") {
  const Json report = upheld_run().report();
  CHECK(report["bounds"] == Json::parse(R"({"basis": "draws", "confidence": 0.95, "windows": 4, "cells": 4, "decided": 72,
      "decided_violating": 0, "fewest": 10, "widest": 0.2589, "pooled": 0.04075, "joint": 0.3548, "until_p": null,
      "faults_until_violation": null, "duplicates_per_kill": null})"));
  CHECK(report["windows"][1]["upper"] == 0.1273);
  CHECK(report["windows"][1]["lower"] == nullptr);
  CHECK(report["statement"] ==
        "No violation of exactly-once @ committed observed in 72 landed faults over 4 windows (per-window minimum 10, upper "
        "95 % bound 0.259 per landed fault in that window, 0.0408 pooled over the tested mix; 0.355 per landed fault in every "
        "window at once); not tested: pause, stop, stall, network, node crash, several brokers, C.acked: not reached.");
}

TEST_CASE("a window where nothing landed has no bound") {
  const Json report = inconclusive_run().report();
  CHECK(report["windows"][0]["upper"] == nullptr);
  CHECK(report["windows"][1]["upper"] == 0.6316);
}

TEST_CASE("a violated run says after how many faults, and how many duplicates a kill makes") {
  const Json bounds = violated_run().report()["bounds"];
  CHECK(bounds["faults_until_violation"] == 7);
  CHECK(bounds["duplicates_per_kill"] == 1.625);
}

TEST_CASE("an enumeration has no bounds, for its faults are not drawn") {
  for (SampleRun run : {upheld_run(), violated_run()}) {
    run.plan.sweep = true;
    run.judgements.resize(2);  // a sweep has no random faults
    const Json report = run.report();
    CHECK(report["bounds"]["basis"] == "enumeration");
    for (const char* bound : {"widest", "pooled", "joint"}) CHECK(report["bounds"][bound] == nullptr);
    for (const Json& cell : report["windows"]) {
      CHECK(cell["upper"] == nullptr);
      CHECK(cell["lower"] == nullptr);
    }
    const std::string start = report["verdict"] == "upheld" ? "No violation" : "Violation";
    CHECK(report["statement"] ==
          start + " of exactly-once @ committed observed; enumeration of 1 places with 100 messages, 1 of their faults "
                  "landed; bounds need independent draws; not tested: pause, stop, stall, network, node crash, several "
                  "brokers, C.acked: not reached.");
  }
}

TEST_CASE("a history has no bounds, for nobody drew its faults") {
  SampleRun run = upheld_run();
  run.plan.terms.evidence = Evidence::history;
  const Json report = run.report();
  CHECK(report["bounds"]["basis"] == "history");
  CHECK(report["bounds"]["pooled"] == nullptr);
  CHECK(report["windows"][0]["upper"] == nullptr);
}

TEST_CASE("a bound that was asked for is reported, and asked for again") {
  SampleRun run = upheld_run();
  run.plan.terms.until_p = 0.05;
  CHECK(run.report()["bounds"]["until_p"] == 0.05);
  CHECK(run.report()["reproduce"] ==
        Json{"assay", "run", "embedded/acknowledge-after-process", "--seed", "7", "--until", "p<0.05"});

  SUBCASE("but not with the one trial that violated") {
    SampleRun broken = violated_run();
    broken.plan.terms.until_p = 0.05;
    CHECK(broken.report()["reproduce"] == violated_run().report()["reproduce"]);
  }
  SUBCASE("and a clause that lacks faults for it says what to do") {
    run = inconclusive_run();
    run.plan.profile.faults.mode = FaultMode::all;
    run.weighing.clauses[0].exercised = 30;
    run.weighing.clauses[0].detail = "for p<0.05 C.received: 59 more landed kills of the consumer";
    CHECK(run.report()["clauses"][0]["remedy"] == "another --seed, or a greater number in --until");
  }
}

TEST_CASE("whatever bytes came from outside, a report is valid JSON") {
  for (const SampleRun& run : {violated_run(), upheld_run(), inconclusive_run()}) {
    const Json report = hostile(run).report();
    CHECK(Json::parse(report.dump()) == report);
  }
}

TEST_CASE("a report of a huge run stays of a size that can be read") {
  SampleRun run = inconclusive_run();
  Judgement open{.trial = 1};
  open.environment = open.gaps = {"gap"};
  open.clauses = {{.clause = {Clause::no_loss, Scope::committed}, .unresolved = {"1/producer-0/1"}}};
  run.judgements.insert(run.judgements.end(), 2000, open);
  const Json trials = run.report()["trials"];
  CHECK(trials["unresolved_count"] == 2000);
  CHECK(trials["unresolved"].size() == 100);
  CHECK(trials["environment"].size() == 100);
  CHECK(trials["gaps"].size() == 100);
}
