// The mosquitto that assay starts.
#pragma once

#include <filesystem>
#include <string>

#include "agents/systems/mqtt/settings.hpp"

namespace assay::mqtt {

struct Installed {
  std::string version;  // empty: none that will do
  std::string missing;
};
Installed installed_server();

// Writes DIR/mosquitto.conf and becomes that server; returns only by throwing.
void become_server(const std::filesystem::path& directory, const std::string& address, const Settings& settings);

}  // namespace assay::mqtt
