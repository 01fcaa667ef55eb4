#include "cli/profile-server.hpp"

#include <algorithm>
#include <array>

#include "agents/control/placeholders.hpp"
#include "cli/profile-attached.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

const std::vector<std::string> own_keys{"abilities", "command", "commands", "probe", "timers"};
const std::vector<std::string> known_gaps{"address", "directory", "port"};
const std::vector<std::string> own_commands{"kill", "pause", "resume", "start", "stop"};
constexpr std::int64_t longest_ms = 3'600'000;

// What a user can say of a server; the rest would need somebody who can ask it.
struct Ability {
  std::string_view name;
  std::vector<std::string> words;  // empty: true or false
  bool list = false;
};
const std::vector<Ability>& declarable() {
  static const std::vector<Ability> table{{"ack", {"none", "each", "cumulative"}},
                                          {"ack_answered", {}},
                                          {"dedup", {"id", "session-sequence"}, true},
                                          {"send_answered", {}},
                                          {"shape", {"queue", "log", "fan-out"}},
                                          {"stale_ack_refused", {}},
                                          {"takeover", {"never", "disconnect", "timer", "request"}}};
  return table;
}

Section system_section(const ProfileText& text) {
  std::vector<std::string> known = own_keys;
  known.insert(known.end(), {"agents", "command_timeout_ms", "name"});
  return {text,
          {"system"},
          known,
          {{"attached", "it is for a server that an adapter knows; commands of your own are named in \"commands\""},
           {"port", "assay chooses a free port for your server, and hands it over as {port} and ASSAY_PORT"},
           {"settings", "only adapters have settings; write them into the command of your server"}}};
}

std::string read_name(const Section& section) {
  std::string name = own_system;
  section.take("name", name);
  if (name.empty()) section.refuse("name", "expected a name, found an empty string");
  if (name != own_system && find_systems().contains(name))
    section.refuse("name", "\"" + name + "\" is a system that assay has an adapter for; give your server a name of its own, or "
                           "leave out what says how it is started" +
                               std::string(section.has("commands") ? " (commands for one that is there already belong inside \"attached\")" : ""));
  return name;
}

std::vector<std::string> read_command(const Section& section, const std::string& key) {
  const auto words = section.words(key);
  if (words.front().empty()) section.refuse(key, 0, "expected a program, found an empty string");
  for (std::size_t i = 0; i < words.size(); ++i)
    for (const auto& gap : gaps_in(words[i]))
      if (std::ranges::find(known_gaps, gap) == known_gaps.end())
        section.refuse(key, i, "nothing is put in place of {" + gap + "}" + suggestion(gap, known_gaps));
  return words;
}

Attachment read_commands(const ProfileText& text, const Section& system) {
  const Section section(text, {"system", "commands"}, own_commands);
  Attachment attached{.address = "127.0.0.1:{port}"};
  for (const auto& name : own_commands)
    if (section.has(name)) attached.commands[name] = read_command(section, name);
  if (!section.has("start")) section.refuse("start", "missing; it starts a fresh server, and one that was killed or stopped");
  if (!section.has("kill") && !section.has("stop"))
    section.refuse("kill", "missing; without kill or stop nobody could end the server");
  system.take("command_timeout_ms", attached.command_timeout_ms, {10, longest_ms});
  return attached;
}

Json read_timers(const ProfileText& text, const Section& section) {
  const Json* given = section.find("timers");
  if (given == nullptr)
    section.refuse("timers", "missing; expected the times after which your server does something by itself, as in "
                             "[{\"name\": \"lease\", \"ms\": 500}], or [] if it has none. Nobody can ask it what it still owes, so a "
                             "trial ends after a silence of twice the longest");
  if (!given->is_array()) section.refuse("timers", "expected a list, found " + found_text(*given));
  Json timers = Json::array();
  for (std::size_t i = 0; i < given->size(); ++i) {
    const ValuePath place{"system", "timers", std::to_string(i)};
    const Section timer(text, place, {"ms", "name"});
    std::string name;
    std::int64_t ms = 0;
    for (const char* key : {"name", "ms"})
      if (!timer.has(key)) text.refuse(place, std::string("\"") + key + "\" is missing; expected {\"name\": \"lease\", \"ms\": 500}");
    timer.take("name", name);
    timer.take("ms", ms, {1, longest_ms});
    timers.push_back({{"name", name}, {"ms", ms}});
  }
  return timers;
}

void check_word(const Section& section, const Ability& ability, const Json& value) {
  const auto& words = ability.words;
  if (value.is_string() && std::ranges::find(words, value.get<std::string>()) != words.end()) return;
  section.refuse(std::string(ability.name), found_text(value) + " is none of its values" +
                                                suggestion(value.is_string() ? value.get<std::string>() : "", words));
}

void check_ability(const Section& section, const Ability& ability, const Json& value) {
  const std::string name(ability.name);
  if (ability.words.empty()) {
    if (!value.is_boolean()) section.refuse(name, "expected true or false, found " + found_text(value));
  } else if (!ability.list) {
    check_word(section, ability, value);
  } else {
    if (!value.is_array()) section.refuse(name, "expected a list of words, found " + found_text(value));
    for (const Json& word : value) check_word(section, ability, word);
  }
}

