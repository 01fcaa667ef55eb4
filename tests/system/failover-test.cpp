// Fail-over to replicas, with real servers: what was acknowledged is lost or
// kept as the settings say.
#include <algorithm>

#include <doctest/doctest.h>

#include "workbench.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

bool lists(const Json& list, const std::string& entry) { return std::find(list.begin(), list.end(), entry) != list.end(); }

}  // namespace

TEST_CASE("a fail-over to a replica that lags loses what was acknowledged") {
  const Bench bench;
  Json report;
  const auto outcome = bench.run({profile("redis/failover"), "--as-expected"}, report);
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  REQUIRE(outcome.code == 0);
  CHECK(report["verdict"] == "violated");
  CHECK(report["trials"]["environment"].empty());
  CHECK_FALSE(lists(report["not_tested"], "several brokers"));
}

TEST_CASE("a fail-over to the replica that confirmed keeps what was acknowledged") {
  const Bench bench;
  Json report;
  const auto outcome = bench.run({profile("redis/failover-waits"), "--as-expected"}, report);
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  REQUIRE(outcome.code == 0);
  CHECK(report["verdict"] == "upheld");
  CHECK(report["trials"]["environment"].empty());
  CHECK(report["faults"]["landed"].get<int>() >= 21);
}

// Who must have a message decides, not how many servers there are.
TEST_CASE("without WAIT and with all replicas cut off nothing is kept, however many there are") {
  const Bench bench;
  Json report;
  const auto outcome = bench.run({profile("redis/failover-waits"), "--set", "system.settings.wait=0", "--set", "system.settings.lagging=2",
                                  "--only", "kill:broker@producer-0:P.acked_before_cursor#50"}, report);
  CAPTURE(outcome.output);
  CHECK(outcome.code == 1);
  CHECK(report["anomalies"]["lost"]["forbidden"] == true);
}

TEST_CASE("a primary that is stopped in good order, or stands still, breaks no promise") {
  const Bench bench;
  for (const std::string fault : {"stop:broker@producer-0:P.sent_before_ack#20", "stop:broker@consumer-0:C.effect_before_ack#70",
                                  "stall:broker@producer-0:P.before_send#20"}) {
    CAPTURE(fault);
    Json report;
    const auto outcome = bench.run({profile("redis/failover-waits"), "--set", R"(faults.kinds=["stop","stall"])", "--set",
                                    "evidence.request_timeout_ms=300", "--set", "evidence.faults=1", "--only", fault}, report);
    CAPTURE(outcome.output);
    CHECK(outcome.code != 1);
    CHECK(report["faults"]["landed"] == 1);
    CHECK(report["trials"]["environment"].empty());
  }
}
