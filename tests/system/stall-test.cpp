// A broker that stands still until everybody has waited in vain, and then goes on.
#include <doctest/doctest.h>

#include "workbench.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

const std::vector<std::string> stalls{"--set", "faults.kinds=[\"stall\"]", "--set", "evidence.request_timeout_ms=100"};

Bench::Outcome run_stalled(const Bench& bench, const std::string& name, const std::vector<std::string>& more, Json& report) {
  std::vector<std::string> arguments{profile(name)};
  arguments.insert(arguments.end(), stalls.begin(), stalls.end());
  arguments.insert(arguments.end(), more.begin(), more.end());
  return bench.run(arguments, report);
}

}  // namespace

TEST_CASE("a stall lands on a broker at its own window, and at a window of an agent") {
  const std::vector<std::pair<std::string, std::vector<std::string>>> faults{
      {"embedded/at-least-once", {"broker:B.recv#3", "broker:B.durable_before_reply#20", "broker:B.replied#7", "broker:B.ack_recv#11"}},
      {"redis/streams-aof", {"producer-0:P.before_send#3", "producer-0:P.sent_before_ack#9", "consumer-0:C.effect_before_ack#30", "consumer-0:C.acked#100"}}};
  for (const auto& [name, triggers] : faults)
    for (const auto& trigger : triggers) {
      const Bench bench;
      Json report;
      const auto outcome = run_stalled(bench, name, {"--only", "stall:broker@" + trigger}, report);
      CAPTURE(name);
      CAPTURE(trigger);
      CAPTURE(outcome.output);
      CAPTURE(outcome.errors);
      CHECK(report["faults"]["landed"] == 1);
      CHECK(report["trials"]["repeated"].empty());
      CHECK(report["verdict"] != "violated");
    }
}

TEST_CASE("at-least-once is upheld with a stall in every relevant window") {
  for (const std::string name : {"embedded/at-least-once", "redis/streams-aof"}) {
    CAPTURE(name);
    const Bench bench;
    Json report;
    const auto outcome = run_stalled(bench, name, {"--faults", "directed"}, report);
    CAPTURE(outcome.output);
    CAPTURE(outcome.errors);
    CHECK(outcome.code == 0);
    CHECK(report["faults"]["landed"].get<int>() >= 30);
    for (const auto& window : report["windows"]) CHECK(window["target"] == "broker");
  }
}

TEST_CASE("resending is not exactly-once where a broker stands still, and a trial shows it again") {
  const Bench bench;
  Json report;
  const auto found = bench.run({profile("variants/retry-stalled"), "--stop-on-violation"}, report);
  CAPTURE(found.output);
  REQUIRE(found.code == 1);
  Json again;
  const auto only = bench.run({profile("variants/retry-stalled"), "--only", "stall:broker@broker:B.durable_before_reply#5"}, again);
  CAPTURE(only.output);
  CHECK(only.code == 1);
  CHECK(again["witnesses"][0]["anomaly"] == "duplicated");
  CHECK(bench.run({profile("variants/stable-id-stalled")}, again).code == 0);
}

TEST_CASE("a broker that stores again what took it long is found by stalls alone") {
  const Bench bench;
  Json report;
  const std::string planted = profile("planted/stores-again-when-slow");
  const auto found = bench.run({planted, "--as-expected", "--faults", "directed"}, report);
  CAPTURE(found.output);
  CHECK(found.code == 0);
  for (const auto& window : report["windows"]) {
    CAPTURE(window.dump());
    if (window["kind"] != "stall") CHECK(window["violating"] == 0);
  }
  CHECK(bench.run({planted, "--faults", "directed", "--set", "faults.kinds=[\"kill\",\"pause\"]"}, report).code == 0);
}
