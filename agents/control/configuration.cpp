#include "agents/control/configuration.hpp"

#include <algorithm>
#include <stdexcept>

#include <xxhash.h>

namespace assay {
namespace {

constexpr std::int64_t marker_body_bytes = 16;

// One list of keys serves both directions, so that none can be forgotten in one.
template <typename Configuration, typename Visit>
void each_key(Configuration& c, Visit visit) {
  visit("role", c.role);
  visit("process", c.process);
  visit("incarnation", c.incarnation);
  visit("trial", c.trial);
  visit("run", c.run);
  visit("seed", c.seed);
  visit("recording", c.recording);
  visit("address", c.address);
  visit("channel", c.channel);
  visit("group", c.group);
  visit("settings", c.settings);
  visit("take_over", c.take_over);
  visit("cursor", c.cursor);
  visit("sink", c.sink);
  visit("effect_query", c.effect_query);
  visit("effect_logs", c.effect_logs);
  visit("owners", c.owners);
  visit("body_template", c.body_template);
  visit("recognise", c.recognise);
  visit("input_channel", c.input_channel);
  visit("input_group", c.input_group);
  visit("messages", c.messages);
  visit("size", c.size);
  visit("keys", c.keys);
  visit("in_flight", c.in_flight);
  visit("prefetch", c.prefetch);
  visit("ack_batch", c.ack_batch);
  visit("process_ms", c.process_ms);
  visit("request_timeout_ms", c.request_timeout_ms);
  visit("reject_every", c.reject_every);
  visit("dedup_window_ms", c.dedup_window_ms);
}

bool is_of_kind(const nlohmann::json& value, const std::string&) { return value.is_string(); }
bool is_of_kind(const nlohmann::json& value, std::int64_t) { return value.is_number_integer(); }
bool is_of_kind(const nlohmann::json& value, std::uint64_t) { return value.is_number_unsigned(); }
bool is_of_kind(const nlohmann::json& value, const std::vector<std::string>&) {
  return value.is_array() && std::all_of(value.begin(), value.end(), [](const auto& item) { return item.is_string(); });
}

const char* kind_of(const std::string&) { return "a text"; }
const char* kind_of(std::int64_t) { return "an integer"; }
const char* kind_of(std::uint64_t) { return "an integer from 0"; }
const char* kind_of(const std::vector<std::string>&) { return "a list of texts"; }

void require_at_least_one(const char* key, std::int64_t value) {
  if (value < 1) throw std::runtime_error(std::string("configure: \"") + key + "\" must be at least 1");
}

}  // namespace

nlohmann::json to_json(const AgentConfiguration& configuration) {
  nlohmann::json body = nlohmann::json::object();
  each_key(configuration, [&](const char* key, const auto& value) { body[key] = value; });
  return body;
}

AgentConfiguration agent_configuration(const nlohmann::json& body) {
  AgentConfiguration configuration;
  each_key(configuration, [&](const char* key, auto& value) {
    const auto found = body.find(key);
    if (found == body.end()) throw std::runtime_error(std::string("configure: \"") + key + "\" is missing");
    if (!is_of_kind(*found, value))
      throw std::runtime_error(std::string("configure: \"") + key + "\" must be " + kind_of(value));
    found->get_to(value);
  });
  require_at_least_one("in_flight", configuration.in_flight);
  require_at_least_one("prefetch", configuration.prefetch);
  require_at_least_one("ack_batch", configuration.ack_batch);
  require_at_least_one("request_timeout_ms", configuration.request_timeout_ms);
  return configuration;
}

std::string message_id(std::int64_t trial, const std::string& producer, std::int64_t seq) {
  return std::to_string(trial) + "/" + producer + "/" + std::to_string(seq);
}

std::string key_of(const std::string& message, std::int64_t keys, std::uint64_t seed) {
  if (keys <= 0) return "";
  const std::uint64_t hash = XXH3_64bits_withSeed(message.data(), message.size(), seed);
  return std::string("k").append(std::to_string(hash % static_cast<std::uint64_t>(keys)));
}

bool is_marker(std::string_view message) {
  const auto second_slash = message.find('/', message.find('/') + 1);
  if (second_slash == std::string_view::npos) return false;
  const auto third_part = message.substr(second_slash + 1);
  return third_part.starts_with("canary") || third_part.starts_with("end");
}

std::int64_t body_bytes(std::string_view message, std::int64_t planned) {
  return is_marker(message) ? std::min(planned, marker_body_bytes) : planned;
}

}  // namespace assay
