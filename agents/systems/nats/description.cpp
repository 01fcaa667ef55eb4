#include "agents/systems/nats/description.hpp"

#include <chrono>
#include <cstdio>
#include <string>
#include <system_error>

#include "agents/os/child-process.hpp"
#include "agents/systems/nats/settings.hpp"

namespace assay::nats {
namespace {

using Json = nlohmann::ordered_json;

// What is said here of JetStream was tried with this version.
constexpr int oldest_major = 2, oldest_minor = 9;

struct Installed {
  std::string version;  // empty: none that will do
  std::string missing;
};

std::string printed_version() {
  try {
    return run_to_end({.argv = {"nats-server", "--version"}, .environment = {}, .directory = {}, .output = {}},
                      Deadline::in(std::chrono::seconds(5)))
        .output;
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::no_such_file_or_directory) throw;
    return {};
  }
}

// "nats-server: v2.9.10"
Installed installed_server() {
  const auto printed = printed_version();
  const auto at = printed.find(": v");
  int major = 0, minor = 0;
  if (at == std::string::npos || std::sscanf(printed.c_str() + at, ": v%d.%d", &major, &minor) != 2)
    return {"", "nats-server is not in PATH: install the package nats-server (ci/setup does)"};
  const auto version = printed.substr(at + 3, printed.find_first_of(" \r\n", at + 3) - at - 3);
  if (major < oldest_major || (major == oldest_major && minor < oldest_minor))
    return {"", "nats-server " + version + " is too old: 2.9 or later is needed"};
  return {version, ""};
}

// Of a stream whose pull consumer waits for acknowledgements of each message.
Json abilities() {
  return {{"shape", "queue"},
          {"send_answered", true},
          {"client_retries", false},
          {"dedup", Json::array({"id"})},
          {"ack", "each"},
          {"ack_answered", true},
          {"stale_ack_refused", false},
          {"takeover", "timer"},
          {"transactions", "none"},
          {"give_back", Json::array({"nack"})},
          {"lists_stored", true},
          {"backlog", "authoritative"}};
}

Json variant(const Json& when, const Json& different) { return {{"when", when}, {"abilities", different}}; }

// What is let go of as it is handed out cannot be acknowledged, had back or given back.
Json forgetful(const std::string& backlog) {
  return {{"ack", "none"}, {"ack_answered", false}, {"takeover", "never"}, {"give_back", Json::array()}, {"backlog", backlog}};
}

// Without an id nothing is known by it.
Json without_ids(Json variant) {
  variant["abilities"]["dedup"] = Json::array();
  variant["limits"] = {{"dedup_window_ms", {{"value", 0}}}};
  return variant;
}

Json variants() {
  const auto on_their_way = Json::array({{{"name", "delivery"}, {"ms", 100}}});
  auto published = forgetful("none");
  published["send_answered"] = false;
  published["lists_stored"] = false;
  auto core = without_ids(variant({{"mode", "core"}}, published));
  core["verbs"] = {{"send", "publish"}, {"ack", ""}};
  core["timers"] = on_their_way;
  auto unacknowledged = variant({{"ack_policy", "none"}}, forgetful("advisory"));
  unacknowledged["timers"] = on_their_way;
  auto told = variant({{"ack_sync", false}}, {{"ack_answered", false}});
  told["verbs"] = {{"ack", "Ack"}};
  return Json::array({told, variant({{"ack_policy", "all"}}, {{"ack", "cumulative"}}), unacknowledged,
                      without_ids(variant({{"msg_id", false}}, Json::object())),
                      variant({{"retention", "workqueue"}}, {{"lists_stored", false}}),
                      variant({{"retention", "interest"}}, {{"lists_stored", false}}), core,
                      variant({{"mode", "core"}, {"queue_group", false}}, {{"shape", "fan-out"}})});
}

// What clients may not hear of: the disk, and what lies on it.
Json alarms() { return {"[FTL]", "no space left", "too many open files", "permission denied", "panic:"}; }

}  // namespace

Json description() {
  const auto server = installed_server();
  Json described{{"system", "nats"}, {"version", server.version}};
  if (server.version.empty()) {
    described["version"] = nullptr;
    described["missing"] = server.missing;
  }
  described["address"] = "tcp";
  described["emulated"] = Json::array();
  described["abilities"] = abilities();
  described["timers"] = Json::array({{{"name", "ack wait"}, {"setting", "ack_wait_ms"}}});
  described["limits"] = {{"dedup_window_ms", {{"setting", "duplicate_window_ms"}}}, {"max_delivery", {{"setting", "max_deliver"}}}};
  described["verbs"] = {{"send", "publish"}, {"ack", "AckSync"}};
  described["variants"] = variants();
  described["settings"] = described_settings();
  described["windows"] = false;
  described["alarms"] = alarms();
  return described;
}

}  // namespace assay::nats
