// What the agents of a trial are told: who plays them, where the system is, and
// where what they leave behind belongs.
#pragma once

#include <cstdint>
#include <string>

#include "agents/control/configuration.hpp"
#include "cli/trial.hpp"

namespace assay {

// `process`: "consumer-0", "auditor", "pipeline-1". The broker of `setup` runs.
AgentConfiguration configuration_of(const TrialSetup& setup, const std::string& process, std::int64_t incarnation);

// Messages are dealt evenly; the first producers take what is left over.
std::int64_t share_of(const Workload& workload, std::int64_t producer);

// Room for what one incarnation records, a few redeliveries of everything included.
std::uint64_t recording_bytes(const Workload& workload);

// The channel behind a pipeline.
std::string output_of(const std::string& channel);

}  // namespace assay
