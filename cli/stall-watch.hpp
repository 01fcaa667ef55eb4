// Sees, while the broker stands still, who of the agents has felt it: in their
// own recordings, by the rule that the fault will be judged by.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "checker/stall.hpp"
#include "cli/trial-processes.hpp"

namespace assay {

class StallWatch {
 public:
  // The broker stands still from now on.
  StallWatch(TrialProcesses& processes, std::chrono::milliseconds request_timeout);

  // Everybody who still wants something of the broker has waited in vain.
  bool all_felt();

  // The living incarnation of this process has.
  bool has_felt(const std::string& process);

 private:
  bool felt(SupervisedAgent& agent);

  TrialProcesses& processes_;
  Standstill stall_;
  std::int64_t request_timeout_ns_;
  std::map<std::string, std::uint64_t> looked_up_to_;  // incarnation -> the end of its recording when it was read last
  std::set<std::string> felt_;
};

}  // namespace assay
