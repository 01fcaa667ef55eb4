#include "agents/systems/postgres/installed.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include <unistd.h>

#include "agents/os/child-process.hpp"

namespace assay::postgres {
namespace {

namespace fs = std::filesystem;

// What the links ask for: xid8, pg_current_xact_id() (13), pg_terminate_backend
// that waits (14).
constexpr int oldest_major = 14;

constexpr const char* how_to_install = "install the package postgresql-15 (ci/setup does)";

bool has(const fs::path& folder, const char* program) { return ::access((folder / program).c_str(), X_OK) == 0; }

// "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"
std::string version_in(const fs::path& folder) {
  const auto printed = run_to_end({.argv = {(folder / "postgres").string(), "--version"}, .environment = {}, .directory = {}, .output = {}},
                                  Deadline::in(std::chrono::seconds(5)))
                           .output;
  std::istringstream words(printed);
  std::string name, product, version;
  words >> name >> product >> version;
  return version;
}

int major_of(const fs::path& folder) { return std::atoi(folder.parent_path().filename().c_str()); }

}  // namespace

Installed installed_in(const std::vector<fs::path>& folders) {
  const auto found = std::find_if(folders.begin(), folders.end(),
                                  [](const fs::path& folder) { return has(folder, "postgres") && has(folder, "initdb"); });
  if (found == folders.end())
    return {{}, "", std::string("postgres and initdb are neither in PATH nor below /usr/lib/postgresql: ") + how_to_install};
  const auto version = version_in(*found);
  if (std::atoi(version.c_str()) < oldest_major)
    return {{}, "", "PostgreSQL " + version + " in " + found->string() + " is too old, 14 or later is needed: " + how_to_install};
  return {*found, version, ""};
}

std::vector<fs::path> usual_folders() {
  std::vector<fs::path> folders;
  const char* path = std::getenv("PATH");
  std::istringstream words(path ? path : "");
  for (std::string folder; std::getline(words, folder, ':');) folders.emplace_back(folder);
  const auto in_path = static_cast<std::ptrdiff_t>(folders.size());
  std::error_code absent;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", absent)) folders.push_back(version.path() / "bin");
  std::sort(folders.begin() + in_path, folders.end(), [](const fs::path& a, const fs::path& b) { return major_of(a) > major_of(b); });
  return folders;
}

}  // namespace assay::postgres
