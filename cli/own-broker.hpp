// A server of the user's own that runs in the foreground: a child of ours with all
// that it starts in its process group, which is killed, stopped and paused as one.
//
// What leaves that group is beyond our reach, and a kill that missed it would prove
// nothing. So a server that was killed and still answers is never believed.
#pragma once

#include <optional>

#include "cli/broker.hpp"
#include "cli/own-site.hpp"

namespace assay {

class OwnBroker : public Broker {
 public:
  // Nothing is started yet. `directory` is private and ours.
  OwnBroker(const Profile& profile, std::filesystem::path directory);
  ~OwnBroker() override;

  void start_fresh(Deadline deadline) override;
  void restart(Deadline deadline) override;
  void discard() override;

  bool running() const override { return child_ && !child_->end(); }
  ChildProcess* child() override { return child_ ? &*child_ : nullptr; }
  void signal(int number) override { child_->signal_group(number); }
  void ended_unasked(const Change& change) override;
  std::string channel(std::int64_t trial) const override { return "t" + std::to_string(trial); }

 private:
  void launch(Deadline deadline);
  void await_ready(Deadline deadline);
  void await_end_of_group(Deadline deadline);
  bool somebody_answers() const;
  [[noreturn]] void fail(const std::string& why);

  const Profile& profile_;
  const OwnServer& server_;
  std::filesystem::path directory_;
  OwnSite site_;
  int fresh_starts_ = 0;
  std::optional<ChildProcess> child_;
};

}  // namespace assay
