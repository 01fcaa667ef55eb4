// Effects that a consumer of the user's own has left: found by a query in its
// SQLite file, or in logs of one JSON line an effect. docs/agent-protocol.md says
// what both may hold.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "agents/sink/sink.hpp"

namespace assay {

struct OwnEffect {
  SinkRow row;                      // attempt 0, or an empty key or digest: it is not told
  std::optional<std::string> body;  // in place of the digest

  bool operator==(const OwnEffect&) const = default;
};
using OwnEffects = std::function<void(const OwnEffect&)>;

// One row an effect, by the columns message (the only one that must be there),
// attempt, key, digest, body, writer, count. The file is opened for reading
// alone. Throws std::runtime_error with SQLite's reason, or with what is wrong
// with the query or a row.
void scan_query(const std::filesystem::path& database, const std::string& query, const OwnEffects& visit);

// The files *.jsonl of the folder, each of one incarnation, whose name is the
// writer's. A last line without its end was cut by a kill: it is no effect.
// Throws std::runtime_error with file and line.
void scan_logs(const std::filesystem::path& folder, const OwnEffects& visit);

}  // namespace assay
