// A server of the user's own that is no child of ours, in a container say: the
// profile's commands start, fault and end it. Faults are believed as those of an
// attached server are, when nobody answers any more.
#pragma once

#include "cli/attached-broker.hpp"
#include "cli/own-site.hpp"

namespace assay {

class CommandedBroker : public AttachedBroker {
 public:
  // Nothing is started yet. `directory` is private and ours.
  CommandedBroker(const RunPlan& plan, const SystemDescription& system, std::filesystem::path directory);
  ~CommandedBroker() override;  // ends what it has started

  void start_fresh(Deadline deadline) override;
  void discard() override;
  bool silent() const override;

 protected:
  Command command_of(const std::string& name) const override { return site_.command(attached_.commands.at(name)); }
  std::optional<std::string> why_silent(std::chrono::milliseconds limit) const override { return site_.why_silent(limit); }

 private:
  void require_programs() const;

  const OwnServer& server_;
  OwnSite site_;
  bool started_ = false;
};

}  // namespace assay
