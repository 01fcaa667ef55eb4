// One instance of a pipeline that is the user's own. It knows nothing of us: it
// is given its places by command line and environment, says nothing and records
// nothing. What is known of it is how its process began and ended.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "cli/profile.hpp"
#include "cli/supervised-agent.hpp"

namespace assay {

struct PipelineStart {
  const Pipeline& pipeline;
  AgentConfiguration configuration;  // its process and incarnation; its channels are those of the trial
  std::string output;                // the channel behind it
  std::string secret;
  std::filesystem::path log;
};

// Throws SystemUnavailable when there is no such program, or it cannot be executed.
std::unique_ptr<SupervisedAgent> start_pipeline(const PipelineStart& start);

}  // namespace assay
