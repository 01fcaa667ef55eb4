#include "cli/profile-agents.hpp"

#include <algorithm>

#include "cli/profile-server.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

const std::vector<std::string> sides{"consumer", "producer"};

// Beside a server of the user's own they may stand in the part `system`.
ValuePath agents_path(const ProfileText& text, const ValuePath& inside = {}) {
  const bool in_system = text.find({"system", "agents"}) != nullptr && names_own_server(text);
  ValuePath path = in_system ? ValuePath{"system", "agents"} : ValuePath{"agents"};
  path.insert(path.end(), inside.begin(), inside.end());
  return path;
}

std::map<std::string, std::string> read_environment(const ProfileText& text, const Section& section, const ValuePath& path) {
  std::map<std::string, std::string> environment;
  const auto* given = section.find("environment");
  if (!given) return environment;
  if (!given->is_object()) section.refuse("environment", "expected an object of strings, found " + found_text(*given));
  for (const auto& entry : given->items()) {
    ValuePath there = path;
    there.insert(there.end(), {"environment", entry.key()});
    if (!entry.value().is_string()) text.refuse(there, "expected a string, found " + found_text(entry.value()));
    if (entry.key().empty() || entry.key().find('=') != std::string::npos || entry.key().starts_with("ASSAY_"))
      text.refuse(there, "this cannot be the name of a variable here; ASSAY_... are assay's own");
    environment[entry.key()] = entry.value().get<std::string>();
  }
  return environment;
}

// "effects": "log", or {"query": "SELECT message FROM orders"}.
void read_effects(const ProfileText& text, const Section& section, OwnAgent& agent) {
  const auto* given = section.find("effects");
  if (!given) return;
  agent.effects = true;
  if (*given == "log") return;
  if (!given->is_object())
    section.refuse("effects", "expected \"log\" or {\"query\": \"SELECT message FROM ...\"}, found " + found_text(*given));
  const Section inside(text, agents_path(text, {"consumer", "effects"}), {"query"});
  inside.take("query", agent.query);
  if (agent.query.empty()) inside.refuse("query", "missing; expected the SQL that finds one row an effect, with a column message");
}

OwnAgent read_agent(const ProfileText& text, const std::string& side, const std::filesystem::path& file) {
  const auto path = agents_path(text, {side});
  const auto* given = text.find(path);
  if (!given->is_object())
    text.refuse(path, "expected an object, as in {\"command\": [\"python3\", \"" + side + ".py\"]}, found " + found_text(*given));
  std::vector<std::string> keys{"command", "environment"};
  keys.emplace_back(side == "producer" ? "resends" : "effects");
  const Section section(text, path, keys);
  if (!section.has("command")) section.refuse("command", "missing; expected a program and its arguments, as in [\"python3\", \"" + side + ".py\"]");
  OwnAgent agent;
  agent.command = section.words("command");
  if (agent.command.front().empty()) section.refuse("command", 0, "expected a program, found an empty string");
  agent.environment = read_environment(text, section, path);
  agent.directory = std::filesystem::absolute(file).parent_path();
  if (const auto* resends = section.find("resends")) {
    if (!resends->is_boolean()) section.refuse("resends", "expected true or false, found " + found_text(*resends));
    agent.resends = resends->get<bool>();
  }
  if (side == "consumer") read_effects(text, section, agent);
  return agent;
}

}  // namespace

std::map<std::string, OwnAgent> read_agents(const ProfileText& text, const std::filesystem::path& file) {
  const auto path = agents_path(text);
  if (path.size() > 1 && text.find({"agents"}) != nullptr) text.refuse(path, "agents stand beside \"system\", too; leave one out");
  const Section section(text, path, sides);
  std::map<std::string, OwnAgent> agents;
  for (const auto& side : sides)
    if (section.has(side)) agents[side] = read_agent(text, side, file);
  return agents;
}

void hold_against_agents(const ProfileText& text, const Profile& profile) {
  for (const auto& [side, agent] : profile.agents)
    if (text.find({"roles", side}))
      text.refuse({"roles", side}, "the " + side + " is a program of your own, in " + pointer_text(agents_path(text, {side})) + ", and takes no role of ours; leave one out");
  const auto consumer = profile.agents.find("consumer");
  if (consumer == profile.agents.end()) return;
  if (profile.workload.consumers == 0)
    text.refuse(agents_path(text, {"consumer"}), "/workload/consumers is 0, so it would never be started; leave it out, or have consumers");
  if (*profile.claim.scope == Scope::committed && !consumer->second.effects)
    text.refuse({"claim"}, "nobody knows the effects of your consumer, so nothing can be said @ committed; claim @ delivered, or "
                           "say in " + pointer_text(agents_path(text, {"consumer", "effects"})) + " where they are found");
}

Json to_json(const std::map<std::string, OwnAgent>& agents) {
  Json body = Json::object();
  for (const auto& [side, agent] : agents)
    body[side] = {{"command", agent.command},     {"environment", agent.environment}, {"directory", agent.directory.string()},
                  {"resends", agent.resends},     {"effects", agent.effects},         {"query", agent.query}};
  return body;
}

std::map<std::string, OwnAgent> agents_from_json(const Json& body) {
  std::map<std::string, OwnAgent> agents;
  for (const auto& entry : body.items()) {
    const auto& from = entry.value();
    auto& agent = agents[entry.key()];
    agent.command = from.at("command").get<std::vector<std::string>>();
    agent.environment = from.at("environment").get<std::map<std::string, std::string>>();
    agent.directory = from.at("directory").get<std::string>();
    agent.resends = from.at("resends").get<bool>();
    agent.effects = from.at("effects").get<bool>();
    agent.query = from.at("query").get<std::string>();
  }
  return agents;
}

}  // namespace assay
