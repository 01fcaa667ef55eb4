// Becomes a PostgreSQL server that is configured for a profile.
#pragma once

#include <filesystem>
#include <string>

#include "agents/systems/postgres/settings.hpp"

namespace assay::postgres {

// Makes a cluster in DIRECTORY/data unless it is there, and execs the server;
// returns only by throwing. Where the environment variable ASSAY_CACHE names a
// directory, the cluster is copied from there.
[[noreturn]] void become_server(const std::filesystem::path& directory, const std::string& address, const Settings& settings);

}  // namespace assay::postgres
