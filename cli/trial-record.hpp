// What the supervisor itself puts on record in a trial, as the process
// "harness": the plan, the lives of the processes, the fault, the drain.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "agents/os/child-process.hpp"
#include "agents/recording/recorder.hpp"
#include "cli/plan.hpp"

namespace assay {

// What the proxy counted (CONTRACTS 2.8): bytes, or the connections that found
// the way cut.
struct NetworkProof {
  std::optional<std::int64_t> bytes, connections;
  std::string words;  // for people
};

class TrialRecord {
 public:
  // Creates the recording `file`.
  TrialRecord(const std::filesystem::path& file, const RunPlan& plan, std::int64_t trial, std::uint64_t bytes);

  const std::filesystem::path& file() const { return file_; }

  void planned(const std::string& message, const std::string& flags);
  void planned(const PlannedFault& fault);

  void ready(const std::string& incarnation, std::optional<std::int64_t> pid);  // no pid: it is not ours
  void ended(const std::string& incarnation, const Change& change);
  void stopped(const std::string& incarnation, const Change& change);
  void continued(const std::string& incarnation, const std::string& how = "SIGCONT sent");

  // Of a server that is not ours: what a command did to it.
  void ended_by_command(const std::string& incarnation);
  void stopped_by_command(const std::string& incarnation);

  void fault_begins(const PlannedFault& fault);
  void fault_proven(const PlannedFault& fault, const std::string& victim, const Change& change, const std::string& last_point);
  void fault_proven_by_command(const PlannedFault& fault, const std::string& victim, const std::string& last_point);
  void fault_proven_by_proxy(const PlannedFault& fault, const std::string& victim, const NetworkProof& seen,
                             const std::string& last_point);
  void fault_healed(const PlannedFault& fault);

  void drain_begins();
  void drain_probed(bool empty);
  void drain_ends(bool empty, const std::string& source);

  void environment(const std::string& level, const std::string& line);

 private:
  std::filesystem::path file_;
  const RunPlan& plan_;
  Recorder recorder_;
};

}  // namespace assay
