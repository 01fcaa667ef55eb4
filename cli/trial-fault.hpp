// The fault of a trial: arms its trigger, strikes when that is reached, and
// heals. CONTRACTS 2.8 and 3.1 say what each kind is.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "cli/network-fault.hpp"
#include "cli/stall-watch.hpp"
#include "cli/trial-processes.hpp"
#include "cli/trial.hpp"

namespace assay {

Passes passes_in(const Trial& control, const Profile& profile);

class TrialFault {
 public:
  struct World {
    const std::optional<PlannedFault>& planned;
    const Passes& passes;
    const FaultWish& wish;
    Broker& broker;
    NetworkPaths* paths;  // null: agents go straight to the server
    TrialProcesses& processes;
    TrialRecord& record;
    std::chrono::milliseconds start_timeout, request_timeout;
    // Starts the successor of an agent, ready and let go.
    std::function<void(const SupervisedAgent& victim)> replace;
    std::function<void()> broker_died;  // before it is restarted
  };
  explicit TrialFault(World world) : world_(std::move(world)) {}

  void arm();

  // Nobody will reach the trigger any more. False: somebody has in the last
  // moment, and the fault is about to strike.
  bool disarm();
  bool struck() const { return struck_; }

  // A process waits at the armed window; too late, it just goes on.
  void at_armed_window(const Change& stopped);

  // Called in every wait: random faults strike when they are due. True: look
  // again very soon.
  bool on_time();

  // The zombie of a pause, which lives on beside its successor; null when there
  // is none, or when it has been continued.
  const SupervisedAgent* zombie() const { return zombie_; }
  void continue_zombie();

 private:
  bool pending() const { return world_.planned && !given_up_ && !struck_ && !striking_; }
  Marks* marks_of(const std::string& process);
  bool strike_when_due();
  void strike();
  void strike_target();
  void end_broker();
  void end_attached(AttachedBroker& server);
  void stall_broker();
  void stall_attached(AttachedBroker& server);
  void disturb_network();
  void wait_until_felt(StallWatch& watch);
  std::string point_of(Marks* victim);
  void end_agent(SupervisedAgent& victim);
  void make_zombie_of(SupervisedAgent& victim);
  void release_trigger();

  World world_;
  Change stopped_;  // how the trigger stopped
  SupervisedAgent* zombie_ = nullptr;
  std::optional<std::int64_t> due_;  // after how many passes a random fault strikes
  bool struck_ = false, striking_ = false, given_up_ = false, stalling_ = false;
};

}  // namespace assay
