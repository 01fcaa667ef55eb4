#include "cli/profile-system.hpp"

#include <algorithm>

#include "checker/network.hpp"
#include "cli/profile-attached.hpp"
#include "cli/profile-pipeline.hpp"
#include "cli/profile-rules.hpp"
#include "cli/profile-server.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

const std::vector<std::string> system_keys{"name", "settings", "port", "attached"};

void check_setting(const Section& section, const Json& setting, const Json& value) {
  const std::string key = setting.at("name"), type = setting.at("type");
  std::int64_t number = 0;
  std::string word = value.dump();
  if (type == "integer") {
    const Range any;
    section.take(key, number, {setting.value("min", any.least), setting.value("max", any.most)});
  } else if (type == "string") {
    section.take(key, word);
  } else if (!value.is_boolean()) {
    section.refuse(key, "expected true or false, found " + found_text(value));
  }

  const Json values = setting.value("values", Json::array());
  if (values.empty() || std::ranges::find(values, value) != values.end()) return;
  std::vector<std::string> known;
  for (const Json& one : values) known.push_back(one.is_string() ? one.get<std::string>() : one.dump());
  section.refuse(key, found_text(value) + " is none of its values" + suggestion(word, known));
}

// Some settings mean something only where others have certain values.
void check_company(const Section& section, const Json& setting, const Json& settings) {
  const std::string key = setting.at("name");
  if (settings.at(key) == setting.at("default")) return;
  const Json with = setting.value("with", Json::object());
  for (const auto& needed : with.items()) {
    const Json& there = settings.at(needed.key());
    if (std::ranges::find(needed.value(), there) != needed.value().end()) continue;
    section.refuse(key, "it goes with \"" + needed.key() + "\": " + needed.value().dump() + ", and that is " + found_text(there));
  }
}

// All settings of the system, in its order: as given, else as by default.
Json read_settings(const ProfileText& text, const SystemDescription& system) {
  const Json& described = system.described.at("settings");
  std::vector<std::string> known;
  for (const Json& setting : described) known.push_back(setting.at("name"));
  const Section section(text, {"system", "settings"}, known);

  Json settings = Json::object();
  for (const Json& setting : described) {
    const std::string key = setting.at("name");
    const Json* given = section.find(key);
    if (given != nullptr) check_setting(section, setting, *given);
    settings[key] = given != nullptr ? *given : setting.at("default");
  }
  for (const Json& setting : described) check_company(section, setting, settings);
  return settings;
}

std::string read_system_name(const ProfileText& text, const Section& top) {
  const Json* given = top.find("system");
  if (given == nullptr) top.refuse("system", "missing; expected the name of a system, as in \"system\": \"embedded\"");
  std::string system;
  if (!given->is_object()) {
    top.take("system", system);
    return system;
  }
  const Section section(text, {"system"}, system_keys);
  if (!section.has("name")) section.refuse("name", "missing; expected the name of a system");
  section.take("name", system);
  return system;
}

std::optional<std::int64_t> read_port(const ProfileText& text, const SystemDescription& system) {
  if (text.find({"system", "port"}) == nullptr) return std::nullopt;
  const Section section(text, {"system"}, system_keys);
  if (section.has("attached"))
    section.refuse("port", "it says where assay starts a server, and beside attached it starts none; leave it out");
  if (system.address_kind() != "tcp")
    section.refuse("port", system.name + " has no port: it is reached by " + system.address_kind());
  std::int64_t port = 0;
  section.take("port", port, {1, 65535});
  return port;
}

SystemDescription describe_for(const ProfileText& text, const std::string& system) {
  try {
    return describe_system(system);
  } catch (const UsageError& error) {
    const bool short_form = text.find({"system"})->is_string();
    text.refuse(short_form ? ValuePath{"system"} : ValuePath{"system", "name"}, error.what());
  }
}

void check_role(const Section& section, const std::string& side, const std::string& role,
                const SystemDescription& system) {
  std::vector<std::string> known;
  for (const auto& entry : roles())
    if (entry.side == side) known.emplace_back(entry.name);
  if (std::ranges::find(known, role) == known.end()) section.refuse(side, "\"" + role + "\" is no " + side + " role" + suggestion(role, known));
  const auto lacking = unmet_need(role, system);
  if (lacking.empty()) return;
  const auto working = working_roles(side, system);
  section.refuse(side, "the role \"" + role + "\" needs " + lacking + "; " + side +
                           " roles that work with it: " + (working.empty() ? "none" : joined(working)));
}

