// A network between agents and server that loses, holds and delays, with real
// servers: what the claim is worth then, and when such a fault counts.
#include <doctest/doctest.h>

#include "workbench.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

const std::string quick = "evidence.request_timeout_ms=200";

Bench::Outcome run_one(const Bench& bench, const std::string& name, const std::string& cut_by, const std::string& fault, Json& report) {
  const auto kind = fault.substr(0, fault.find(':'));
  return bench.run({profile(name), "--set", "faults.kinds=[\"" + kind + "\"]", "--set", "faults.cut.by=" + cut_by, "--set", quick,
                    "--only", fault},
                   report);
}

bool runs_as_expected(const std::string& name) {
  const Bench bench;
  const auto outcome = bench.assay({"run", profile(name), "--as-expected", "--seed", "1"});
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  CHECK(outcome.code == 0);
  return outcome.code == 0;
}

}  // namespace

TEST_CASE("each fault of the network lands on the way of one agent, and on all ways") {
  const std::vector<std::string> places{"producer-0@producer-0:P.before_send#3", "broker@producer-0:P.sent_before_ack#9",
                                        "consumer-0@consumer-0:C.effect_before_ack#30", "broker@consumer-0:C.received#12"};
  const std::vector<std::pair<std::string, std::string>> faults{{"cut", "reset"}, {"cut", "blackhole"}, {"cut", "bytes"}, {"cut", "answer"},
                                                                {"delay", "reset"}, {"hold", "reset"}};
  for (const std::string name : {"redis/streams-aof", "beanstalkd/network"})
    for (const auto& [kind, cut_by] : faults)
      for (const auto& place : places) {
        const Bench bench;
        Json report;
        const auto outcome = run_one(bench, name, cut_by, kind + ":" + place, report);
        CAPTURE(name);
        CAPTURE(kind + " by " + cut_by + " of " + place);
        CAPTURE(outcome.output);
        CAPTURE(outcome.errors);
        CHECK(report["faults"]["landed"] == 1);
        CHECK(report["trials"]["repeated"].empty());
        CHECK(report["verdict"] != "violated");
      }
}

TEST_CASE("a fault that meets nobody has not landed") {
  for (const std::string kind : {"cut", "delay", "hold"}) {
    const Bench bench;
    Json report;
    const auto outcome = run_one(bench, "redis/streams-aof", "reset", kind + ":producer-0@producer-0:P.cursor_saved#100", report);
    CAPTURE(kind);
    CAPTURE(outcome.output);
    CHECK(outcome.code == 2);
    CHECK(report["faults"]["landed"] == 0);
  }
}

TEST_CASE("what people run on Redis and beanstalkd ends over such a network as its profile says") {
  CHECK(runs_as_expected("redis/network"));
  CHECK(runs_as_expected("redis/network-dedup-script"));
  CHECK(runs_as_expected("redis/network-resend"));
  CHECK(runs_as_expected("redis/network-list-pop"));
  CHECK(runs_as_expected("beanstalkd/network"));
  CHECK(runs_as_expected("beanstalkd/network-exactly-once"));
}

TEST_CASE("a network is cut only where there is one, and where the profile asks for it") {
  const Bench bench;
  const auto none = bench.assay({"run", profile("embedded/at-least-once"), "--set", "faults.kinds=[\"cut\"]"});
  CHECK(none.code == 64);
  CHECK(none.errors.find("embedded is reached by ipc") != std::string::npos);
  const auto unasked = bench.assay({"run", profile("redis/streams-aof"), "--only", "cut:producer-0@producer-0:P.before_send#1"});
  CHECK(unasked.code == 64);
  CHECK(unasked.errors.find("the profile names no cut among its kinds of faults") != std::string::npos);
}

TEST_CASE("a witness of the network is seen again by replay, and its stored run is judged the same") {
  const Bench bench;
  Json report;
  REQUIRE(bench.run({profile("redis/network-list-pop"), "--stop-on-violation"}, report).code == 1);
  CHECK(report["witnesses"][0]["anomaly"] == "lost");
  const auto again = bench.assay({"replay", "r.json"});
  CAPTURE(again.output);
  CAPTURE(again.errors);
  CHECK(again.code == 1);
  const auto checked = bench.assay({"check", "r.d"});
  CAPTURE(checked.output);
  CHECK(checked.code == 1);
}
