#include "agents/systems/redis/description.hpp"

#include <chrono>
#include <cstdlib>
#include <string>
#include <system_error>

#include "agents/os/child-process.hpp"
#include "agents/systems/redis/settings.hpp"

namespace assay::redis {
namespace {

using Json = nlohmann::ordered_json;

// What links and redis.conf ask for: XPENDING from an exclusive id (6.2),
// enable-debug-command (7.0).
constexpr int oldest_major = 7;

struct Installed {
  std::string version;  // empty: none that will do
  std::string missing;
};

// "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=..."
Installed installed_server() {
  std::string printed;
  try {
    printed = run_to_end({.argv = {"redis-server", "--version"}, .environment = {}, .directory = {}, .output = {}},
                         Deadline::in(std::chrono::seconds(5)))
                  .output;
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::no_such_file_or_directory) throw;
  }
  const auto at = printed.find(" v=");
  if (at == std::string::npos)
    return {"", "redis-server is not in PATH: install the package redis-server (ci/setup does)"};
  const auto version = printed.substr(at + 3, printed.find(' ', at + 3) - at - 3);
  if (std::atoi(version.c_str()) < oldest_major)
    return {"", "redis-server " + version + " is too old: 7.0 or later is needed"};
  return {version, ""};
}

// Of a stream, whose group leases.
Json abilities() {
  return {{"shape", "queue"},
          {"send_answered", true},
          {"client_retries", false},
          {"dedup", Json::array()},
          {"ack", "each"},
          {"ack_answered", true},
          {"stale_ack_refused", false},
          {"takeover", "request"},
          {"transactions", "none"},
          {"lists_stored", true},
          {"backlog", "authoritative"}};
}

Json variant(const Json& when, const Json& different) { return {{"when", when}, {"abilities", different}}; }

Json calling(Json variant, const std::string& send, const std::string& ack) {
  variant["verbs"] = {{"send", send}, {"ack", ack}};
  return variant;
}

Json emulation(const std::string& setting, const std::string& ability, const Json& value) {
  auto emulated = variant({{setting, true}}, {{ability, value}});
  emulated["emulated"] = Json::array({ability});
  return emulated;
}

// What is let go of as it is handed out cannot be acknowledged or had back.
Json forgetful(const std::string& backlog) {
  return {{"ack", "none"}, {"ack_answered", false}, {"takeover", "never"}, {"backlog", backlog}};
}

Json variants() {
  auto pop = forgetful("advisory");
  pop["lists_stored"] = false;
  auto published = forgetful("none");
  published["shape"] = "fan-out";
  published["lists_stored"] = false;
  auto pubsub = calling(variant({{"mode", "pubsub"}}, published), "PUBLISH", "");
  pubsub["timers"] = Json::array({{{"name", "delivery"}, {"ms", 100}}});
  auto all = Json::array({calling(variant({{"mode", "list-pop"}}, pop), "LPUSH", ""),
                          calling(variant({{"mode", "list-move"}}, {{"stale_ack_refused", true}, {"lists_stored", false}}), "LPUSH", "LREM"),
                          pubsub,
                          variant({{"noack", true}}, forgetful("advisory")),
                          emulation("dedup_script", "dedup", Json::array({"id", "session-sequence"})),
                          emulation("fence_script", "stale_ack_refused", true)});
  // The set that names the processing lists may be evicted, and what they hold then counts for nothing.
  for (const auto* policy : {"allkeys-lru", "allkeys-lfu", "allkeys-random"})
    all.push_back(variant({{"mode", "list-move"}, {"maxmemory-policy", policy}}, {{"backlog", "advisory"}}));
  return all;
}

}  // namespace

Json description() {
  const auto server = installed_server();
  Json described{{"system", "redis"}, {"version", server.version}};
  if (server.version.empty()) {
    described["version"] = nullptr;
    described["missing"] = server.missing;
  }
  described["address"] = "tcp";
  described["emulated"] = Json::array();
  described["abilities"] = abilities();
  described["timers"] = Json::array({{{"name", "idle"}, {"setting", "idle_ms"}}});
  described["verbs"] = {{"send", "XADD"}, {"ack", "XACK"}};
  described["variants"] = variants();
  described["settings"] = described_settings();
  described["windows"] = false;
  described["cluster"] = {{"nodes", "nodes"}, {"lagging", "lagging"}};
  return described;
}

}  // namespace assay::redis
