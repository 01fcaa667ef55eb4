// The brokers that people ask about: of each what it keeps and what it does not,
// as profiles say. ci/systems and ci/track-record have the others.
#include <doctest/doctest.h>

#include "workbench.hpp"

using namespace assay;

namespace {

// Here it is the verdict that counts, and not how sure one can be of it.
const std::vector<std::string> few{"--set", "evidence.per_window=1", "--set", "evidence.faults=6", "--set", "evidence.antecedents=6", "--set", "faults.random=0"};

void ends_as_expected(const std::string& name, const std::vector<std::string>& options = {}) {
  CAPTURE(name);
  const Bench bench;
  std::vector<std::string> arguments{"run", profile(name), "--as-expected"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const auto outcome = bench.assay(arguments);
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  CHECK(outcome.code == 0);
}

}  // namespace

TEST_CASE("PostgreSQL") {
  ends_as_expected("postgres/queue-effect-in-transaction");
  ends_as_expected("postgres/queue-commit-before");
  ends_as_expected("postgres/synchronous-commit-off");
}

TEST_CASE("NATS") {
  ends_as_expected("nats/jetstream", few);
  ends_as_expected("nats/double-ack");
}

TEST_CASE("MQTT") {
  ends_as_expected("mqtt/qos1-clean-stops");
  ends_as_expected("mqtt/qos2-in-flight");
}

TEST_CASE("RabbitMQ") {
  ends_as_expected("rabbitmq/auto-ack-at-most-once", few);
  ends_as_expected("rabbitmq/drop-head");
}

TEST_CASE("Kafka") {
  ends_as_expected("kafka/commit-after", few);
  ends_as_expected("kafka/t4-offset-after-produce", few);
}
