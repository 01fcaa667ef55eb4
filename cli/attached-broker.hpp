// A server that assay did not start: it is reached at an address, faulted by the
// commands that the profile names, and left as it was found.
//
// A command that ended well proves nothing, for it may have hit something else.
// What counts is that the server, which answered before, does not any more.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/broker.hpp"

namespace assay {

class AttachedBroker : public Broker {
 public:
  // Asks nobody yet. The log of the commands goes to `directory`. Throws
  // SystemUnavailable when the address is that of an environment variable that is
  // not set.
  AttachedBroker(const RunPlan& plan, const SystemDescription& system, std::filesystem::path directory);
  ~AttachedBroker() override;  // makes undone what is still to be undone

  void start_fresh(Deadline deadline) override;
  void restart(Deadline deadline) override;
  void discard() override;
  bool running() const override { return reached_; }
  AttachedBroker* attached() override { return this; }
  std::string channel(std::int64_t trial) const override;

  // Runs the command for a fault of this kind: kill, stop or stall. Throws
  // SystemUnavailable, as what follows does, when a command fails or takes too
  // long, or when the server was silent before.
  void strike(const std::string& kind);

  // Whether nobody answers any more.
  virtual bool silent() const;

  // Undoes what struck and waits until the server answers.
  void heal(Deadline deadline);

 protected:
  // For so long nobody may answer before a server counts as gone, or as standing
  // still. A probe tries again all the time, so one that was only slow is found.
  static constexpr std::chrono::milliseconds silence{750};

  virtual Command command_of(const std::string& name) const;

  // Why nobody answers; nothing: somebody does. Asks again all the time.
  virtual std::optional<std::string> why_silent(std::chrono::milliseconds limit) const;

  void run(const std::string& name);

  const SystemDescription& system_;
  const Attachment& attached_;
  std::filesystem::path directory_;
  std::string place_;  // "redis at 10.0.0.2:6379"
  int fresh_starts_ = 0;
  bool reached_ = false;

 private:
  void undo();
  std::string without_secret(std::string text) const;

  std::string channel_prefix_;
  std::string undo_;    // the command that is still to be run: "start", "resume"
  std::string failed_;  // why it could not be
};

}  // namespace assay
