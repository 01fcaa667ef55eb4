// From a profile to its verdict, on both systems. One seed here; ci/soak runs
// the same over many.
#include <doctest/doctest.h>

#include <set>

#include "workbench.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

const std::vector<std::string> systems{"embedded/at-least-once", "redis/streams-aof"};

bool has_witness_in(const Json& report, const std::string& anomaly, const std::string& window) {
  for (const auto& witness : report.at("witnesses"))
    if (witness.at("anomaly") == anomaly && witness.at("cell") == window) return true;
  return false;
}

}  // namespace

TEST_CASE("at-least-once is upheld with every relevant window at its floor") {
  for (const auto& name : systems) {
    CAPTURE(name);
    const Bench bench;
    Json report;
    const auto outcome = bench.run({profile(name)}, report);
    CAPTURE(outcome.output);
    CAPTURE(outcome.errors);
    REQUIRE(outcome.code == 0);
    CHECK(report["verdict"] == "upheld");
    CHECK(report["faults"]["landed"].get<int>() >= 30);
    std::set<std::string> targets;
    int relevant = 0;
    for (const auto& window : report["windows"]) {
      if (window["floor"].get<int>() == 0) continue;
      ++relevant;
      CAPTURE(window.dump());
      CHECK(window["landed"].get<int>() >= 3);
      targets.insert(window["target"].get<std::string>());
    }
    CHECK(relevant >= 13);
    CHECK(targets == std::set<std::string>{"producer", "consumer", "broker"});
  }
}

// Consumers that lag behind the producers make the broker pass its windows late;
// they are relevant all the same.
TEST_CASE("no window is left out when consumers are slower than producers") {
  const Bench bench;
  Json report;
  const auto outcome = bench.run({profile("embedded/at-least-once"), "--set", "workload.producers=2", "--set", "workload.consumers=2",
                                  "--set", "workload.in_flight=8", "--set", "workload.prefetch=10", "--set", "workload.ack_batch=5"},
                                 report);
  CAPTURE(outcome.output);
  CHECK(outcome.code == 0);
  int relevant = 0;
  for (const auto& window : report["windows"]) relevant += window["floor"].get<int>() > 0;
  CHECK(relevant == 20);
}

TEST_CASE("exactly-once is violated, with a witness between effect and ack, and its trial reproduces it") {
  for (const auto& name : systems) {
    CAPTURE(name);
    const Bench bench;
    Json report;
    const auto outcome = bench.run({profile(name), "--claim", "exactly-once"}, report);
    CAPTURE(outcome.output);
    REQUIRE(outcome.code == 1);
    CHECK(has_witness_in(report, "duplicated", "C.effect_before_ack"));
    CHECK(outcome.output.find("reproduce") != std::string::npos);

    for (int again = 0; again < 5; ++again) {
      Json once;
      const auto only = bench.run({profile(name), "--claim", "exactly-once", "--only",
                                   "kill:consumer-0@consumer-0:C.effect_before_ack#" + std::to_string(1 + again * 7)}, once);
      CAPTURE(only.output);
      CHECK(only.code == 1);
      CHECK(has_witness_in(once, "duplicated", "C.effect_before_ack"));
    }
  }
}

// All is sent, and nobody waits for the broker, when it comes to this window.
TEST_CASE("a fault at the very last step of a trial lands") {
  for (int again = 0; again < 5; ++again) {
    const Bench bench;
    Json report;
    const auto outcome = bench.run({profile("embedded/at-least-once"), "--claim", "at-least-once @ stored", "--set",
                                    "workload.consumers=0", "--set", "workload.messages=3", "--only",
                                    "kill:broker@broker:B.replied#3"}, report);
    CAPTURE(outcome.output);
    CHECK(report["faults"]["landed"] == 1);
    CHECK(report["trials"]["repeated"].empty());
  }
}

TEST_CASE("random kills alone find the duplicate, and the report shows where they landed") {
  for (const auto& name : systems) {
    CAPTURE(name);
    const Bench bench;
    Json report;
    const auto outcome = bench.run({profile(name), "--claim", "exactly-once", "--faults", "random"}, report);
    CAPTURE(outcome.output);
    CHECK(outcome.code == 1);
    CHECK(report["trials"]["run"].get<int>() <= 500);
    int landed = 0;
    for (const auto& window : report["windows"]) landed += window["landed"].get<int>();
    CHECK(landed == report["faults"]["landed"].get<int>());
  }
}

