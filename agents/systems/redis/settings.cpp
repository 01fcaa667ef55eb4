#include "agents/systems/redis/settings.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <stdexcept>

#include "agents/systems/given-settings.hpp"

namespace assay::redis {
namespace {

using Json = nlohmann::ordered_json;
using Values = std::vector<std::string>;

const std::map<std::string, Mode> modes{
    {"stream", Mode::stream}, {"list-pop", Mode::list_pop}, {"list-move", Mode::list_move}, {"pubsub", Mode::pubsub}};

const Json of_streams{{"mode", {"stream"}}};
const Json of_pending_entries{{"mode", {"stream"}}, {"noack", {false}}};
const Json of_replicas{{"nodes", {2, 3, 4, 5}}};
// Not with the script: what it finds stored already it does not write, and WAIT
// on a connection that wrote nothing waits for nothing.
const Json of_replicated_streams{{"nodes", {2, 3, 4, 5}}, {"mode", {"stream"}}, {"dedup_script", {false}}};

Json word(const std::string& name, const std::string& standard, const Values& values, const std::string& about) {
  Json described{{"name", name}, {"type", "string"}, {"default", standard}};
  if (!values.empty()) described["values"] = values;
  described["about"] = about;
  return described;
}

Json number(const std::string& name, std::int64_t most, const Json& with, const std::string& about) {
  Json described{{"name", name}, {"type", "integer"}, {"default", 0}, {"min", 0}, {"max", most}};
  if (!with.is_null()) described["with"] = with;
  described["about"] = about;
  return described;
}

Json flag(const std::string& name, const Json& with, const std::string& about) {
  return {{"name", name}, {"type", "boolean"}, {"default", false}, {"with", with}, {"about", about}};
}

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw std::runtime_error("setting \"" + name + "\" of Redis: " + why);
}

void check_save(const std::string& save) {
  std::istringstream words(save);
  int count = 0;
  bool numbers = true;
  for (std::string one; words >> one; ++count)
    numbers = numbers && one.find_first_not_of("0123456789") == std::string::npos;
  if (!numbers || count % 2 != 0) refuse("save", Json(save).dump() + ": expected pairs of seconds and changes");
}

void check_memory(const std::string& memory) {
  const auto digits = std::min(memory.find_first_not_of("0123456789"), memory.size());
  const Values units{"", "b", "k", "kb", "m", "mb", "g", "gb"};
  if (digits == 0 || digits > 12 || std::find(units.begin(), units.end(), memory.substr(digits)) == units.end())
    refuse("maxmemory", Json(memory).dump() + ": expected a number of bytes, as in 100mb");
}

// More than that never has it, and no send would ever be ok.
void check_wait(std::int64_t wait, std::int64_t nodes, std::int64_t lagging) {
  const auto keep_up = nodes - 1 - lagging;
  if (keep_up < 0) refuse("lagging", "there are only " + std::to_string(nodes - 1) + " replicas");
  if (wait > keep_up) refuse("wait", "only " + std::to_string(keep_up) + " replicas keep up with the primary");
}

// Every setting with its value, as given or by default.
Json checked(const nlohmann::json& given) {
  Json all = complete_settings("Redis", described_settings(), given);
  check_save(all.at("save"));
  check_memory(all.at("maxmemory"));
  check_wait(all.at("wait"), all.at("nodes"), all.at("lagging"));
  return all;
}

}  // namespace

Json described_settings() {
  return Json::array({
      word("mode", "stream", {"stream", "list-pop", "list-move", "pubsub"},
           "what a channel is: a stream with a consumer group, a list (BRPOP or BLMOVE), a pub/sub channel"),
      word("appendonly", "yes", {"yes", "no"}, "whether the server logs every write to its append-only file"),
      word("appendfsync", "always", {"always", "everysec", "no"}, "when the server syncs its append-only file"),
      word("save", "", {}, "snapshots, pairs of seconds and changes (\"900 1\"); empty: none"),
      word("maxmemory", "0", {}, "what the data may take (\"100mb\"); 0: no limit"),
      word("maxmemory-policy", "noeviction",
           {"noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu",
            "volatile-random", "volatile-ttl"},
           "what the server does at that limit"),
      flag("noack", of_streams, "XREADGROUP NOACK: the server forgets an entry as it hands it out"),
      number("maxlen", 1'000'000'000, of_streams, "XADD MAXLEN = this many entries; 0: no limit"),
      number("idle_ms", 3'600'000, of_pending_entries,
             "XAUTOCLAIM: consumers claim entries that have been pending for so long; 0: never"),
      flag("dedup_script", of_streams, "a Lua script stores an entry only if its identity is new"),
      flag("fence_script", of_pending_entries, "a Lua script acknowledges an entry only for the consumer that holds it"),
      {{"name", "nodes"}, {"type", "integer"}, {"default", 1}, {"min", 1}, {"max", 5}, {"about", "servers: a primary and its replicas"}},
      number("lagging", 4, of_replicas, "replicas that are cut off from the primary once they are in sync"),
      number("wait", 4, of_replicated_streams, "WAIT: a send is ok only when so many replicas have it"),
      number("slow_fdatasync_ms", 60'000, nullptr, "how long every fdatasync of the server sleeps before it syncs"),
  });
}

Settings settings_in(const nlohmann::json& given) {
  const Json all = checked(given);
  return {.mode = modes.at(all.at("mode")),
          .appendonly = all.at("appendonly"),
          .appendfsync = all.at("appendfsync"),
          .save = all.at("save"),
          .maxmemory = all.at("maxmemory"),
          .maxmemory_policy = all.at("maxmemory-policy"),
          .slow_fdatasync_ms = all.at("slow_fdatasync_ms"),
          .nodes = all.at("nodes"),
          .lagging = all.at("lagging"),
          .wait = all.at("wait"),
          .noack = all.at("noack"),
          .maxlen = all.at("maxlen"),
          .idle_ms = all.at("idle_ms"),
          .dedup_script = all.at("dedup_script"),
          .fence_script = all.at("fence_script")};
}

}  // namespace assay::redis
