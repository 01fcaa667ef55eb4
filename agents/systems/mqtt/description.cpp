#include "agents/systems/mqtt/description.hpp"

#include <chrono>
#include <cstdlib>
#include <string>
#include <system_error>

#include "agents/systems/mqtt/server.hpp"
#include "agents/systems/mqtt/settings.hpp"

namespace assay::mqtt {
namespace {

using Json = nlohmann::ordered_json;

// Of QoS 1 with a session that outlives its connection.
Json abilities() {
  return {{"shape", "fan-out"},
          {"send_answered", true},
          {"client_retries", false},
          {"dedup", Json::array()},
          {"ack", "each"},
          {"ack_answered", false},
          {"stale_ack_refused", false},
          {"takeover", "disconnect"},
          {"transactions", "none"},
          {"lists_stored", false},
          {"backlog", "none"}};
}

// The library lets go of a message before, or as, it hands it over.
Json forgetful(const Json& when, const std::string& send) {
  return {{"when", when}, {"abilities", {{"ack", "none"}, {"takeover", "never"}}}, {"verbs", {{"send", send}, {"ack", ""}}}};
}

Json variants() {
  auto at_most_once = forgetful({{"qos", 0}}, "PUBLISH QoS 0");
  at_most_once["abilities"]["send_answered"] = false;
  return Json::array({{{"when", {{"clean_session", true}}}, {"abilities", {{"takeover", "never"}}}},
                      forgetful({{"loop", "plain"}}, "PUBLISH QoS 1"), at_most_once, forgetful({{"qos", 2}}, "PUBLISH QoS 2")});
}

}  // namespace

Json description() {
  const auto server = installed_server();
  Json described{{"system", "mqtt"}, {"version", server.version}};
  if (server.version.empty()) {
    described["version"] = nullptr;
    described["missing"] = server.missing;
  }
  described["address"] = "tcp";
  described["emulated"] = Json::array();
  described["abilities"] = abilities();
  described["timers"] = Json::array({{{"name", "delivery"}, {"ms", 100}}});
  described["verbs"] = {{"send", "PUBLISH QoS 1"}, {"ack", "PUBACK"}};
  described["variants"] = variants();
  described["settings"] = described_settings();
  described["windows"] = false;
  described["survives_kill"] = false;  // it saves from time to time, or after it has answered
  described["alarms"] = {"Error saving",  "Error restoring", "Error: Unable to",  "Error: Couldn't",
                         "Out of memory", "No space left",   "Permission denied"};
  return described;
}

}  // namespace assay::mqtt
