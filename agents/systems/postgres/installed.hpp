// The programs of a PostgreSQL server, where this machine has them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace assay::postgres {

struct Installed {
  std::filesystem::path folder;  // with postgres and initdb; empty: none that will do
  std::string version;           // "15.18"
  std::string missing;           // why there is none, and what to do
};

// In the first of these folders that has both.
Installed installed_in(const std::vector<std::filesystem::path>& folders);

// PATH, and then where Debian puts them out of the way, the newest first.
std::vector<std::filesystem::path> usual_folders();

}  // namespace assay::postgres