TEST_CASE("what people run on Redis and beanstalkd ends as is known of it") {
  const Bench bench;
  const auto outcome = bench.assay({"run", profile("beanstalkd/binlog"), profile("beanstalkd/memory-late"), profile("redis/list-move"),
                                    profile("redis/streams-memory-late"), profile("redis/streams-noack"), "--as-expected"});
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  CHECK(outcome.code == 0);
}

TEST_CASE("an outbox that is read by ids loses rows without a fault, and one that is read by transactions does not") {
  const Bench bench;
  Json report;
  const auto plain = bench.run({profile("postgres/outbox-by-id"), "--faults", "none", "--set", "workload.messages=1000"}, report);
  CAPTURE(plain.output);
  CHECK(plain.code == 1);
  CHECK(report["anomalies"]["lost"]["forbidden"] == true);
  const auto guarded = bench.run({profile("postgres/outbox-snapshot-guard"), "--faults", "none", "--set", "workload.messages=1000"}, report);
  CAPTURE(guarded.output);
  CHECK(report["accounts"]["lost"] == 0);
}

TEST_CASE("where silence ends the drain, at-most-once is upheld with evidence") {
  const Bench bench;
  Json report;
  const auto outcome = bench.run({profile("redis/pubsub-at-most-once"), "--set", "evidence.per_window=1", "--set", "evidence.faults=10",
                                  "--set", "evidence.antecedents=10", "--set", "faults.random=2"}, report);
  CAPTURE(outcome.output);
  CHECK(outcome.code == 0);
  CHECK(report["trials"]["unresolved_count"] == 0);
  CHECK(report["faults"]["landed"].get<int>() >= 10);
}

TEST_CASE("the honest broker is upheld under the claims that planted ones break") {
  const Bench bench;
  for (const std::string claim : {"at-least-once + ack-durable", "at-least-once + redel-honest",
                                  "at-least-once + lease-exclusive"}) {
    CAPTURE(claim);
    const auto honest = bench.assay({"run", profile("embedded/at-least-once"), "--claim", claim});
    CAPTURE(honest.output);
    CHECK(honest.code == 0);
  }
}

TEST_CASE("what a crash test believes is upheld under kills alone and violated with pauses") {
  const Bench bench;
  const auto verdict = [&](const std::string& name, const std::string& kinds) {
    Json report;
    const auto outcome = bench.run({profile(name), "--set", "faults.kinds=" + kinds, "--faults", "directed"}, report);
    CAPTURE(outcome.output);
    CAPTURE(outcome.errors);
    std::vector<std::string> forbidden;
    for (const auto& [anomaly, seen] : report.at("anomalies").items())
      if (seen.at("forbidden") == true) forbidden.push_back(anomaly);
    return std::pair(report.at("verdict").get<std::string>(), forbidden);
  };
  for (const std::string name : {"variants/unfenced-kills-only", "variants/check-then-act-kills-only"}) {
    CAPTURE(name);
    CHECK(verdict(name, R"(["kill"])") == std::pair(std::string("upheld"), std::vector<std::string>{}));
    CHECK(verdict(name, R"(["kill","pause"])") == std::pair(std::string("violated"), std::vector<std::string>{"duplicated"}));
  }
}

TEST_CASE("ids kept in memory do not survive a restart of the broker") {
  const Bench bench;
  Json report;
  const auto outcome = bench.run({profile("variants/dedup-forgetful"), "--as-expected"}, report);
  CAPTURE(outcome.output);
  CHECK(outcome.code == 0);
  CHECK(has_witness_in(report, "duplicated", "B.durable_before_reply"));
}

TEST_CASE("a run without evidence is never upheld") {
  const Bench bench;
  Json report;
  SUBCASE("no faults") {
    CHECK(bench.run({profile("embedded/at-least-once"), "--faults", "none"}, report).code == 2);
    CHECK(report["reason"] == "not_exercised");
  }
  SUBCASE("no messages") {
    CHECK(bench.run({profile("embedded/at-least-once"), "--set", "workload.messages=0"}, report).code == 2);
    CHECK(report["reason"] == "not_exercised");
  }
  SUBCASE("a broker that answers and delivers nothing") {
    CHECK(bench.run({profile("planted/delivers-nothing")}, report).code == 2);
    CHECK(report["reason"] == "environment");
  }
  SUBCASE("one trial only") {
    CHECK(bench.run({profile("embedded/at-least-once"), "--only", "kill:broker@broker:B.recv#1"}, report).code == 2);
    CHECK(report["reason"] == "not_exercised");
  }
}
