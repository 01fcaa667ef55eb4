#include "cli/starter.hpp"

#include <algorithm>

#include "cli/role-table.hpp"
#include "cli/schema.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

// Who plays, and what may then be claimed.
struct Cast {
  std::string producer, consumer, claim, about;
};

std::string first_of(const std::vector<std::string>& working, const std::string& wished) {
  if (working.empty() || std::ranges::find(working, wished) != working.end()) return wished;
  return working.front();
}

// At-least-once where producers can send again and consumers acknowledge what
// they have processed; else nothing may at least come twice.
Cast cast_for(const SystemDescription& system) {
  const auto producers = working_roles("producer", system), consumers = working_roles("consumer", system);
  const Profile usual;
  const Cast wished{usual.producer_role, usual.consumer_role, "at-least-once",
                    "Is nothing lost that " + system.name + " acknowledged?"};
  const bool both = first_of(producers, wished.producer) == wished.producer && first_of(consumers, wished.consumer) == wished.consumer;
  if (both) return wished;
  return {first_of(producers, "send-once-cursor-first"), first_of(consumers, "auto-acknowledge"), "at-most-once",
          "Does nothing come twice from " + system.name + "?"};
}

Json settings_of(const SystemDescription& system) {
  Json settings = Json::object();
  for (const Json& setting : system.described.at("settings"))
    settings[setting.at("name").get<std::string>()] = setting.at("default");
  return settings;
}

Json values_for(const SystemDescription& system, const Cast& cast) {
  Json values{{"about", cast.about},
              {"system", {{"name", system.name}, {"settings", settings_of(system)}}},
              {"claim", cast.claim},
              {"roles", {{"producer", cast.producer}, {"consumer", cast.consumer}}},
              {"workload", {{"messages", Workload{}.messages}}},
              {"faults", {{"kinds", FaultWish{}.kinds}}},
              {"evidence", Json::object()},
              {"expect", "upheld"}};
  if (!system.survives_kill()) values["faults"]["targets"] = {"producer", "consumer"};
  // Silence that says that nothing is owed has to fit in.
  const auto silence_ms = 2 * system.longest_timer_ms();
  if (!system.has_ability("backlog", "authoritative") && silence_ms >= EvidenceWish{}.drain_timeout_ms)
    values["evidence"]["drain_timeout_ms"] = silence_ms + EvidenceWish{}.drain_timeout_ms;
  return values;
}

std::vector<std::string> role_lines(const std::string& side, const SystemDescription& system) {
  std::vector<std::string> lines;
  for (const auto& role : roles())
    if (role.side == side && unmet_need(role.name, system).empty())
      lines.push_back("  " + std::string(role.name) + ": " + std::string(role.about));
  const std::string which = lines.empty() ? "none works with the settings above" : "these work with the settings above:";
  lines.insert(lines.begin(), which);
  return lines;
}

// What a setting goes with, which its schema does not say.
void note_company(const SystemDescription& system, Notes& notes) {
  for (const Json& setting : system.described.at("settings")) {
    const Json with = setting.value("with", Json::object());
    for (const auto& needed : with.items())
      notes["/system/settings/" + setting.at("name").get<std::string>()].push_back("only where " + needed.key() + " is one of " +
                                                                                   needed.value().dump());
  }
}

Notes notes_for(const SystemDescription& system) {
  Notes notes{{"/roles/producer", role_lines("producer", system)},
              {"/roles/consumer", role_lines("consumer", system)},
              {"/claim", {"such as at-most-once, at-least-once @ stored, exactly-once @ committed + fifo"}}};
  if (!system.survives_kill())
    notes["/faults/targets"] = {"without the broker: with these settings it answers before it has saved, and a kill takes that along"};
  note_company(system, notes);
  return notes;
}

std::string heading(const SystemDescription& system) {
  const bool there = !system.version().empty();
  return "// A profile to start from, by assay init: " + printable(system.name + (there ? " " + system.version() : "")) + ".\n" +
         (there ? "" : "// It cannot run yet: " + printable(system.missing()) + "\n") +
         "// It runs as it is (assay run FILE). What stands behind // is the default; profiles/format.md says more.\n";
}

// A port means nothing to a system without one, and of the roles notes_for() has
// those that work, with more to say.
void leave_out(Json& schema, const SystemDescription& system) {
  for (Json& role : schema["properties"]["roles"]["properties"]) role.erase("enum");
  for (Json& form : schema["properties"]["system"]["anyOf"])
    if (system.address_kind() != "tcp" && form.contains("properties")) form["properties"].erase("port");
}

}  // namespace

std::string starter_for_system(const SystemDescription& described) {
  const SystemDescription system = described.with(settings_of(described));
  Json schema = profile_schema(described);
  leave_out(schema, system);
  return heading(system) + commented(schema, values_for(system, cast_for(system)), notes_for(system));
}

}  // namespace assay
