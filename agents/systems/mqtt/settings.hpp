// The settings of a profile for MQTT: what describe lists, and the values of one
// profile, checked against that.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

namespace assay::mqtt {

// Whose thread runs the library's loop, which decides when PUBACK leaves: behind
// the message callback, or ahead of it (README.md).
enum class Loop { threaded, plain };

struct Settings {
  // Of the clients.
  int qos = 1;
  bool clean_session = false;
  Loop loop = Loop::threaded;
  std::int64_t client_max_inflight = 20;

  // Of the server, as mosquitto.conf has them.
  bool persistence = true;
  std::int64_t autosave_interval_s = 1800;
  std::int64_t autosave_changes = 0;  // 0: by time
  std::int64_t max_queued_messages = 1000;
  std::int64_t max_inflight_messages = 20;

  // What is handed out is owed until it is acknowledged.
  bool acknowledges() const { return qos == 1 && loop == Loop::threaded; }
};

nlohmann::ordered_json described_settings();

// Throws std::runtime_error for a value that describe does not allow.
Settings settings_in(const nlohmann::json& given);

}  // namespace assay::mqtt
