// From a kill at some random moment to the one that shows it every time.
#include <doctest/doctest.h>

#include "tests/files.hpp"
#include "tests/system/workbench.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

Json report_in(const Bench& bench, const std::string& name) { return Json::parse(contents(bench.directory() / name)); }

}  // namespace

TEST_CASE("a random kill of a consumer of Redis becomes one at a window, with one message, and violates every time") {
  const Bench bench;
  Json report;
  int code = 0;
  for (int seed = 1; seed <= 8 && code == 0; ++seed)  // where kills at random strike is left to the clock
    code = bench.run({profile("redis/streams-aof"), "--claim", "exactly-once @ committed", "--faults", "random", "--set",
                      "faults.targets=[\"consumer\"]", "--stop-on-violation", "--seed", std::to_string(seed)}, report).code;
  REQUIRE(code == 1);
  REQUIRE(report["witnesses"][0]["fault"].get<std::string>().find("@random#") != std::string::npos);

  const auto outcome = bench.assay({"shrink", "r.json", "--report", "small.json", "--confirm", "10"});
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  CHECK(outcome.code == 1);
  const auto small = report_in(bench, "small.json");
  CHECK(small["verdict"] == "violated");
  const Json& witness = small["witnesses"][0];
  CHECK(witness["clause"] == report["witnesses"][0]["clause"]);
  CHECK(witness["origin"] == report["witnesses"][0]["origin"]);
  CHECK(witness["fault"] == "kill:consumer-0@consumer-0:C.effect_before_ack#1");
  CHECK(witness["replays"] == Json{{"n", 10}, {"violated", 10}});
  CHECK(witness["passing"]["events"].size() > 3);
  CHECK(small["shrink"]["from"]["messages"] == 100);
  CHECK(small["shrink"]["to"] == Json{{"fault", "kill:consumer-0@consumer-0:C.effect_before_ack#1"}, {"messages", 1}});
  CHECK(small["plan"]["workload"]["messages"] == 1);
  CHECK(outcome.output.find("= 10 of 10 replays violated; shrunk from 100 messages to 1") != std::string::npos);

  // The smaller run is a run like any other.
  CHECK(bench.assay({"check", "small.d"}).code == 1);
  CHECK(bench.assay({"replay", "small.json", "--times", "3"}).output.find("reproduced  3 of 3") != std::string::npos);
  Json again;
  std::vector<std::string> words;
  for (const auto& word : small["reproduce"]) words.push_back(word);
  REQUIRE(words.size() > 4);
  CHECK(bench.run({words.begin() + 2, words.end()}, again).code == 1);
}

TEST_CASE("what was lost is shrunk to a loss, and nothing else that breaks is taken for it") {
  const Bench bench;
  Json report;
  REQUIRE(bench.run({profile("redis/snapshot-only"), "--faults", "directed", "--stop-on-violation"}, report).code == 1);
  const auto outcome = bench.assay({"shrink", "r.d", "--confirm", "5"});
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  CHECK(outcome.code == 1);
  const auto kept = bench.directory() / "r-shrunk.d";
  const auto small = Json::parse(contents(kept / "report.json"));
  CHECK(small["witnesses"][0]["anomaly"] == "lost");
  CHECK(small["witnesses"][0]["replays"] == Json{{"n", 5}, {"violated", 5}});
  CHECK(small["shrink"]["to"]["messages"] <= 2);
}

TEST_CASE("a finding that does not come again is not made smaller") {
  const Bench bench;
  Json report;
  REQUIRE(bench.run({profile("embedded/at-least-once"), "--claim", "exactly-once", "--set", "workload.messages=5", "--only",
                     "kill:consumer-0@consumer-0:C.effect_before_ack#1"}, report).code == 1);
  report["witnesses"][0]["origin"] = "somewhere else";
  bench.write("r.json", report.dump());
  const auto outcome = bench.assay({"shrink", "r.json"});
  CHECK(outcome.code == 2);
  CHECK(outcome.output == "  kill:consumer-0@consumer-0:C.effect_before_ack#1 did not show duplicated again in 20 runs; there is nothing to make smaller\n");
  CHECK_FALSE(std::filesystem::exists(bench.directory() / "r-shrunk.d"));
}

TEST_CASE("what cannot be shrunk is refused in one line") {
  const Bench bench;
  Json report;
  bench.run({profile("embedded/at-least-once"), "--faults", "none"}, report);
  const auto nothing = bench.assay({"shrink", "r.json"});
  CHECK(nothing.code == 64);
  CHECK(nothing.errors == "assay: shrink r.json: it found nothing that could be seen again\n");
  CHECK(bench.assay({"shrink", "none.json"}).code == 64);
  CHECK(bench.assay({"shrink"}).code == 64);
  CHECK(bench.assay({"shrink", "r.json", "--confirm", "0"}).code == 64);
}
