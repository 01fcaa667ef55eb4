// Becomes a Kafka broker that is configured for a profile: one node that is its
// own controller.
#pragma once

#include <filesystem>
#include <string>

#include "agents/systems/kafka/settings.hpp"

namespace assay::kafka {

// The broker's configuration. It tells clients to come to `advertised`.
std::string properties(const std::filesystem::path& directory, const std::string& address, const std::string& advertised,
                       int controller_port, const Settings& settings);

// Formats DIRECTORY/data unless it is there, and execs the broker; returns only
// by throwing.
[[noreturn]] void become_server(const std::filesystem::path& directory, const std::string& address, const Settings& settings);

}  // namespace assay::kafka
