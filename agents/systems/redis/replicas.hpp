// A primary and its replicas: brought into step, cut off, and put in its place.
// Each is asked over a connection of its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agents/os/deadline.hpp"

namespace assay::redis {

// Nothing when the replica has all that its primary had when this began, and gets
// what is written now; else why not. One attempt.
std::optional<std::string> behind(const std::string& replica, Deadline deadline);

// It keeps what it has and gets nothing more. Throws std::runtime_error.
void cut_off(const std::string& replica, Deadline deadline);

// Makes the one that has most the primary, once all have seen that theirs is
// gone, and the others replicas of it. Returns its address. Throws
// std::runtime_error.
std::string promote(const std::vector<std::string>& replicas, Deadline deadline);

}  // namespace assay::redis
