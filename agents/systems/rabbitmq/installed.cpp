#include "agents/systems/rabbitmq/installed.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include <unistd.h>

namespace assay::rabbitmq {
namespace {

namespace fs = std::filesystem;

using Version = std::array<int, 3>;

// Dead-lettering at least once came with 3.10.
constexpr Version oldest{3, 10, 0};

constexpr const char* how_to_install = "install the package rabbitmq-server (ci/setup does)";
constexpr std::string_view prefix = "rabbitmq_server-";

std::optional<Version> parsed(const std::string& text) {
  Version version{};
  if (std::sscanf(text.c_str(), "%d.%d.%d", &version[0], &version[1], &version[2]) != 3) return std::nullopt;
  return version;
}

// Debian keeps the scripts apart from the code; the maker's archive has them beside it.
fs::path start_script_of(const fs::path& code) {
  for (const auto& script : {code.parent_path().parent_path() / "bin/rabbitmq-server", code / "sbin/rabbitmq-server"})
    if (::access(script.c_str(), X_OK) == 0) return script;
  return {};
}

// Empty if there is none.
fs::path in_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::string rest = path ? path : "";
  while (!rest.empty()) {
    const auto colon = rest.find(':');
    const auto file = fs::path(rest.substr(0, colon)) / program;
    if (::access(file.c_str(), X_OK) == 0) return file;
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
  }
  return {};
}

// PATH has a link to ROOT/bin/erl, and the libraries are in ROOT/lib.
fs::path libraries_beside(const fs::path& erl) {
  std::error_code broken;
  return fs::canonical(erl, broken).parent_path().parent_path() / "lib";
}

}  // namespace

Installed installed_in(const std::vector<fs::path>& folders) {
  Installed newest{.missing = std::string("no rabbitmq_server-VERSION in ") + (folders.empty() ? "any folder" : folders.front().string()) + ": " + how_to_install};
  Version best{};
  std::error_code absent;
  for (const auto& folder : folders)
    for (const auto& entry : fs::directory_iterator(folder, absent)) {
      const auto name = entry.path().filename().string();
      if (!name.starts_with(prefix)) continue;
      const auto version = parsed(name.substr(prefix.size()));
      const auto script = start_script_of(entry.path());
      if (!version || script.empty() || *version <= best) continue;
      best = *version;
      newest = {.start = script, .version = name.substr(prefix.size()), .code = entry.path()};
    }
  if (newest.version.empty()) return newest;
  if (best < oldest) return {.missing = "RabbitMQ " + newest.version + " is too old, 3.10 or later is needed: " + how_to_install};
  const auto erl = in_path("erl");
  if (erl.empty()) return {.missing = std::string("RabbitMQ needs erl, which is not in PATH: ") + how_to_install};
  newest.erlang = libraries_beside(erl);
  return newest;
}

std::vector<fs::path> usual_folders() {
  std::vector<fs::path> folders{"/usr/lib/rabbitmq/lib"};
  if (const char* home = std::getenv("RABBITMQ_HOME")) folders.push_back(fs::path(home).parent_path());
  return folders;
}

}  // namespace assay::rabbitmq
