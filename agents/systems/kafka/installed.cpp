#include "agents/systems/kafka/installed.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include <unistd.h>

namespace assay::kafka {
namespace {

namespace fs = std::filesystem;

constexpr const char* how_to_get = "ci/setup --systems kafka fetches them, or name their folder in ASSAY_KAFKA";
const std::string jar_begin = "kafka_2.13-", jar_end = ".jar";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

fs::path java_in_path() {
  if (const auto home = variable("JAVA_HOME"); !home.empty() && ::access((home + "/bin/java").c_str(), X_OK) == 0) return home + "/bin/java";
  std::istringstream words(variable("PATH"));
  for (std::string folder; std::getline(words, folder, ':');)
    if (const auto java = fs::path(folder) / "java"; ::access(java.c_str(), X_OK) == 0) return java;
  return {};
}

std::vector<std::string> jars_in(const fs::path& folder) {
  std::vector<std::string> jars;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(folder, absent))
    if (entry.path().extension() == jar_end) jars.push_back(entry.path().filename());
  std::sort(jars.begin(), jars.end());
  return jars;
}

// "kafka_2.13-3.9.1.jar"; empty: no broker is in there.
std::string version_in(const fs::path& folder) {
  for (const auto& jar : jars_in(folder))
    if (jar.starts_with(jar_begin)) return jar.substr(jar_begin.size(), jar.size() - jar_begin.size() - jar_end.size());
  return {};
}

// SHARE/kafka-3.9.1 and its like, the greatest name first.
void add_folders(std::vector<fs::path>& folders, const fs::path& share) {
  std::vector<fs::path> found;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(share, absent))
    if (entry.path().filename().string().starts_with("kafka-")) found.push_back(entry.path());
  std::sort(found.rbegin(), found.rend());
  folders.insert(folders.end(), found.begin(), found.end());
}

}  // namespace

Installed installed_in(const std::vector<fs::path>& folders) {
  const auto found = std::find_if(folders.begin(), folders.end(), [](const fs::path& folder) { return !version_in(folder).empty(); });
  if (found == folders.end()) {
    const std::string where = folders.empty() ? "/usr/local/share/assay" : folders.front().string();
    return {{}, {}, "", "no jars of a Kafka broker are in " + where + ": " + how_to_get};
  }
  const auto java = java_in_path();
  if (java.empty()) return {{}, {}, "", "java is not in PATH: install the package default-jre-headless (ci/setup does)"};
  return {java, *found, version_in(*found), ""};
}

std::vector<fs::path> usual_folders() {
  if (const auto named = variable("ASSAY_KAFKA"); !named.empty()) return {named};
  std::vector<fs::path> folders;
  if (const auto home = variable("HOME"); !home.empty()) add_folders(folders, fs::path(home) / ".local/share/assay");
  add_folders(folders, "/usr/local/share/assay");
  add_folders(folders, "/usr/share/assay");
  return folders;
}

std::string class_path(const fs::path& folder) {
  std::string path;
  for (const auto& jar : jars_in(folder)) path += (path.empty() ? "" : ":") + (folder / jar).string();
  return path;
}

}  // namespace assay::kafka
