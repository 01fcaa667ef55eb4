// `selftest --agent`: a program of the user's own, held against the protocol of
// docs/agent-protocol.md in a few small trials, with a role of ours on the other
// side. What the trials say of the system under test is nobody's business here.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "agents/os/child-watch.hpp"
#include "cli/conformance.hpp"
#include "cli/profile.hpp"

namespace assay {

// `side` is "producer" or "consumer"; it is started in the folder we are in.
// UsageError for a side, a system or a setting that is none.
Profile agent_selftest_profile(const std::string& side, const std::vector<std::string>& command, const std::string& system,
                               const std::vector<std::string>& sets, const std::filesystem::path& scratch);

// Throws SystemUnavailable when the server, or the program, does not start.
std::vector<ConformanceCheck> hold_against_protocol(const Profile& profile, const std::string& side,
                                                    const std::filesystem::path& scratch, ChildWatch& watch);

}  // namespace assay
