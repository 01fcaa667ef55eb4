// One agent of a trial as the supervisor sees it: its process, its recording,
// and what it has said.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "agents/control/configuration.hpp"
#include "agents/control/control.hpp"
#include "agents/os/child-process.hpp"
#include "agents/recording/recorder.hpp"

namespace assay {

class SupervisedAgent {
 public:
  // Creates its recording and starts the process, which will say hello.
  SupervisedAgent(const Spawn& spawn, const std::filesystem::path& program, AgentConfiguration configuration, const std::string& endpoint,
                  const std::string& secret, std::uint64_t recording_bytes, const std::filesystem::path& log);

  const AgentConfiguration& configuration() const { return configuration_; }
  const std::string& process() const { return configuration_.process; }
  std::string name() const { return incarnation_name(configuration_.process, configuration_.incarnation); }
  ChildProcess& child() { return child_; }
  RecordHeader& header() { return mapping_.header(); }
  const std::filesystem::path& log() const { return log_; }
  std::optional<Window> last_window() const;

  // What it said last; the driver of the trial reads these.
  bool ready = false;
  bool done = false;                // producer: all planned messages are answered
  std::set<std::string> sent;       // markers whose send was answered ok
  std::set<std::string> seen;       // markers processed
  std::optional<bool> backlog_empty;  // auditor: the last answer, until it is asked again
  bool scanned = false;
  std::optional<bool> probed_empty;  // consumer: likewise

  // Takes a message in; empty, or how it broke the protocol.
  std::string take(const nlohmann::json& body);

 private:
  AgentConfiguration configuration_;
  std::filesystem::path log_;
  RecordMapping mapping_;
  ChildProcess child_;
};

}  // namespace assay