void check_pace(const ProfileText& text, const std::string& role, const std::string& key, std::int64_t number) {
  const auto entry = std::ranges::find(roles(), role, &RoleEntry::name);
  if (number > 1 && entry->one_at_a_time)
    text.refuse({"workload", key}, "the role \"" + role + "\" works one message at a time; expected 1, found " +
                                       std::to_string(number));
}

void read_roles(const ProfileText& text, const SystemDescription& system, Profile& profile) {
  const Section section(text, {"roles"}, {"producer", "consumer"});
  section.take("producer", profile.producer_role);
  section.take("consumer", profile.consumer_role);
  if (profile.agents.contains("producer")) {
    profile.producer_role = own_role;
  } else {
    check_role(section, "producer", profile.producer_role, system);
    check_pace(text, profile.producer_role, "in_flight", profile.workload.in_flight);
  }
  if (profile.agents.contains("consumer")) profile.consumer_role = own_role;
  if (profile.workload.consumers == 0 || profile.agents.contains("consumer")) return;
  check_role(section, "consumer", profile.consumer_role, system);
  check_pace(text, profile.consumer_role, "ack_batch", profile.workload.ack_batch);
}

// Without a takeover nobody gets what a stopped consumer holds, and the trial
// would never come to rest. A lease that a timer ends comes back as well, but
// only a backlog that counts it says for how long to wait.
void check_pause(const ProfileText& text, const SystemDescription& system, const Profile& profile) {
  const auto& faults = profile.faults;
  if (!faults.kinds.contains("pause") || !faults.targets.contains("consumer") || profile.workload.consumers == 0) return;
  if (system.has_ability("takeover", "request")) return;
  if (system.has_ability("takeover", "timer") && system.has_ability("backlog", "authoritative")) return;
  text.refuse({"faults", "kinds"}, "a consumer can be paused only where its successor can take over what it holds, and the system " +
                                       system.name + " has takeover " + system.ability("takeover") +
                                       "; leave out pause, or set targets to producer and broker");
}

// Who waits until all is stored asks for nothing meanwhile, and could not tell
// that the broker stands still.
void check_stall(const ProfileText& text, const Profile& profile) {
  const auto& faults = profile.faults;
  if (!faults.kinds.contains("stall")) return;
  if (!faults.targets.contains("broker"))
    text.refuse({"faults", "kinds"}, "only the broker is stalled, and targets leave it out; leave out stall, or add broker to targets");
  if (profile.workload.start == Start::producers_first && profile.workload.consumers > 0)
    text.refuse({"faults", "kinds"}, "a stall lasts until everybody has waited in vain, and with start producers-first the "
                                     "consumers do not ask before all is stored; leave out stall, or set start to together");
}

// A proxy stands between agents and server, which are both to be reached by TCP.
void check_network(const ProfileText& text, const SystemDescription& system, const Profile& profile) {
  const auto& faults = profile.faults;
  const auto kind = std::ranges::find_if(faults.kinds, is_of_network);
  if (kind == faults.kinds.end()) return;
  const auto refuse = [&](const std::string& why) { text.refuse({"faults", "kinds"}, why + "; leave out " + *kind); };
  if (system.address_kind() != "tcp")
    refuse("a " + *kind + " is a fault of the network, and " + system.name + " is reached by " + system.address_kind());
  if (system.nodes(profile.settings) > 1) refuse("a " + *kind + " is between the agents and one server, and there are several here");
  if (system.advertises() && profile.attached)
    refuse(system.name + " tells its clients itself where it is, and one that assay did not start leads them past the proxy");
  const std::set<std::string> agents{"producer", "consumer"};
  const bool hits_agents = std::ranges::any_of(faults.targets, [&](const auto& target) { return agents.contains(target); });
  if (faults.targets.contains("broker") || (hits_agents && !system.advertises())) return;
  if (hits_agents)
    text.refuse({"faults", "targets"}, system.name + " tells its clients itself where it is, so that a " + *kind +
                                           " hits them all; add broker, which stands for all of them, or leave out " + *kind);
  text.refuse({"faults", "targets"}, "a " + *kind + " is between agents and server; add producer, consumer or, for all ways at once, broker");
}

