#include "cli/description.hpp"

#include <algorithm>
#include <csignal>
#include <map>

#include "cli/profile.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

const std::map<std::string, int> stop_signals{{"TERM", SIGTERM}, {"INT", SIGINT}, {"QUIT", SIGQUIT}};

std::string fault_of_setting(const Json& setting) {
  if (!setting.is_object()) return "a setting that is not an object";
  const std::string said = setting.dump();
  if (!setting.value("name", Json()).is_string()) return "a setting without a name: " + said;
  if (!setting.contains("default")) return "a setting without a default: " + said;
  const Json type = setting.value("type", Json());
  const Json& standard = setting.at("default");
  const bool fits = (type == "string" && standard.is_string()) || (type == "integer" && standard.is_number_integer()) ||
                    (type == "boolean" && standard.is_boolean());
  if (!fits) return "a setting whose type and default do not fit: " + said;
  if (!setting.value("values", Json::array()).is_array()) return "a setting whose values are not a list: " + said;
  for (const char* bound : {"min", "max"})
    if (setting.contains(bound) && !setting.at(bound).is_number_integer()) return "a bound that is no integer: " + said;
  return {};
}

bool is_words(const Json& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& word) { return word.is_string(); });
}

std::string fault_of_abilities(const Json& abilities) {
  if (!abilities.is_object()) return "\"abilities\" is not an object";
  for (const auto& ability : abilities.items())
    if (!ability.value().is_string() && !ability.value().is_boolean() && !is_words(ability.value()))
      return "the ability \"" + ability.key() + "\" is neither a word nor a boolean nor a list of words";
  return {};
}

bool is_setting(const Json& name, const Json& settings) {
  return name.is_string() && std::any_of(settings.begin(), settings.end(), [&](const Json& s) { return s.at("name") == name; });
}

std::string fault_of_company(const Json& setting, const Json& settings) {
  const Json with = setting.value("with", Json::object());
  if (!with.is_object()) return "a setting whose \"with\" is not an object: " + setting.dump();
  for (const auto& needed : with.items())
    if (!is_setting(needed.key(), settings) || !needed.value().is_array())
      return "a setting whose \"with\" does not list values of a setting: " + setting.dump();
  return {};
}

// The milliseconds stand there, or are those of a setting.
std::string fault_of_timers(const Json& timers, const Json& settings) {
  for (const Json& timer : timers) {
    if (!timer.is_object() || !timer.value("name", Json()).is_string()) return "a timer without a name: " + timer.dump();
    const bool plain = timer.value("ms", Json()).is_number_integer();
    if (!plain && !is_setting(timer.value("setting", Json()), settings))
      return "a timer with neither \"ms\" nor the name of a setting: " + timer.dump();
  }
  return {};
}

// {"ttl_ms": {"setting": "message_ttl_ms"}, "max_delivery": {"setting": "delivery_limit", "plus": 1}}
std::string fault_of_limits(const Json& limits, const Json& settings) {
  if (!limits.is_object()) return "\"limits\" is not an object";
  for (const auto& limit : limits.items()) {
    const auto table = limit_table();
    const bool known = std::any_of(table.begin(), table.end(), [&](const auto& entry) { return entry.name == limit.key(); });
    if (!known) return "a limit that nobody knows: " + limit.key();
    const Json& told = limit.value();
    const bool plain = told.is_object() && told.value("value", Json()).is_number_integer();
    const bool by_setting = told.is_object() && is_setting(told.value("setting", Json()), settings);
    if (plain == by_setting) return "a limit with neither \"value\" nor the name of a setting: " + limit.key() + " " + told.dump();
    if (!told.value("plus", Json(0)).is_number_integer()) return "a limit whose \"plus\" is no integer: " + limit.key();
  }
  return {};
}

std::string fault_of_cluster(const Json& described) {
  if (!described.contains("cluster")) return {};
  const Json& cluster = described.at("cluster");
  if (!cluster.is_object()) return "\"cluster\" is not an object";
  for (const char* name : {"nodes", "lagging"}) {
    const auto is_it = [&](const Json& setting) {
      return setting.at("name") == cluster.value(name, Json()) && setting.at("type") == "integer";
    };
    const Json& settings = described.at("settings");
    if (!std::any_of(settings.begin(), settings.end(), is_it))
      return "\"cluster\" does not name an integer setting as its \"" + std::string(name) + "\"";
  }
  if (described.at("address") != "tcp") return "\"cluster\" is for tcp";
  return {};
}

// What the setting says that "cluster" names.
std::int64_t cluster_number(const Json& described, const std::string& name, const Json& settings, std::int64_t otherwise) {
  if (!described.contains("cluster")) return otherwise;
  return settings.value(described.at("cluster").at(name).get<std::string>(), otherwise);
}

