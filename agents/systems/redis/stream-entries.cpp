#include "agents/systems/redis/stream-entries.hpp"

#include <stdexcept>

namespace assay::redis {
namespace {

Entry entry_of(const redisReply& reply) {
  const auto parts = elements(reply);
  if (parts.size() != 2) throw std::runtime_error("Redis gave an entry of " + std::to_string(parts.size()) + " parts");
  Entry entry{.id = text(*parts[0]), .bytes = std::nullopt};
  const auto fields = elements(*parts[1]);
  if (parts[1]->type == REDIS_REPLY_ARRAY) entry.bytes.emplace();
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2)
    if (text(*fields[i]) == "b") entry.bytes = text(*fields[i + 1]);
  return entry;
}

}  // namespace

std::vector<Entry> entries_of(const redisReply& reply) {
  std::vector<Entry> entries;
  for (const auto* one : elements(reply)) entries.push_back(entry_of(*one));
  return entries;
}

std::vector<Entry> read_entries(const redisReply& reply) {
  const auto streams = elements(reply);
  if (streams.empty()) return {};
  const auto stream = elements(*streams.front());
  return stream.size() == 2 ? entries_of(*stream[1]) : std::vector<Entry>{};
}

}  // namespace assay::redis
