// The processes of a trial: the agents, every incarnation of them, and the
// broker. Starts them, talks to them, and waits for conditions while it hears
// what they say and sees how they end.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agents/control/control.hpp"
#include "agents/os/child-watch.hpp"
#include "agents/os/file-watch.hpp"
#include "cli/broker.hpp"
#include "cli/supervised-agent.hpp"
#include "cli/trial-record.hpp"

namespace assay {

// Something outside the contract went wrong: the trial is no evidence.
struct Disturbed {
  std::string line;
};

// The user, or the time of the run, wants an end.
struct Interrupted {};

class TrialProcesses {
 public:
  struct World {
    const Profile& profile;
    const Spawn& spawn;
    const std::filesystem::path& program;  // the system's adapter
    std::uint64_t recording_bytes;
    Broker& broker;
    SupervisorControl& control;
    ChildWatch::Wake& wake;
    TrialRecord& record;
    std::function<bool()> stop_asked;
    std::function<void(const Change& stopped)> at_armed_window;  // a process has stopped itself at the window that was armed
    std::function<bool()> on_time;          // called in every wait; true: call again within a millisecond
  };
  explicit TrialProcesses(World world) : world_(std::move(world)) {}

  // Starts an incarnation and its recording; it will say hello and be configured.
  SupervisedAgent& start(AgentConfiguration configuration);

  // The same of an instance of the user's own pipeline, which says nothing.
  // `output` is the channel behind it.
  SupervisedAgent& start_pipeline(AgentConfiguration configuration, const std::string& output);

  // Until all of these are ready; puts that on record and lets them go.
  void await_ready(const std::vector<SupervisedAgent*>& agents, std::chrono::milliseconds limit);
  void let_go(SupervisedAgent& agent) { agent.going = true, say(agent, agent.go()); }

  void say(SupervisedAgent& agent, const nlohmann::json& body) { world_.control.send(agent.identity(), body); }

  // The living incarnation of a process; null when there was none.
  SupervisedAgent* find(const std::string& process);
  SupervisedAgent& named(const std::string& process);  // Disturbed when there was none

  // Every incarnation, in the order of their starts.
  const std::vector<std::unique_ptr<SupervisedAgent>>& all() const { return agents_; }
  // By a consumer, of whatever kind.
  bool anything_received() const;

  bool was_ended(const SupervisedAgent& agent) const { return ended_.contains(agent.name()); }

  // Ended by this signal, reaped and on record. One that stopped itself at its
  // window is continued, so that a SIGTERM reaches it there.
  Change end(SupervisedAgent& agent, int signal, std::chrono::milliseconds limit);
  // The broker's must be a child of ours, as in the three below.
  Change end_broker(int signal, std::chrono::milliseconds limit);

  // SIGSTOP, and seen to be stopped.
  Change stop(SupervisedAgent& agent, std::chrono::milliseconds limit);
  Change stop_broker(std::chrono::milliseconds limit);

  // SIGCONT, and seen to go on.
  void continue_broker(std::chrono::milliseconds limit);

  // From now on an agent may end.
  void expect_endings() { endings_expected_ = true; }

  // True once the condition holds, false at the deadline. Throws Disturbed and
  // Interrupted; `until` throws Disturbed at the deadline, too.
  bool wait_for(const std::function<bool()>& condition, Deadline deadline);
  void until(const std::function<bool()>& condition, std::chrono::milliseconds limit, const std::string& what);

  // Ends what still runs, without a word on record.
  void end_all(std::chrono::milliseconds limit);

 private:
  void take_messages();
  void greet(SupervisedAgent& agent, const nlohmann::json& hello);
  void follow_agents();
  void watch_broker();
  void watch_agents();
  void agent_ended(SupervisedAgent& agent, const Change& change);
  std::string why_it_ended(SupervisedAgent& agent, const Change& change) const;
  [[noreturn]] void broker_ended(const Change& change) const;
  Change see_broker(Change::Kind kind, std::chrono::milliseconds limit, const std::string& what);
  Change await_end(ChildProcess& child, const std::string& name, int signal, std::chrono::milliseconds limit);
  std::string owed_by(const SupervisedAgent& agent) const;
  std::string those_that_run() const;

  World world_;
  std::vector<std::unique_ptr<SupervisedAgent>> agents_;
  std::set<std::string> ended_;  // by us
  bool endings_expected_ = false;
  bool stray_hello_ = false;  // somebody is there under a name that nobody was given
  FileWatch files_;  // what agents of the user's own put on record
};

}  // namespace assay
