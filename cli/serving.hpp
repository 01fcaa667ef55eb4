// What every server that assay starts needs: an address, a secret, and somebody
// who waits until it answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agents/os/child-process.hpp"
#include "cli/profile.hpp"

namespace assay {

// How often another address is tried: on one of our own choice somebody may have
// been quicker.
constexpr int address_tries = 3;

std::string random_secret();

// What could not be started, why, and the last lines that it said itself.
std::string start_failure(const std::string& started, const std::string& why, const std::filesystem::path& log);

// Runs a verb of the adapter that waits for a server: "probe", "in-sync". Nothing
// when that is ready, else why not; an answer while our child is dead comes from
// somebody else.
std::optional<std::string> why_not_ready(const SystemDescription& system, const std::string& verb, const std::string& address,
                                         ChildProcess& server, const std::string& secret, Deadline deadline);

}  // namespace assay
