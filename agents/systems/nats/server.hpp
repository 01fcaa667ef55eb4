// nats-server, configured by a file in its private directory.
#pragma once

#include <filesystem>
#include <string>

#include "agents/systems/nats/settings.hpp"

namespace assay::nats {

// Execs the server. Returns only by throwing.
void become_server(const std::filesystem::path& directory, const std::string& address, const Settings& settings);

}  // namespace assay::nats
