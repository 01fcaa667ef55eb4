// Becomes a redis-server that is configured for a profile.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "agents/systems/redis/settings.hpp"

namespace assay::redis {

// Writes DIRECTORY/redis.conf and execs; returns only by throwing. With the
// address of a primary it becomes a replica of that.
[[noreturn]] void become_server(const std::filesystem::path& directory, const std::string& address, const Settings& settings,
                                const std::optional<std::string>& primary = {});

}  // namespace assay::redis
