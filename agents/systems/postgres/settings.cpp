#include "agents/systems/postgres/settings.hpp"

#include "agents/systems/given-settings.hpp"

namespace assay::postgres {
namespace {

using Json = nlohmann::ordered_json;

const Json of_outboxes{{"mode", {"outbox"}}};

Json word(const std::string& name, const Json& values, const Json& with, const std::string& about) {
  Json described{{"name", name}, {"type", "string"}, {"default", values.at(0)}, {"values", values}};
  if (!with.is_null()) described["with"] = with;
  described["about"] = about;
  return described;
}

Json flag(const std::string& name, const Json& with, const std::string& about) {
  Json described{{"name", name}, {"type", "boolean"}, {"default", false}};
  if (!with.is_null()) described["with"] = with;
  described["about"] = about;
  return described;
}

struct Range {
  std::int64_t least, usual, most;
};

Json number(const std::string& name, Range range, const Json& with, const std::string& about) {
  Json described{{"name", name}, {"type", "integer"}, {"default", range.usual}, {"min", range.least}, {"max", range.most}};
  if (!with.is_null()) described["with"] = with;
  described["about"] = about;
  return described;
}

}  // namespace

Json described_settings() {
  const auto on_or_off = Json::array({"on", "off"});
  return Json::array({
      word("mode", {"queue", "outbox"}, nullptr,
           "what a channel is: a table whose rows are taken with SKIP LOCKED and deleted, or one that is read by a cursor"),
      word("synchronous_commit", {"on", "local", "off"}, nullptr, "whether a commit is answered before it is on disk"),
      word("fsync", on_or_off, nullptr, "whether the server syncs its log at all"),
      number("wal_writer_delay_ms", {1, 200, 10'000}, nullptr,
             "how often the server writes out its log for those who do not wait for it"),
      word("isolation", {"read committed", "repeatable read", "serializable"}, nullptr, "of the agents' transactions"),
      number("idle_in_transaction_ms", {0, 0, 3'600'000}, nullptr,
             "the server ends a session whose transaction has been idle for so long; 0: never"),
      flag("unlogged", nullptr, "UNLOGGED tables: they are empty after a crash of the server"),
      word("cursor", {"id", "transaction"}, of_outboxes,
           "what an outbox remembers: the greatest id that it read, or the greatest transaction and id"),
      flag("snapshot_guard", of_outboxes, "an outbox is read up to the oldest transaction that is still open"),
      number("business_ms", {0, 0, 60'000}, of_outboxes, "how long a producer works in its transaction at most, before it writes the row and again behind it"),
  });
}

Settings settings_in(const nlohmann::json& given) {
  const Json all = complete_settings("PostgreSQL", described_settings(), given);
  return {.mode = all.at("mode") == "outbox" ? Mode::outbox : Mode::queue,
          .fsync = all.at("fsync"),
          .wal_writer_delay_ms = all.at("wal_writer_delay_ms"),
          .synchronous_commit = all.at("synchronous_commit"),
          .isolation = all.at("isolation"),
          .idle_in_transaction_ms = all.at("idle_in_transaction_ms"),
          .unlogged = all.at("unlogged"),
          .cursor = all.at("cursor") == "transaction" ? Cursor::transaction : Cursor::id,
          .snapshot_guard = all.at("snapshot_guard"),
          .business_ms = all.at("business_ms")};
}

}  // namespace assay::postgres
