// Settings, addresses, errors and configuration: what needs no server.
#include <cstdlib>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "agents/systems/kafka/errors.hpp"
#include "agents/systems/kafka/installed.hpp"
#include "agents/systems/kafka/membership.hpp"
#include "agents/systems/kafka/place.hpp"
#include "agents/systems/kafka/positions.hpp"
#include "agents/systems/kafka/records.hpp"
#include "agents/systems/kafka/server.hpp"
#include "agents/systems/kafka/settings.hpp"
#include "tests/files.hpp"

using namespace assay;
using namespace assay::kafka;
using nlohmann::json;

TEST_CASE("a profile that says nothing of Kafka gets what its clients do by default") {
  CHECK(settings_in(json::object()) == Settings{});
  CHECK(settings_in({{"membership", "assigned"}, {"partitions", 4}, {"shares", 2}, {"acks", "1"}, {"transactional_id", "by-incarnation"}}) ==
        Settings{.acks = "1", .partitions = 4, .membership = Membership::assigned, .shares = 2, .fenced = false});
  CHECK(settings_in({{"commit", "auto"}, {"auto_commit_interval_ms", 5}, {"isolation", "read_uncommitted"}}) ==
        Settings{.auto_commit = true, .auto_commit_interval_ms = 5, .isolation = "read_uncommitted"});
}

TEST_CASE("a setting that Kafka or its company does not allow is refused by name") {
  const auto refused = [](const json& settings, const char* why) { CHECK_THROWS_WITH(settings_in(settings), why); };
  refused({{"acks", "two"}}, "setting \"acks\" of Kafka: \"two\" is not one of its values");
  refused({{"acks", 1}}, "setting \"acks\" of Kafka: 1 is no string");
  refused({{"partitions", 0}}, "setting \"partitions\" of Kafka: 0 is not from 1 to 64");
  refused({{"shares", 2}}, "setting \"shares\" of Kafka: it may not be given with membership \"static\"");
  refused({{"auto_commit_interval_ms", 5}}, "setting \"auto_commit_interval_ms\" of Kafka: it may not be given with commit \"explicit\"");
}

TEST_CASE("an address is servers and words of librdkafka, and its secret comes from elsewhere") {
  ::setenv("ASSAY_SECRET", "me:hush", 1);
  CHECK(connection_words("a:1,b:2") == Words{{"bootstrap.servers", "a:1,b:2"}});
  CHECK(connection_words("a:1 security.protocol=SASL_SSL ssl.ca.location=ca.pem sasl.mechanisms=PLAIN") ==
        Words{{"bootstrap.servers", "a:1"}, {"security.protocol", "SASL_SSL"}, {"ssl.ca.location", "ca.pem"}, {"sasl.mechanisms", "PLAIN"},
              {"sasl.username", "me"}, {"sasl.password", "hush"}});
  CHECK(connection_words("a:1 sasl.mechanisms=PLAIN sasl.username=you").at("sasl.password") == "me:hush");
  ::unsetenv("ASSAY_SECRET");
  CHECK_THROWS_WITH_AS(connection_words("a:1 sasl.mechanisms=PLAIN"), doctest::Contains("put USER:PASSWORD into ASSAY_SECRET"), std::runtime_error);
  CHECK_THROWS_WITH_AS(connection_words("a:1 sasl.password=hush"), doctest::Contains("a secret has no place in it"), std::runtime_error);
  CHECK_THROWS_WITH_AS(connection_words("a:1 linger.ms=5"), doctest::Contains("\"linger.ms\" is none of its words"), std::runtime_error);
  CHECK_THROWS_WITH_AS(connection_words("nowhere"), doctest::Contains("no HOST:PORT in it"), std::runtime_error);
}

TEST_CASE("a client that asks for nobody's word does not send again by itself, an idempotent one has to") {
  CHECK(producer_words({}, "p#1").at("message.send.max.retries") == "0");
  CHECK(producer_words({}, "p#1").at("enable.idempotence") == "false");
  CHECK_FALSE(producer_words({.idempotence = true}, "p#1").contains("message.send.max.retries"));
}

TEST_CASE("definite is what comes before anything is written, and nothing that a broker says when it moves") {
  for (const auto error : {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED})
    CHECK(is_definite(error));
  for (const auto error : {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                           RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, RD_KAFKA_RESP_ERR_UNKNOWN})
    CHECK_FALSE(is_definite(error));
}

TEST_CASE("a record that timed out is definite only where librdkafka never sent it") {
  rd_kafka_message_t report{};
  report.err = RD_KAFKA_RESP_ERR__TRANSPORT;
  CHECK(answer_to(report, {}).outcome == SendOutcome::indeterminate);
}

TEST_CASE("static members go by their names, and who is assigned by its number") {
  const LinkSetup setup{.address = "", .channel = "t5", .group = "g", .incarnation = "consumer-1#2", .prefetch = 1, .settings = "{}", .notice = {}};
  CHECK(consumer_words({}, setup).at("group.instance.id") == "consumer-1");
  CHECK(consumer_words({}, setup).at("group.id") == "g-t5");
  CHECK_FALSE(consumer_words({.membership = Membership::dynamic}, setup).contains("group.instance.id"));
  const Settings dealt{.partitions = 5, .membership = Membership::assigned, .shares = 2};
  CHECK(own_partitions(dealt, "consumer-1#7") == std::vector<std::int32_t>{1, 3});
  CHECK(own_partitions(dealt, "consumer-2#1").empty());
}

TEST_CASE("a position is told and read back") {
  CHECK(to_string({.partition = 2, .offset = 17}) == "2/17");
  CHECK(position_in("2/17") == Position{.partition = 2, .offset = 17});
  CHECK(copy_name("t5", {.partition = 2, .offset = 17}) == "t5/2/17");
}

TEST_CASE("a broker listens here and tells clients to come to where it is told that they are") {
  const auto text = properties("/d", "127.0.0.1:9092", "127.0.0.1:7000", 9093, {.initial_rebalance_delay_ms = 500});
  CHECK(text.find("group.initial.rebalance.delay.ms=500\n") != std::string::npos);
  CHECK(text.find("\nlisteners=CLIENT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093\n") != std::string::npos);
  CHECK(text.find("\nadvertised.listeners=CLIENT://127.0.0.1:7000\n") != std::string::npos);
  CHECK(text.find("\nlog.dirs=/d/data\n") != std::string::npos);
}

TEST_CASE("a broker is found by its jar, and where there is none it is said what to do") {
  const TemporaryDirectory directory;
  CHECK(installed_in({directory.path()}).missing.find("ci/setup --systems kafka fetches them") != std::string::npos);
  std::ofstream(directory / "kafka_2.13-3.9.1.jar") << "";
  std::ofstream(directory / "a.jar") << "";
  CHECK(installed_in({"/nowhere", directory.path()}).version == "3.9.1");
  CHECK(class_path(directory.path()) == (directory / "a.jar").string() + ":" + (directory / "kafka_2.13-3.9.1.jar").string());
}
