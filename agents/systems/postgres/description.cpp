#include "agents/systems/postgres/description.hpp"

#include "agents/systems/postgres/installed.hpp"
#include "agents/systems/postgres/settings.hpp"

namespace assay::postgres {
namespace {

using Json = nlohmann::ordered_json;

// Of a queue, which forgets what is acknowledged.
Json abilities() {
  return {{"shape", "queue"},
          {"send_answered", true},
          {"client_retries", false},
          {"dedup", Json::array({"id", "session-sequence"})},
          {"ack", "each"},
          {"ack_answered", true},
          {"stale_ack_refused", true},
          {"takeover", "request"},
          {"transactions", "effect-and-ack"},
          {"lists_stored", false},
          {"backlog", "authoritative"}};
}

Json variants() {
  const Json outbox{{"shape", "log"}, {"ack", "cumulative"}, {"lists_stored", true}};
  return Json::array({{{"when", {{"mode", "outbox"}}}, {"abilities", outbox}}});
}

// What clients may not hear of: the disk, and what lies on it. A crash of one
// session ends all the others.
Json alarms() {
  return {"PANIC:", "could not write", "could not fsync", "could not extend", "No space left", "Permission denied",
          "invalid page", "was terminated by signal"};
}

}  // namespace

Json description() {
  const auto server = installed_in(usual_folders());
  Json described{{"system", "postgres"}, {"version", server.version}};
  if (server.version.empty()) {
    described["version"] = nullptr;
    described["missing"] = server.missing;
  }
  described["address"] = "tcp";
  described["emulated"] = Json::array();
  described["abilities"] = abilities();
  described["timers"] = Json::array({{{"name", "idle in transaction"}, {"setting", "idle_in_transaction_ms"}}});
  described["variants"] = variants();
  described["settings"] = described_settings();
  described["windows"] = false;
  described["several_processes"] = true;
  described["stop_signal"] = "INT";  // by TERM it would wait until the last client has gone
  described["alarms"] = alarms();
  return described;
}

}  // namespace assay::postgres
