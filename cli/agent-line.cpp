#include "cli/agent-line.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "checker/history/event-codec.hpp"
#include "checker/history/payload.hpp"
#include "cli/profile-text.hpp"

namespace assay {
namespace {

using nlohmann::json;

const std::vector<std::string>& known_keys() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> all{"type", "phase", "process", "incarnation", "trial", "n", "time", "body"};
    for (const Field& field : fields()) all.emplace_back(field.name);
    return all;
  }();
  return keys;
}

// What an agent has reason to write, in the order of the page.
const std::vector<std::string> usual_keys{"type",  "phase", "time",  "message",     "attempt", "error", "copy",   "session", "body", "digest",
                                          "tag",   "key",   "asked", "redelivered", "count",   "empty", "window", "level",   "line"};

std::string phases_of(Type type) {
  std::string known;
  for (const auto phase : all_phases())
    if (fits(type, phase)) known += (known.empty() ? "" : ", ") + (name(phase).empty() ? std::string("none") : std::string(name(phase)));
  return known;
}

// A phase is looked at with its type: what others have is of no help.
void require_phase(const json& body) {
  const auto text = [&](const char* key) { return body.contains(key) && body[key].is_string() ? body[key].get<std::string>() : std::string(); };
  const auto type = type_named(text("type"));
  if (!type || (body.contains("phase") && !body["phase"].is_string())) return;
  const auto phase = phase_named(text("phase"));
  if (!phase || !fits(*type, *phase))
    throw std::runtime_error("an event of type \"" + text("type") + "\" has no phase \"" + text("phase") + "\" (known: " + phases_of(*type) + ')');
}

json object_of(std::string_view line) {
  auto body = json::parse(line, nullptr, false);
  if (body.is_discarded()) throw std::runtime_error("it is not JSON");
  if (!body.is_object()) throw std::runtime_error("it is not a JSON object");
  const auto& keys = known_keys();
  for (const auto& entry : body.items()) {
    if (std::find(keys.begin(), keys.end(), entry.key()) == keys.end())
      throw std::runtime_error("unknown field \"" + entry.key() + "\"" + suggestion(entry.key(), usual_keys));
    if (entry.value().is_structured()) throw std::runtime_error("field \"" + entry.key() + "\" is not a plain value");
  }
  return body;
}

// What stands there anyway, in the agent's configuration.
void put(json& body, const char* key, const json& value) {
  if (body.contains(key) && body[key] != value)
    throw std::runtime_error(std::string(key) + " is " + body[key].dump() + ", and this incarnation has " + value.dump());
  body[key] = value;
}

std::string text_of(const json& body, const char* key) {
  const auto value = body.value(key, json());
  return value.is_string() ? value.get<std::string>() : "";
}

// The key is part of what a digest is about; who leaves it out means the planned one.
std::string digest_of_body(const json& body, const AgentConfiguration& agent) {
  if (!body["body"].is_string()) throw std::runtime_error("body is not a text");
  if (body.contains("digest")) throw std::runtime_error("it has a body and a digest; one is enough");
  const auto message = text_of(body, "message");
  if (message.empty()) return digest({.run = {}, .message = {}, .key = {}, .body = body["body"].get<std::string>()});
  auto key = text_of(body, "key");
  if (!body.contains("key")) key = key_of(message, agent.keys, agent.seed);
  if ((message + key).find('\n') != std::string::npos) throw std::runtime_error("message or key holds a line end");
  return digest({.run = agent.run, .message = message, .key = key, .body = body["body"].get<std::string>()});
}

}  // namespace

Event event_of_line(std::string_view line, const AgentConfiguration& agent, std::int64_t n) {
  auto body = object_of(line);
  put(body, "process", agent.process);
  put(body, "incarnation", agent.incarnation);
  put(body, "trial", agent.trial);
  put(body, "n", n);
  if (!body.contains("time")) throw std::runtime_error("time is missing: CLOCK_MONOTONIC in nanoseconds");
  if (!body.contains("type")) throw std::runtime_error("type is missing");
  require_phase(body);
  if (body.contains("body")) {
    body["digest"] = digest_of_body(body, agent);
    body.erase("body");
  }
  std::erase_if(body.get_ref<json::object_t&>(), [](const auto& entry) { return entry.second == ""; });  // a text that is not there
  const auto rest = body.dump();  // never shorter than the event's binary form
  if (rest.size() > event_limit_bytes)
    throw std::runtime_error("it has " + std::to_string(rest.size()) + " bytes beside its body, and an event may have " +
                             std::to_string(event_limit_bytes));
  return from_json_line(rest);
}

}  // namespace assay