// Where the system cannot say that it owes nothing, silence has to, and that
// takes twice its longest timer.
void check_drain(const ProfileText& text, const SystemDescription& system, const Profile& profile) {
  const auto silence_ms = 2 * system.longest_timer_ms();
  if (system.has_ability("backlog", "authoritative") || silence_ms < profile.evidence.drain_timeout_ms) return;
  text.refuse({"evidence", "drain_timeout_ms"},
              "the system " + system.name + " counts as drained after a silence of " + std::to_string(silence_ms) +
                  " ms, and nobody watches for so long; expected more than " + std::to_string(silence_ms));
}

// The primary is none of those that lag, and several servers have several ports.
void check_cluster(const ProfileText& text, const SystemDescription& system, const Profile& profile) {
  const auto nodes = system.nodes(profile.settings), lagging = system.lagging(profile.settings);
  const auto setting = [&](const char* name) { return system.described.at("cluster").at(name).get<std::string>(); };
  if (lagging > 0 && lagging >= nodes)
    text.refuse({"system", "settings", setting("lagging")},
                "of " + std::to_string(nodes) + " servers " + std::to_string(nodes - 1) + " can lag behind the primary; expected at most " +
                    std::to_string(nodes - 1) + ", found " + std::to_string(lagging));
  if (nodes > 1 && profile.port)
    text.refuse({"system", "port"}, "there are " + std::to_string(nodes) + " servers, each on a port of its own; leave it out");
}

// Every consumer of a fan-out is given every message: one is a group of its own.
void check_consumers(const ProfileText& text, const SystemDescription& system, const Profile& profile) {
  const auto consumers = profile.workload.consumers;
  if (consumers > 1 && system.has_ability("shape", "fan-out"))
    text.refuse({"workload", "consumers"}, "each consumer is given every message by " + system.name +
                                               " with these settings, so their effects cannot be counted together; expected 1, found " +
                                               std::to_string(consumers));
}

// Copies are counted in a list of them; without consumers there is nothing else.
void check_scope(const ProfileText& text, const SystemDescription& system, const Profile& profile) {
  if (*profile.claim.scope != Scope::stored || !system.has_ability("lists_stored", "false")) return;
  text.refuse({"claim"}, system.name + " with these settings cannot list what it stores, so nothing can be said @ stored; claim @ " +
                             "delivered or committed, with consumers");
}

SystemDescription known_system_in(const ProfileText& text, const Section& top, Profile& profile) {
  profile.system = read_system_name(text, top);
  SystemDescription system = describe_for(text, profile.system);
  profile.settings = read_settings(text, system);
  system = system.with(profile.settings);
  profile.port = read_port(text, system);
  profile.attached = read_attachment(text);
  if (profile.attached) settle_targets(text, profile);
  return system;
}

SystemDescription own_system_in(const ProfileText& text, Profile& profile) {
  read_own_server(text, profile);
  profile.settings = Json::object();
  hold_against_own_server(text, profile);
  return system_of(profile);
}

}  // namespace

void hold_against_system(const ProfileText& text, const Section& top, Profile& profile) {
  const auto system = names_own_server(text) ? own_system_in(text, profile) : known_system_in(text, top, profile);
  if (text.find({"evidence", "start_timeout_ms"}) == nullptr) profile.evidence.start_timeout_ms = system.starts_within_ms();
  read_roles(text, system, profile);
  check_pause(text, system, profile);
  check_stall(text, profile);
  check_network(text, system, profile);
  check_drain(text, system, profile);
  check_consumers(text, system, profile);
  check_scope(text, system, profile);
  check_cluster(text, system, profile);
  hold_pipeline_against_system(text, system, profile);
  hold_rules_against_system(text, system, profile);
}

Json settings_in(const ProfileText& text, const SystemDescription& system) { return read_settings(text, system); }

}  // namespace assay