// The system's own words for what agents do.
std::string fault_of_verbs(const Json& verbs) {
  if (!verbs.is_object()) return "\"verbs\" is not an object";
  for (const auto& verb : verbs.items())
    if ((verb.key() != "send" && verb.key() != "ack") || !verb.value().is_string())
      return "\"verbs\" has words for \"send\" and \"ack\", and not: " + verb.key();
  return {};
}

std::string fault_of_variants(const Json& variants, const Json& settings) {
  if (!variants.is_array()) return "\"variants\" is not a list";
  for (const Json& variant : variants) {
    const Json when = variant.is_object() ? variant.value("when", Json()) : Json();
    if (!when.is_object() || when.empty()) return "a variant that does not say when: " + variant.dump();
    for (const auto& wanted : when.items())
      if (!is_setting(wanted.key(), settings)) return "a variant of a setting that is not there: " + variant.dump();
    if (std::string fault = fault_of_abilities(variant.value("abilities", Json::object())); !fault.empty()) return fault;
    if (std::string fault = fault_of_verbs(variant.value("verbs", Json::object())); !fault.empty()) return fault;
    if (!is_words(variant.value("emulated", Json::array()))) return "a variant whose emulated abilities are no words: " + variant.dump();
    if (std::string fault = fault_of_timers(variant.value("timers", Json::array()), settings); !fault.empty()) return fault;
    if (std::string fault = fault_of_limits(variant.value("limits", Json::object()), settings); !fault.empty()) return fault;
  }
  return {};
}

}  // namespace

std::string fault_of_description(const Json& described, const std::string& name) {
  if (!described.is_object()) return "not a JSON object";
  for (const char* field : {"system", "version", "address", "emulated", "abilities", "timers", "settings", "windows"})
    if (!described.contains(field)) return "no field \"" + std::string(field) + "\"";

  if (described.at("system") != name) return "\"system\" is " + described.at("system").dump() + " and not its own name";
  const Json& version = described.at("version");
  if (!version.is_string() && !version.is_null()) return "\"version\" is neither a string nor null";
  if (version.is_null() && !described.value("missing", Json()).is_string())
    return "\"version\" is null, and \"missing\" does not say why";
  if (described.at("address") != "ipc" && described.at("address") != "tcp") return "\"address\" is neither ipc nor tcp";
  if (!described.at("windows").is_boolean()) return "\"windows\" is not a boolean";
  for (const char* flag : {"advertises", "announces_ready", "takes_listener", "zygote", "several_processes", "survives_kill", "limit_loosens_prefetch"})
    if (!described.value(flag, Json(false)).is_boolean()) return "\"" + std::string(flag) + "\" is not a boolean";
  if (described.value("takes_listener", false) && described.at("address") != "ipc") return "\"takes_listener\" is for ipc";
  const Json stop = described.value("stop_signal", Json("TERM"));
  if (!stop.is_string() || !stop_signals.contains(stop.get<std::string>())) return "\"stop_signal\" is neither TERM nor INT nor QUIT";
  const Json start = described.value("starts_within_ms", Json(1));
  if (!start.is_number_integer() || start < 1) return "\"starts_within_ms\" is no number of milliseconds above 0";
  if (!is_words(described.value("alarms", Json::array()))) return "\"alarms\" is not a list of words";
  for (const char* list : {"emulated", "timers", "settings"})
    if (!described.at(list).is_array()) return "\"" + std::string(list) + "\" is not a list";

  const Json& abilities = described.at("abilities");
  if (std::string fault = fault_of_abilities(abilities); !fault.empty()) return fault;
  for (const char* needed : {"send_answered", "ack"})
    if (!abilities.contains(needed)) return "no ability \"" + std::string(needed) + "\"";

  for (const Json& setting : described.at("settings"))
    if (std::string fault = fault_of_setting(setting); !fault.empty()) return fault;
  for (const Json& setting : described.at("settings"))
    if (std::string fault = fault_of_company(setting, described.at("settings")); !fault.empty()) return fault;
  if (std::string fault = fault_of_timers(described.at("timers"), described.at("settings")); !fault.empty()) return fault;
  if (std::string fault = fault_of_limits(described.value("limits", Json::object()), described.at("settings")); !fault.empty()) return fault;
  if (std::string fault = fault_of_cluster(described); !fault.empty()) return fault;
  if (std::string fault = fault_of_verbs(described.value("verbs", Json::object())); !fault.empty()) return fault;
  return fault_of_variants(described.value("variants", Json::array()), described.at("settings"));
}

