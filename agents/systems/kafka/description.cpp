#include "agents/systems/kafka/description.hpp"

#include "agents/systems/kafka/installed.hpp"
#include "agents/systems/kafka/settings.hpp"

namespace assay::kafka {
namespace {

using Json = nlohmann::ordered_json;

// Of consumers that are static members of their group.
Json abilities() {
  return {{"shape", "log"},
          {"send_answered", true},
          {"client_retries", false},
          {"dedup", Json::array()},
          {"ack", "cumulative"},
          {"ack_answered", true},
          {"stale_ack_refused", true},
          {"takeover", "request"},
          {"transactions", "send-and-offsets"},
          {"lists_stored", true},
          {"backlog", "authoritative"}};
}

Json timer(const std::string& name, const std::string& setting) { return {{"name", name}, {"setting", setting}}; }

// A static member that is gone is still waited for; where somebody takes its
// place nobody waits. An open transaction holds back who reads committed records.
Json timers() {
  return Json::array({timer("session", "session_timeout_ms"), timer("transaction", "transaction_timeout_ms")});
}

Json variants() {
  const Json committing = timer("auto commit", "auto_commit_interval_ms");
  auto with_commits = timers();
  with_commits.push_back(committing);
  return Json::array({
      {{"when", {{"acks", "0"}}}, {"abilities", {{"send_answered", false}}}},
      {{"when", {{"idempotence", true}}}, {"abilities", {{"client_retries", true}}}},
      {{"when", {{"membership", "dynamic"}}}, {"abilities", {{"takeover", "timer"}}}},
      {{"when", {{"membership", "assigned"}}},
       {"abilities", {{"stale_ack_refused", false}}},
       {"timers", Json::array({timer("transaction", "transaction_timeout_ms")})}},
      {{"when", {{"commit", "auto"}}}, {"abilities", {{"ack", "none"}, {"ack_answered", false}}}, {"timers", with_commits}},
  });
}

// What clients may not hear of: the disk, the memory, and what lies on the disk.
Json alarms() {
  return {"No space left",  "Permission denied", "Too many open files",        "OutOfMemoryError",
          "Error while writing", "Stopping serving replicas", "all log dirs", "Exiting Kafka due to fatal exception"};
}

}  // namespace

Json description() {
  const auto server = installed_in(usual_folders());
  Json described{{"system", "kafka"}, {"version", server.version}};
  if (server.version.empty()) {
    described["version"] = nullptr;
    described["missing"] = server.missing;
  }
  described["address"] = "tcp";
  described["emulated"] = Json::array();
  described["abilities"] = abilities();
  described["timers"] = timers();
  described["verbs"] = {{"send", "produce"}, {"ack", "commit"}};
  described["variants"] = variants();
  described["settings"] = described_settings();
  described["windows"] = false;
  described["starts_within_ms"] = 60'000;
  described["alarms"] = alarms();
  return described;
}

}  // namespace assay::kafka
