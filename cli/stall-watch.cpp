#include "cli/stall-watch.hpp"

#include <algorithm>
#include <utility>

namespace assay {

StallWatch::StallWatch(TrialProcesses& processes, std::chrono::milliseconds request_timeout)
    : processes_(processes),
      stall_{.begin = monotonic_ns()},
      request_timeout_ns_(std::chrono::nanoseconds(request_timeout).count()) {}

bool StallWatch::all_felt() {
  const auto& agents = processes_.all();
  return std::all_of(agents.begin(), agents.end(), [this](const auto& agent) {
    const bool asks = agent->process() != "auditor" && !agent->is_silent() && !agent->done && !agent->child().end();
    return !asks || felt(*agent);
  });
}

bool StallWatch::has_felt(const std::string& process) {
  auto* agent = processes_.find(process);
  return agent && felt(*agent);
}

// A recording is read again only when it has grown.
bool StallWatch::felt(SupervisedAgent& agent) {
  if (felt_.contains(agent.name())) return true;
  const auto end = agent.trail().length();
  if (std::exchange(looked_up_to_[agent.name()], end) == end) return false;
  const auto recording = agent.trail().read(Ending::killed);
  if (!waited_in_vain(recording, stall_, request_timeout_ns_)) return false;
  felt_.insert(agent.name());
  return true;
}

}  // namespace assay
