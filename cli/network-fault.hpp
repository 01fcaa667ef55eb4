// A fault of the network while it lasts: on which ways, whether those that go
// there have met it, and what the proxy saw.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/network-paths.hpp"
#include "cli/stall-watch.hpp"
#include "cli/trial-processes.hpp"

namespace assay {

class NetworkFault {
 public:
  // Nothing is done yet.
  NetworkFault(NetworkPaths& paths, TrialProcesses& processes, const PlannedFault& planned, const FaultWish& wish,
               std::chrono::milliseconds request_timeout);

  void begin();

  // It has lasted long enough: everybody it is to hit, and who still wants
  // something of the server, has met it.
  bool has_been_met();
  std::chrono::milliseconds patience() const;  // for that

  NetworkProof end();

 private:
  struct Hit {
    std::string process;
    bool met = false;
  };
  std::vector<std::string> ways_hit() const;
  bool has_met(const std::string& process);
  bool wants_something(const std::string& process);
  bool is_felt_as_silence() const;
  nlohmann::json what_is_asked() const;
  std::chrono::milliseconds least() const;

  NetworkPaths& paths_;
  TrialProcesses& processes_;
  const PlannedFault& planned_;
  const FaultWish& wish_;
  std::chrono::milliseconds request_timeout_;
  std::vector<Hit> hits_;
  std::optional<StallWatch> silence_;
  Deadline least_until_ = Deadline::in({});
};

}  // namespace assay
