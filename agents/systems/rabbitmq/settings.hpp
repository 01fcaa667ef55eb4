// The settings of a profile for RabbitMQ: what describe lists, and the values of
// one profile, checked against that.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace assay::rabbitmq {

struct Settings {
  // Of the queue.
  std::string queue_type = "classic";
  bool durable = true;
  std::int64_t max_length = 0;  // 0: no limit
  std::string overflow = "drop-head";
  std::int64_t message_ttl_ms = 0;   // 0: for ever
  std::int64_t delivery_limit = 0;   // 0: none
  bool queue_settled = true;         // a durable one is bound before anything is put into it
  std::int64_t queue_age_ms = 1500;  // of a new quorum queue, before anything is put into it

  // Where messages go that the queue gives up.
  std::string dead_letter = "none";
  std::string dead_letter_target = "queue";
  std::int64_t dead_letter_max_length = 0;
  std::int64_t dead_letter_retry_ms = 180'000;

  // Of the clients.
  bool persistent = true;
  bool confirms = true;
  bool mandatory = false;
  bool auto_ack = false;
  std::int64_t heartbeat_s = 0;

  bool is_quorum() const { return queue_type == "quorum"; }
  bool dead_letters() const { return dead_letter != "none"; }
  bool operator==(const Settings&) const = default;
};

nlohmann::ordered_json described_settings();

// The values that heartbeat_s has beside 0.
const std::vector<std::int64_t>& heartbeats_s();

// Throws std::runtime_error for a value that describe does not allow.
Settings settings_in(const nlohmann::json& given);

}  // namespace assay::rabbitmq
