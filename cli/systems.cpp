#include <algorithm>
#include <chrono>
#include <cstdlib>

#include <unistd.h>

#include "agents/os/child-process.hpp"
#include "cli/description.hpp"
#include "cli/profile-text.hpp"
#include "cli/profile.hpp"

namespace assay {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::chrono::seconds describe_time{10};
constexpr std::string_view adapter_prefix = "assay-";

// Read before main. A run is in a mount namespace of its own, and in a chroot the
// kernel tells the way to a program that was started outside from another root.
const fs::path program_at_start = [] {
  std::error_code absent;
  return fs::read_symlink("/proc/self/exe", absent);
}();

fs::path program_folder() {
  if (program_at_start.empty())
    throw std::runtime_error("find the folder of assay: /proc/self/exe cannot be read; is /proc mounted?");
  return program_at_start.parent_path();
}

// Earlier folders win.
std::vector<fs::path> adapter_folders() {
  std::vector<fs::path> folders;
  const char* developers = std::getenv("ASSAY_SYSTEMS");
  if (developers != nullptr && *developers != '\0') folders.emplace_back(developers);
  folders.push_back(program_folder());
  folders.push_back(program_folder().parent_path() / "libexec" / "assay");
  return folders;
}

bool runnable(const fs::directory_entry& entry) {
  std::error_code ignored;
  return entry.is_regular_file(ignored) && ::access(entry.path().c_str(), X_OK) == 0;
}

std::vector<std::string> names_of(const std::map<std::string, fs::path>& systems) {
  std::vector<std::string> names;
  for (const auto& [name, program] : systems) names.push_back(name);
  return names;
}

std::string first_line(const std::string& text) { return text.substr(0, std::min<std::size_t>(text.find('\n'), 300)); }

bool is_profile(const fs::path& file) { return file.extension() == ".json"; }

std::vector<fs::path> profiles_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (is_profile(entry.path()) && !entry.is_directory()) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

std::vector<fs::path> profiles_of_folder(const fs::path& folder) {
  std::vector<fs::path> files;
  try {
    files = profiles_below(folder);
  } catch (const fs::filesystem_error& error) {
    throw UsageError(folder.string() + ": cannot be searched for profiles: " + error.code().message());
  }
  if (files.empty()) throw UsageError(folder.string() + ": no profile (*.json) in this folder or below it");
  return files;
}

// "redis", "redis/streams-aof": what find_profiles understands.
std::vector<std::string> profile_names() {
  std::vector<std::string> names;
  const fs::path folder = profile_folder();
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) return names;
  for (const fs::path& file : profiles_below(folder)) {
    const fs::path name = file.lexically_relative(folder).replace_extension();
    names.push_back(name.string());
    const std::string group = name.parent_path().string();
    if (!group.empty() && std::ranges::find(names, group) == names.end()) names.push_back(group);
  }
  return names;
}

// Near as a whole, or by the last part of the name alone.
std::string nearest_profile(const std::string& word) {
  const auto names = profile_names();
  if (const auto near = nearest(word, names); !near.empty()) return near;
  std::vector<std::string> last_parts;
  for (const auto& name : names) last_parts.push_back(fs::path(name).filename().string());
  const auto near = nearest(fs::path(word).stem().string(), last_parts);
  const auto found = std::ranges::find(last_parts, near);
  return near.empty() ? "" : names[static_cast<std::size_t>(found - last_parts.begin())];
}

}  // namespace

std::map<std::string, fs::path> find_systems() {
  std::map<std::string, fs::path> systems;
  for (const fs::path& folder : adapter_folders()) {
    std::error_code absent;
    for (const auto& entry : fs::directory_iterator(folder, absent)) {
      const std::string file = entry.path().filename().string();
      if (file.size() > adapter_prefix.size() && file.starts_with(adapter_prefix) && runnable(entry))
        systems.try_emplace(file.substr(adapter_prefix.size()), entry.path());
    }
  }
  return systems;
}

fs::path program_beside_adapters(const std::string& name) {
  for (const fs::path& folder : adapter_folders()) {
    std::error_code absent;
    if (const fs::directory_entry entry(folder / name, absent); runnable(entry)) return entry.path();
  }
  throw std::runtime_error("find the program " + name + ": it is neither beside assay nor in ../libexec/assay; install assay as a whole");
}

SystemDescription describe_system(const std::string& name) {
  const auto systems = find_systems();
  const auto system = systems.find(name);
  if (system == systems.end()) throw UsageError("\"" + name + "\" is no system" + suggestion(name, names_of(systems)));

  const fs::path& program = system->second;
  const auto refuse = [&](const std::string& why) {
    throw std::runtime_error("describe the system " + name + " (" + program.string() + " describe): " + why);
  };
  Command command;
  command.argv = {program.string(), "describe"};
  const Finished finished = run_to_end(command, Deadline::in(describe_time));
  if (finished.timed_out) refuse("no answer within " + std::to_string(describe_time.count()) + " s");
  if (finished.end.kind != Change::Kind::exited || finished.end.value != 0)
    refuse(to_string(finished.end) + (finished.errors.empty() ? "" : ": " + first_line(finished.errors)));

  SystemDescription description{name, program, Json::parse(finished.output, nullptr, false)};
  if (description.described.is_discarded()) refuse("what it printed is not JSON");
  if (const std::string fault = fault_of_description(description.described, name); !fault.empty()) refuse(fault);
  return description;
}

fs::path profile_folder() {
  const char* chosen = std::getenv("ASSAY_PROFILES");
  if (chosen != nullptr && *chosen != '\0') return chosen;
  const fs::path installed = program_folder().parent_path() / "share" / "assay" / "profiles";
  std::error_code ignored;
  return fs::is_directory(installed, ignored) ? installed : fs::path(ASSAY_SOURCE_PROFILES);
}

std::vector<fs::path> find_profiles(const std::string& argument) {
  if (argument.empty()) throw UsageError("a profile's name is empty");

  const fs::path named = profile_folder() / argument;
  for (const fs::path& candidate : {fs::path(argument), named, fs::path(named.string() + ".json")}) {
    std::error_code ignored;
    if (fs::is_directory(candidate, ignored)) return profiles_of_folder(candidate);
    if (fs::exists(candidate, ignored)) return {candidate};
  }
  const std::string near = nearest_profile(argument);
  throw UsageError(argument + ": no such profile: neither a file, nor a folder, nor a name below " +
                   profile_folder().string() + (near.empty() ? "" : "; did you mean \"" + near + "\"?"));
}

}  // namespace assay