std::string SystemDescription::version() const {
  const Json& version = described.at("version");
  return version.is_string() ? version.get<std::string>() : "";
}

std::string SystemDescription::missing() const { return version().empty() ? described.value("missing", "") : ""; }

bool SystemDescription::marks_windows() const { return described.at("windows").get<bool>(); }

bool SystemDescription::advertises() const { return described.value("advertises", false); }
bool SystemDescription::announces_ready() const { return described.value("announces_ready", false); }

bool SystemDescription::takes_listener() const { return described.value("takes_listener", false); }

bool SystemDescription::is_several_processes() const { return described.value("several_processes", false); }

int SystemDescription::stop_signal() const { return stop_signals.at(described.value("stop_signal", "TERM")); }

std::vector<std::string> SystemDescription::alarms() const {
  return described.value("alarms", Json::array()).get<std::vector<std::string>>();
}

std::int64_t SystemDescription::starts_within_ms() const {
  return described.value("starts_within_ms", EvidenceWish{}.start_timeout_ms);
}

bool SystemDescription::survives_kill() const { return described.value("survives_kill", true); }

bool SystemDescription::limit_loosens_prefetch() const { return described.value("limit_loosens_prefetch", false); }

bool SystemDescription::is_zygote() const { return described.value("zygote", false); }

std::string SystemDescription::address_kind() const { return described.at("address").get<std::string>(); }

std::string SystemDescription::ability(const std::string& ability) const {
  const Json value = described.at("abilities").value(ability, Json(""));
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_string()) return value.get<std::string>();
  std::string words;
  for (const auto& word : value) words += (words.empty() ? "" : ", ") + word.get<std::string>();
  return words.empty() ? "none" : words;
}

bool SystemDescription::has_ability(const std::string& ability, const std::string& value) const {
  const Json there = described.at("abilities").value(ability, Json(""));
  if (there.is_array()) return std::find(there.begin(), there.end(), Json(value)) != there.end();
  return this->ability(ability) == value;
}

std::int64_t nodes_in(const Json& described, const Json& settings) { return cluster_number(described, "nodes", settings, 1); }

std::int64_t SystemDescription::nodes(const Json& settings) const { return nodes_in(described, settings); }

std::int64_t SystemDescription::lagging(const Json& settings) const { return cluster_number(described, "lagging", settings, 0); }

std::int64_t SystemDescription::longest_timer_ms() const {
  std::int64_t longest = 0;
  for (const Json& timer : described.at("timers")) longest = std::max(longest, timer.at("ms").get<std::int64_t>());
  return longest;
}

Limits SystemDescription::limits() const {
  Limits limits;
  const Json told = described.value("limits", Json::object());
  for (const auto& [key, member] : limit_table())
    if (const auto limit = told.find(key); limit != told.end()) limits.*member = limit->value("value", std::int64_t{0});
  return limits;
}

namespace {

// The value of its setting, and what comes on top; 0 is no limit, whatever comes on top.
Json settled(const Json& limit, const Json& settings) {
  const Json value = limit.contains("setting") ? settings.value(limit.at("setting").get<std::string>(), Json(0)) : limit.at("value");
  const auto number = value.is_number_integer() ? value.get<std::int64_t>() : 0;
  return {{"value", number > 0 ? number + limit.value("plus", 0) : 0}};
}

}  // namespace

SystemDescription SystemDescription::with(const Json& settings) const {
  SystemDescription system = *this;
  Json& told = system.described;
  for (const Json& variant : described.value("variants", Json::array())) {
    const auto holds = [&](const auto& wanted) { return settings.value(wanted.key(), Json()) == wanted.value(); };
    const auto when = variant.at("when").items();
    if (!std::all_of(when.begin(), when.end(), holds)) continue;
    told["abilities"].update(variant.value("abilities", Json::object()));
    if (variant.contains("verbs")) told["verbs"].update(variant.at("verbs"));
    for (const Json& emulated : variant.value("emulated", Json::array())) told["emulated"].push_back(emulated);
    if (variant.contains("timers")) told["timers"] = variant.at("timers");
    if (variant.contains("limits")) told["limits"].update(variant.at("limits"));
  }
  if (told.contains("limits"))
    for (Json& limit : told["limits"]) limit = settled(limit, settings);
  Json timers = Json::array();
  for (Json timer : told["timers"]) {
    if (timer.contains("setting")) timer["ms"] = settings.at(timer.at("setting").get<std::string>());
    if (timer.at("ms") != 0 || !timer.contains("setting")) timers.push_back(std::move(timer));  // 0 switches it off
  }
  told["timers"] = std::move(timers);
  told.erase("variants");
  return system;
}

}  // namespace assay