Json read_abilities(const ProfileText& text) {
  std::vector<std::string> known;
  for (const auto& ability : declarable()) known.emplace_back(ability.name);
  const std::string nobody = "assay has no client of your server, so nobody can ask it that; leave it out";
  const Section section(text, {"system", "abilities"}, known, {{"backlog", nobody}, {"lists_stored", nobody}});
  Json declared = Json::object();
  for (const auto& ability : declarable()) {
    const std::string name(ability.name);
    const Json* given = section.find(name);
    if (given == nullptr) continue;
    check_ability(section, ability, *given);
    declared[name] = *given;
  }
  return declared;
}

// A role of ours would need a client of the server, and that is what an adapter has.
void require_own_agents(const ProfileText& text, const Profile& profile) {
  std::vector<std::string> needed{"producer"};
  if (profile.workload.consumers > 0) needed.emplace_back("consumer");
  for (const auto& side : needed) {
    if (profile.agents.contains(side)) continue;
    const bool inside = text.find({"system", "agents"}) != nullptr;
    text.refuse(inside ? ValuePath{"system", "agents", side} : ValuePath{"agents", side},
                "missing; assay has no client of your server, so the " + side +
                    " has to be a program of yours, too: {\"command\": [\"./" + side + "\"]}, see docs/agent-protocol.md");
  }
}

void require_commands(const ProfileText& text, const Profile& profile) {
  for (const auto& kind : profile.faults.kinds) {
    const auto missing = missing_commands(*profile.attached, kind);
    if (missing.empty()) continue;
    text.refuse({"system", "commands"}, "the fault " + kind + " of the broker needs commands, and there is no " + joined(missing) +
                                            "; name what is missing, or leave broker out of /faults/targets");
  }
  // The kernel accepts for a server that stands still, until its queue is full.
  if (profile.faults.kinds.contains("stall") && profile.own_server->probe.empty())
    text.refuse({"system", "probe"}, "missing; a server that stands still accepts connections all the same, so whether the command pause "
                                     "hit it only a probe can tell that waits for an answer of the server");
}

}  // namespace

bool names_own_server(const ProfileText& text) {
  const Json* system = text.find({"system"});
  if (system == nullptr) return false;
  if (!system->is_object()) return *system == own_system;
  return system->value("name", Json()) == own_system ||
         std::ranges::any_of(own_keys, [&](const auto& key) { return system->contains(key); });
}

void read_own_server(const ProfileText& text, Profile& profile) {
  const std::string how = "\"command\": [\"./server\", \"--port\", \"{port}\"], which runs it in the foreground";
  if (text.find({"system"})->is_string())
    text.refuse({"system"}, "a server of your own is told by how it is started; write {" + how + "}, see docs/own-broker.md");
  const auto section = system_section(text);
  profile.system = read_name(section);
  if (section.has("command") && section.has("commands"))
    section.refuse("commands", "either assay runs your server as a child of its own, by \"command\", or others do, by \"commands\"; leave one out");
  if (!section.has("command") && !section.has("commands"))
    section.refuse("command", "missing; expected " + how + ", or \"commands\" that start and fault it elsewhere");

  OwnServer server{.directory = std::filesystem::absolute(profile.file).parent_path()};
  if (section.has("command")) server.command = read_command(section, "command");
  if (section.has("commands")) profile.attached = read_commands(text, section);
  if (section.has("command") && section.has("command_timeout_ms"))
    section.refuse("command_timeout_ms", "it is how long each of \"commands\" may take; how long \"command\" may take until the server is "
                                         "ready is /evidence/start_timeout_ms");
  if (section.has("probe")) server.probe = read_command(section, "probe");
  server.timers = read_timers(text, section);
  server.abilities = read_abilities(text);
  profile.own_server = std::move(server);
}

void hold_against_own_server(const ProfileText& text, const Profile& profile) {
  require_own_agents(text, profile);
  if (profile.attached && profile.faults.targets.contains("broker")) require_commands(text, profile);
}

SystemDescription system_of(const Profile& profile) {
  if (!profile.own_server) return describe_system(profile.system).with(profile.settings);
  auto system = describe_system(own_system);
  system.name = profile.system;
  auto& described = system.described;
  described["system"] = profile.system;
  described.erase("missing");
  described["abilities"].update(profile.own_server->abilities);
  for (const Json& timer : profile.own_server->timers) described["timers"].push_back(timer);
  return system;
}

Json to_json(const OwnServer& server) {
  return {{"command", server.command}, {"probe", server.probe},         {"directory", server.directory.string()},
          {"timers", server.timers},   {"abilities", server.abilities}};
}

OwnServer own_server_from_json(const Json& body) {
  return {.command = body.at("command").get<std::vector<std::string>>(),
          .probe = body.at("probe").get<std::vector<std::string>>(),
          .directory = body.at("directory").get<std::string>(),
          .timers = body.at("timers"),
          .abilities = body.at("abilities")};
}

}  // namespace assay
