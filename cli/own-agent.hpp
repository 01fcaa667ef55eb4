// Producers and consumers that are programs of the user's own. They speak the
// protocol of docs/agent-protocol.md, and nothing of ours is linked into them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "cli/profile.hpp"
#include "cli/supervised-agent.hpp"

namespace assay {

// Throws SystemUnavailable when there is no such program, or it cannot be executed.
void require_program(const std::string& role, const OwnAgent& agent);

// The same of any command that is started in a directory; `where` is its place in the profile.
void require_program(const std::string& who, const std::vector<std::string>& command, const std::filesystem::path& directory,
                     const std::string& where);

struct OwnAgentStart {
  const OwnAgent& agent;
  AgentConfiguration configuration;
  std::string endpoint, secret;
  std::uint64_t limit;          // bytes that it may put on record
  std::filesystem::path log;    // its directory is the trial's
};
std::unique_ptr<SupervisedAgent> start_own_agent(const OwnAgentStart& start);

// Where the consumers of a trial leave their effects.
std::filesystem::path effects_folder(const std::filesystem::path& trial);

}  // namespace assay
