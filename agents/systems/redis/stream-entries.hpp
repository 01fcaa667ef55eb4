// What Redis says of the entries of a stream.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agents/systems/redis/connection.hpp"

namespace assay::redis {

// A pending entry that was deleted from its stream comes back without fields.
struct Entry {
  std::string id;
  std::optional<std::string> bytes;
};

// [entry, ...], an entry being [id, [name, value, ...]]
std::vector<Entry> entries_of(const redisReply& reply);

// [[stream, [entry, ...]]], or nil when there was nothing.
std::vector<Entry> read_entries(const redisReply& reply);

}  // namespace assay::redis
