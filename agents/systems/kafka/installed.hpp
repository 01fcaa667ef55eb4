// The jars of a Kafka broker and the java that runs them, where this machine has them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace assay::kafka {

struct Installed {
  std::filesystem::path java;
  std::filesystem::path folder;  // with the jars; empty: there is none
  std::string version;           // "3.9.1"
  std::string missing;           // why there is none, and what to do
};

// The first of these folders that has a broker's jars, and java from PATH.
Installed installed_in(const std::vector<std::filesystem::path>& folders);

// What ASSAY_KAFKA names, or else where ci/setup puts them.
std::vector<std::filesystem::path> usual_folders();

// All jars of a folder in the order of their names, joined by colons.
std::string class_path(const std::filesystem::path& folder);

}  // namespace assay::kafka
