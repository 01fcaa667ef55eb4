// A managed system under test: the server process that assay starts on a
// private directory and address, may kill, and starts again.
#pragma once

#include <optional>

#include "agents/os/free-port.hpp"
#include "cli/broker.hpp"

namespace assay {

class ManagedBroker : public Broker {
 public:
  // Nothing is started yet. `directory` is private and ours.
  ManagedBroker(const SystemDescription& system, const Profile& profile, std::filesystem::path directory, Spawn spawn);

  void start_fresh(Deadline deadline) override;
  void restart(Deadline deadline) override;
  void discard() override;

  bool running() const override { return child_ && !child_->end(); }
  ChildProcess* child() override { return child_ ? &*child_ : nullptr; }
  void signal(int number) override;
  std::optional<std::string> alarm() override;
  std::string channel(std::int64_t trial) const override { return "t" + std::to_string(trial); }
  RecordHeader* header() override { return mapping_ ? &mapping_->header() : nullptr; }

 private:
  void launch(Deadline deadline);
  void await_announcement(const Descriptor& announcement, Deadline deadline);
  void await_answer(Deadline deadline);
  void choose_address();
  void listen_for_it();
  [[noreturn]] void fail(const std::string& what);

  const SystemDescription& system_;
  const Profile& profile_;
  std::filesystem::path directory_, home_;
  Spawn spawn_;
  int fresh_starts_ = 0;
  std::streamoff log_read_ = 0;  // how far its log has been searched for alarms
  std::optional<HeldPort> port_;  // while the server is dead nobody else listens there
  Descriptor listener_;  // ours in every incarnation: who connects while none lives waits in the kernel
  std::optional<ChildProcess> child_;
  std::optional<RecordMapping> mapping_;
};

}  // namespace assay
