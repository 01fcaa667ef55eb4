// What the supervisor tells an agent in `configure`: one value for all roles,
// turned into JSON and back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace assay {

struct AgentConfiguration {
  // A name of roles/role.cpp: "retry-until-acknowledged", "inbox-atomic", "auditor".
  std::string role;
  std::string process;
  std::int64_t incarnation = 1;
  std::int64_t trial = 0;
  std::string run;
  std::uint64_t seed = 0;
  std::string recording;  // path, created by the supervisor
  std::string address;
  std::string channel;
  std::string group;
  std::string settings;             // JSON text
  std::vector<std::string> take_over;  // incarnations whose leases are up for grabs
  std::string cursor;               // producer: path of its durable cursor
  std::string sink;                 // consumer, auditor: path of the SQLite file; empty: no sink
  std::string effect_query;         // auditor: effects are rows that this finds in the sink
  std::string effect_logs;          // auditor: or lines of the files in this folder
  std::vector<std::string> owners;  // auditor: unused elsewhere

  // Around a pipeline of the user's own, which knows nothing of our payloads.
  std::string body_template;  // producer: what it sends, with gaps (placeholders.hpp); empty: our payload
  std::string recognise;      // consumer, auditor: a rule (recognition.hpp); empty: by the header of our payload
  std::string input_channel;  // auditor: where the pipeline gets its messages; empty: there is none
  std::string input_group;    // auditor: and as whom

  std::int64_t messages = 0;  // producer: how many of its own
  std::int64_t size = 0;
  std::int64_t keys = 0;
  std::int64_t in_flight = 1;
  std::int64_t prefetch = 1;
  std::int64_t ack_batch = 1;
  std::int64_t process_ms = 0;  // consumer: how long it works on a message before its effect
  std::int64_t request_timeout_ms = 2000;
  std::int64_t reject_every = 0;     // consumer: of so many messages it gives one back, where its role does; 0: none
  std::int64_t dedup_window_ms = 0;  // producer: for how long the system knows an id; 0: for good

  bool operator==(const AgentConfiguration&) const = default;
};

nlohmann::json to_json(const AgentConfiguration& configuration);

// Throws std::runtime_error naming the key that is missing or of the wrong kind.
AgentConfiguration agent_configuration(const nlohmann::json& body);

// Message ids, keys and sizes are fixed by plan and seed; both sides compute them here.
std::string message_id(std::int64_t trial, const std::string& producer, std::int64_t seq);
std::string key_of(const std::string& message, std::int64_t keys, std::uint64_t seed);

// Canaries and end markers: "12/producer-0/canary-1", "12/producer-0/end". They
// pass crash points unmarked, and their bodies are small whatever the plan says.
bool is_marker(std::string_view message);
std::int64_t body_bytes(std::string_view message, std::int64_t planned);

}  // namespace assay
