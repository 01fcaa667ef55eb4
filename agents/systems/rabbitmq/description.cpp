#include "agents/systems/rabbitmq/description.hpp"

#include "agents/systems/rabbitmq/installed.hpp"
#include "agents/systems/rabbitmq/settings.hpp"

namespace assay::rabbitmq {
namespace {

using Json = nlohmann::ordered_json;

// A queue hands on by itself what it has, within a moment. Measured on a loaded
// machine, from the death of a consumer to what it held at another: below 100 ms.
constexpr std::int64_t delivery_ms = 300;

Json abilities() {
  return {{"shape", "queue"},
          {"send_answered", true},
          {"client_retries", false},
          {"dedup", Json::array()},
          {"ack", "each"},
          {"ack_answered", false},
          {"stale_ack_refused", false},
          {"takeover", "disconnect"},
          {"transactions", "none"},
          {"dead_letters", false},
          {"give_back", {"nack", "reject"}},
          {"lists_stored", false},
          {"backlog", "advisory"}};
}

// x-delivery-limit counts how often a message may come back. A quorum queue notes
// in its log what it hands out, so that no death makes it count less.
Json limits() { return {{"ttl_ms", {{"setting", "message_ttl_ms"}}}, {"max_delivery", {{"setting", "delivery_limit"}, {"plus", 1}}}}; }

Json timers(std::int64_t heartbeat_s, bool retries_dead_letters) {
  Json all = Json::array({{{"name", "delivery"}, {"ms", delivery_ms}}, {{"name", "time to live"}, {"setting", "message_ttl_ms"}}});
  if (heartbeat_s > 0) all.push_back({{"name", "heartbeat"}, {"ms", heartbeat_s * 1000}});
  if (retries_dead_letters) all.push_back({{"name", "dead letter retry"}, {"setting", "dead_letter_retry_ms"}});
  return all;
}

Json when(const Json& settings) { return {{"when", settings}}; }

Json variants() {
  Json all = Json::array();
  const auto able = [&](const Json& settings, const Json& abilities) {
    all.push_back(when(settings));
    all.back()["abilities"] = abilities;
  };
  able({{"confirms", false}}, {{"send_answered", false}});
  able({{"auto_ack", true}}, {{"ack", "none"}, {"give_back", Json::array()}});
  for (const auto* strategy : {"at-most-once", "at-least-once"})
    able({{"dead_letter", strategy}, {"dead_letter_target", "queue"}}, {{"dead_letters", true}});

  const auto timed = [&](const Json& settings, std::int64_t heartbeat_s, bool retries) {
    all.push_back(when(settings));
    all.back()["timers"] = timers(heartbeat_s, retries);
  };
  for (const auto seconds : heartbeats_s()) timed({{"heartbeat_s", seconds}}, seconds, false);
  timed({{"dead_letter", "at-least-once"}}, 0, true);
  for (const auto seconds : heartbeats_s()) timed({{"dead_letter", "at-least-once"}, {"heartbeat_s", seconds}}, seconds, true);
  return all;
}

// What clients may not hear of: no room, and files that cannot be opened.
Json alarms() {
  return {"resource limit alarm set", "Free disk space is insufficient", "No space left", "enospc", "eacces", "BOOT FAILED"};
}

}  // namespace

Json description() {
  const auto server = installed_in(usual_folders());
  Json described{{"system", "rabbitmq"}, {"version", server.version}};
  if (server.version.empty()) {
    described["version"] = nullptr;
    described["missing"] = server.missing;
  }
  described["address"] = "tcp";
  described["emulated"] = Json::array();
  described["abilities"] = abilities();
  described["timers"] = timers(0, false);
  described["limits"] = limits();
  described["verbs"] = {{"send", "basic.publish"}, {"ack", "basic.ack"}};
  described["variants"] = variants();
  described["settings"] = described_settings();
  described["windows"] = false;
  described["several_processes"] = true;
  described["starts_within_ms"] = 60'000;
  described["limit_loosens_prefetch"] = true;  // before 3.11; of a server that somebody else runs no version is known
  described["alarms"] = alarms();
  return described;
}

}  // namespace assay::rabbitmq
