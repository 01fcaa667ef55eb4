#include "cli/commanded-broker.hpp"

#include <poll.h>

#include "cli/own-agent.hpp"
#include "cli/serving.hpp"

namespace assay {

CommandedBroker::CommandedBroker(const RunPlan& plan, const SystemDescription& system, std::filesystem::path directory)
    : AttachedBroker(plan, system, std::move(directory)), server_(plan.profile.own_server.value()), site_(server_) {
  secret_ = site_.secret();
}

CommandedBroker::~CommandedBroker() {
  try {
    CommandedBroker::discard();
  } catch (const std::exception&) {
    // Something else went wrong before, and that is what will be told.
  }
}

void CommandedBroker::require_programs() const {
  for (const auto& [name, argv] : attached_.commands) require_program("command " + name, argv, server_.directory, "/system/commands/" + name);
  if (!server_.probe.empty()) require_program("probe", server_.probe, server_.directory, "/system/probe");
}

void CommandedBroker::start_fresh(Deadline deadline) {
  require_programs();
  discard();
  const auto number = std::to_string(++fresh_starts_);
  log_ = directory_ / ("commands-" + number + ".log");
  site_.renew(directory_ / ("b" + number));
  address_ = site_.address();
  place_ = system_.name + " at " + address_;
  started_ = true;  // a command that failed may have done its work all the same
  run("start");
  if (const auto why = site_.why_silent(deadline.left()))
    throw SystemUnavailable(start_failure(place_, "it was not ready in time: " + *why + "; correct /system/commands/start or /system/probe, "
                                          "or set /evidence/start_timeout_ms higher", log_));
  ++incarnation_;
  reached_ = true;
}

// The kernel accepts connections for a process that was killed until that has
// quite ended. From the first that is refused on nobody may answer any more.
bool CommandedBroker::silent() const {
  const auto deadline = Deadline::in(silence);
  while (!site_.why_not_ready(deadline)) {
    if (deadline.passed()) return false;
    ::poll(nullptr, 0, 1);
  }
  return AttachedBroker::silent();
}

// One that stands still cannot be ended by every command, so it goes on first.
void CommandedBroker::discard() {
  AttachedBroker::discard();
  if (!std::exchange(started_, false)) return;
  run(attached_.commands.contains("kill") ? "kill" : "stop");
}

}  // namespace assay
