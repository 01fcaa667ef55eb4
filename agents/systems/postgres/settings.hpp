// The settings of a profile for PostgreSQL: what describe lists, and the values
// of one profile, checked against that.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

namespace assay::postgres {

enum class Mode { queue, outbox };

// What an outbox remembers of how far it has read: the greatest id, or the
// greatest transaction and within it the greatest id.
enum class Cursor { id, transaction };

struct Settings {
  Mode mode = Mode::queue;

  // Of a server that assay starts.
  std::string fsync = "on";
  std::int64_t wal_writer_delay_ms = 200;

  // Of every session of an agent.
  std::string synchronous_commit = "on";
  std::string isolation = "read committed";
  std::int64_t idle_in_transaction_ms = 0;  // 0: for ever

  bool unlogged = false;

  // Of an outbox.
  Cursor cursor = Cursor::id;
  bool snapshot_guard = false;
  std::int64_t business_ms = 0;

  bool operator==(const Settings&) const = default;
};

nlohmann::ordered_json described_settings();

// Throws std::runtime_error for a value that describe does not allow.
Settings settings_in(const nlohmann::json& given);

}  // namespace assay::postgres
