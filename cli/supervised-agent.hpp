// One agent of a trial as the supervisor sees it: its process, what it leaves
// behind, and what it has said.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "agents/control/configuration.hpp"
#include "agents/control/control.hpp"
#include "agents/os/child-process.hpp"
#include "cli/trail.hpp"

namespace assay {

class SupervisedAgent {
 public:
  // Of a process that has just been started and will say hello. `configure` is
  // what it is then told.
  SupervisedAgent(AgentConfiguration configuration, nlohmann::json configure, std::unique_ptr<Trail> trail, ChildProcess child,
                  std::filesystem::path log);
  virtual ~SupervisedAgent() = default;

  const AgentConfiguration& configuration() const { return configuration_; }
  const nlohmann::json& configure() const { return configure_; }
  const std::string& process() const { return configuration_.process; }
  std::string name() const { return incarnation_name(configuration_.process, configuration_.incarnation); }
  virtual std::string identity() const { return name(); }  // its routing id
  ChildProcess& child() { return child_; }
  Trail& trail() { return *trail_; }
  const std::filesystem::path& log() const { return log_; }

  // Before it is told to go: what else that message says.
  virtual nlohmann::json go() { return {{"type", "go"}}; }

  // What is wrong with its hello; empty: nothing.
  virtual std::string wrong_hello(const nlohmann::json& hello) const;

  // Whether it is the process that was started here, and not another's agent.
  virtual bool belongs(const nlohmann::json&) const { return true; }

  // A program of the user's own, by the command that started it; empty: ours.
  virtual std::string command() const { return {}; }

  // It hears nothing over control and records nothing, and ends by a signal.
  virtual bool is_silent() const { return false; }

  virtual void signal(int number) { child_.signal(number); }

  // It is about to be told to send this marker, or to poll.
  virtual void asked_for(const std::string&) {}
  virtual void probe() { probed = true, probed_empty.reset(); }

  // What it said last; the driver of the trial reads these.
  bool greeted = false;
  bool ready = false;
  bool going = false;               // it was told to go
  bool done = false;                // producer: all planned messages are answered
  std::set<std::string> sent;       // markers whose send was answered ok
  std::set<std::string> seen;       // markers that the consumer has finished with
  std::optional<bool> backlog_empty;
  bool probed = false;              // it was asked to poll
  std::optional<bool> probed_empty;
  bool parting = false;             // it was told bye
  bool scanned = false;
  std::int64_t rows = 0;            // of the sink, that the auditor found

  // Takes a message in; empty, or how it broke the protocol.
  virtual std::string take(const nlohmann::json& body);

  // Takes in what it has put on record; empty, or what is wrong with that.
  virtual std::string follow() { return trail_->follow(); }

  // It ended in order; empty, or what is missing at the end of its record.
  virtual std::string cut_short() { return {}; }

  // So far, by its own record; 0 of an agent of ours, which is not followed.
  virtual std::int64_t deliveries() { return 0; }

 private:
  AgentConfiguration configuration_;
  nlohmann::json configure_;
  std::filesystem::path log_;
  std::unique_ptr<Trail> trail_;
  ChildProcess child_;
};

// Starts a role of ours in a program of the system's adapter.
std::unique_ptr<SupervisedAgent> start_our_agent(const Spawn& spawn, const std::filesystem::path& program,
                                                 const AgentConfiguration& configuration, const std::string& endpoint,
                                                 const std::string& secret, std::uint64_t recording_bytes,
                                                 const std::filesystem::path& log);

}  // namespace assay
