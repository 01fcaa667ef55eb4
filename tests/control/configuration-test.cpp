#include <doctest/doctest.h>

#include <set>

#include "agents/control/configuration.hpp"

using namespace assay;

static AgentConfiguration every_field_set() {
  return {.role = "retry-until-acknowledged",
          .process = "producer-0",
          .incarnation = 2,
          .trial = 12,
          .run = "r7",
          .seed = 18446744073709551615ULL,
          .recording = "producer-0#2.rec",
          .address = "ipc://broker",
          .channel = "orders-12",
          .group = "workers",
          .settings = R"({"lease_ms":5})",
          .take_over = {"consumer-0#1", "consumer-1#3"},
          .cursor = "producer-0.cursor",
          .sink = "sink.db",
          .effect_query = "SELECT message FROM orders",
          .effect_logs = "effects",
          .owners = {"consumer-0"},
          .body_template = "{message}",
          .recognise = "pointer /order",
          .input_channel = "orders-12-in",
          .input_group = "workers",
          .messages = 100,
          .size = 300,
          .keys = 7,
          .in_flight = 4,
          .prefetch = 5,
          .ack_batch = 6,
          .process_ms = 8,
          .request_timeout_ms = 250,
          .reject_every = 9,
          .dedup_window_ms = 10};
}

static std::string complaint_about(const nlohmann::json& body) {
  try {
    agent_configuration(body);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "none";
}

TEST_CASE("a configuration survives the way through JSON text") {
  const auto text = to_json(every_field_set()).dump();
  CHECK(agent_configuration(nlohmann::json::parse(text)) == every_field_set());
}

TEST_CASE("the message's type and keys of a later version are no hindrance") {
  auto body = to_json(every_field_set());
  body["type"] = "configure";
  body["later"] = true;
  CHECK(agent_configuration(body) == every_field_set());
}

TEST_CASE("every key of a configuration is required, and named when it is missing") {
  const auto whole = to_json(every_field_set());
  CHECK(whole.size() == 31);
  for (const auto& [key, value] : whole.items()) {
    auto body = whole;
    body.erase(key);
    CHECK(complaint_about(body) == "configure: \"" + key + "\" is missing");
  }
}

TEST_CASE("a key of the wrong kind is named") {
  auto body = to_json(every_field_set());
  SUBCASE("text") {
    body["role"] = 1;
    CHECK(complaint_about(body) == "configure: \"role\" must be a text");
  }
  SUBCASE("integer") {
    body["messages"] = "100";
    CHECK(complaint_about(body) == "configure: \"messages\" must be an integer");
  }
  SUBCASE("seed") {
    body["seed"] = -1;
    CHECK(complaint_about(body) == "configure: \"seed\" must be an integer from 0");
  }
  SUBCASE("list") {
    body["take_over"] = {"consumer-0#1", 2};
    CHECK(complaint_about(body) == "configure: \"take_over\" must be a list of texts");
  }
  SUBCASE("a producer with nothing in flight would never end") {
    body["in_flight"] = 0;
    CHECK(complaint_about(body) == "configure: \"in_flight\" must be at least 1");
  }
}

TEST_CASE("a message id is trial, producer and number") {
  CHECK(message_id(12, "producer-0", 17) == "12/producer-0/17");
}

TEST_CASE("keys are fixed by message and seed and spread over all there are") {
  CHECK(key_of("12/producer-0/17", 0, 1).empty());
  CHECK(key_of("12/producer-0/17", 1, 1) == "k0");
  CHECK(key_of("12/producer-0/17", 9, 1) == key_of("12/producer-0/17", 9, 1));

  std::vector<std::string> row, row_with_other_seed;
  for (int seq = 1; seq <= 100; ++seq) {
    row.push_back(key_of(message_id(1, "p", seq), 3, 1));
    row_with_other_seed.push_back(key_of(message_id(1, "p", seq), 3, 2));
  }
  CHECK(std::set<std::string>(row.begin(), row.end()) == std::set<std::string>{"k0", "k1", "k2"});
  CHECK(row != row_with_other_seed);
}

TEST_CASE("canaries and end markers are told by the third part of their ids") {
  CHECK(is_marker("12/producer-0/canary-1"));
  CHECK(is_marker("12/producer-0/end"));
  CHECK_FALSE(is_marker("12/producer-0/17"));
  CHECK_FALSE(is_marker("12/canary/17"));
  CHECK_FALSE(is_marker("end/endless/1"));
  CHECK_FALSE(is_marker("canary-1"));
  CHECK_FALSE(is_marker(""));
}

TEST_CASE("a marker's body is small whatever the plan says") {
  CHECK(body_bytes("12/producer-0/17", 300) == 300);
  CHECK(body_bytes("12/producer-0/end", 300) == 16);
  CHECK(body_bytes("12/producer-0/end", 3) == 3);
}
