// Becomes a redis-server that is configured for a profile.
#pragma once

#include <filesystem>
#include <string>

#include "agents/systems/redis/settings.hpp"

namespace assay::redis {

// Writes DIRECTORY/redis.conf and execs; returns only by throwing.
[[noreturn]] void become_server(const std::filesystem::path& directory, const std::string& address,
                                const Settings& settings);

}  // namespace assay::redis
