// The settings of a profile for NATS: what describe lists, and the values of one
// profile, checked against that.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

namespace assay::nats {

struct Settings {
  bool jetstream = true;  // else core

  // Of the stream.
  std::string storage, retention, discard;
  std::int64_t max_msgs = 0;  // 0: no limit
  std::int64_t duplicate_window_ms = 0;
  bool msg_id = true;

  // Of the consumer that ours share.
  std::string ack_policy;
  std::int64_t ack_wait_ms = 0;
  std::int64_t max_deliver = 0;  // 0: no limit
  bool ack_sync = true;

  bool queue_group = true;  // in core
};

nlohmann::ordered_json described_settings();

// Throws std::runtime_error for a value that describe does not allow.
Settings settings_in(const nlohmann::json& given);

}  // namespace assay::nats
