#include <iomanip>
#include <iostream>

#include "cli/commands.hpp"
#include "cli/terminal.hpp"

namespace assay {

namespace {

void row(const std::string& head, const std::string& text) {
  std::cout << "  " << std::left << std::setw(30) << head << " " << printable(text) << "\n";
}

int list_profiles() {
  std::cout << "profiles in " << profile_folder().string() << "\n";
  for (const auto& file : find_profiles(profile_folder().string())) {
    try {
      const auto profile = load_profile(file);
      row(profile.name, to_string(profile.claim) + ": " + profile.about);
    } catch (const UsageError& error) {
      row(file.stem().string(), std::string("cannot be used here: ") + error.what());
    }
  }
  return 0;
}

// For scripts: what `run` understands, whether or not it could be run here.
int list_profile_names() {
  const auto folder = profile_folder();
  for (const auto& file : find_profiles(folder.string()))
    std::cout << printable(file.lexically_relative(folder).replace_extension().string()) << "\n";
  return 0;
}

void list_system(const std::string& name) {
  const auto system = describe_system(name);
  row(name, system.version().empty() ? system.missing() : "version " + system.version());
  for (const auto& setting : system.described.value("settings", nlohmann::ordered_json::array()))
    row("    " + setting.value("name", ""), setting.value("about", "") + ", default " + setting.at("default").dump());
}

// An adapter that cannot run, for want of a library, costs its own system only.
int list_systems() {
  for (const auto& [name, program] : find_systems()) {
    try {
      list_system(name);
    } catch (const std::runtime_error& error) {
      row(name, std::string("cannot be used here: ") + error.what());
    }
  }
  return 0;
}

int list_system_names() {
  for (const auto& [name, program] : find_systems()) std::cout << printable(name) << "\n";
  return 0;
}

int list_windows() {
  for (const auto& window : windows()) row(std::string(window.name), std::string(window.meaning));
  return 0;
}

int list_clauses() {
  for (const auto& clause : clause_table())
    row(std::string(clause.name), std::string(clause.words) + "; a violation is called " + std::string(name(clause.anomaly)));
  std::cout << "\nguarantees, at scope stored, delivered or committed\n";
  for (const auto guarantee : {Guarantee::at_most_once, Guarantee::at_least_once, Guarantee::exactly_once}) {
    std::string text;
    for (const auto at : clauses_of(guarantee, Scope::committed)) text += (text.empty() ? "" : " + ") + std::string(name(at.clause));
    row(std::string(name(guarantee)), text);
  }
  return 0;
}

}  // namespace

int list_command(const std::string& what) {
  if (what == "profiles") return list_profiles();
  if (what == "systems") return list_systems();
  if (what == "windows") return list_windows();
  if (what == "clauses") return list_clauses();
  if (what == "profile-names") return list_profile_names();
  if (what == "system-names") return list_system_names();
  throw UsageError("list " + what + ": one of profiles, systems, windows, clauses, profile-names, system-names");
}

}  // namespace assay
