// The settings of a profile for Redis: what describe lists, and the values of
// one profile, checked against that.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

namespace assay::redis {

enum class Mode { stream, list_pop, list_move, pubsub };

struct Settings {
  Mode mode = Mode::stream;

  // Of the server, as redis.conf has them.
  std::string appendonly, appendfsync, save, maxmemory, maxmemory_policy;
  std::int64_t slow_fdatasync_ms = 0;  // 0: as fast as the disk is

  // Of a primary with replicas.
  std::int64_t nodes = 1;
  std::int64_t lagging = 0;  // replicas that get nothing of what is written
  std::int64_t wait = 0;     // replicas that must have a message before it counts as sent

  // Of a stream.
  bool noack = false;
  std::int64_t maxlen = 0;   // 0: no limit
  std::int64_t idle_ms = 0;  // 0: nothing is claimed unasked
  bool dedup_script = false, fence_script = false;
};

nlohmann::ordered_json described_settings();

// Throws std::runtime_error for a value that describe does not allow.
Settings settings_in(const nlohmann::json& given);

}  // namespace assay::redis
