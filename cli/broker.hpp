// A managed system under test: the server process that assay starts on a
// private directory and address, may kill, and starts again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include "agents/os/child-process.hpp"
#include "agents/recording/recorder.hpp"
#include "checker/history/trial.hpp"
#include "cli/profile.hpp"

namespace assay {

// The system under test could not be started or reached. Exit code 69. The text
// says what to do and holds the server's own last lines.
struct SystemUnavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Broker {
 public:
  // Nothing is started yet. `directory` is private and ours.
  Broker(const SystemDescription& system, const Profile& profile, std::filesystem::path directory, Spawn spawn);

  // On empty data. Throws SystemUnavailable.
  void start_fresh(Deadline deadline);

  // On the data of the incarnation that died. Throws SystemUnavailable.
  void restart(Deadline deadline);

  // Ends the server, if one runs.
  void discard();

  bool running() const { return child_ && !child_->end(); }
  ChildProcess& child() { return child_.value(); }
  std::int64_t incarnation() const { return incarnation_; }
  std::string name() const { return incarnation_name("broker", incarnation_); }
  const std::string& address() const { return address_; }
  const std::string& secret() const { return secret_; }
  const std::filesystem::path& log() const { return log_; }

  // The header in which a window of the server is armed; null when the server
  // marks none.
  RecordHeader* header() { return mapping_ ? &mapping_->header() : nullptr; }

  // Forgets windows passed in earlier trials. The server must be idle.
  void clear_windows();

  // What the running incarnation has passed so far, as its recording.
  Recording recording(std::int64_t trial, Ending ending);

 private:
  void launch(Deadline deadline);
  void await_announcement(const Descriptor& announcement, Deadline deadline);
  void await_answer(Deadline deadline);
  void choose_address();
  void listen_for_it();
  [[noreturn]] void fail(const std::string& what);

  const SystemDescription& system_;
  const Profile& profile_;
  std::filesystem::path directory_, home_, log_;
  Spawn spawn_;
  std::string address_, secret_;
  std::int64_t incarnation_ = 0;
  int fresh_starts_ = 0;
  Descriptor listener_;  // ours in every incarnation: who connects while none lives waits in the kernel
  std::optional<ChildProcess> child_;
  std::optional<RecordMapping> mapping_;
};

}  // namespace assay
