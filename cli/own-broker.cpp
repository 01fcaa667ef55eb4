#include "cli/own-broker.hpp"

#include <cerrno>
#include <csignal>

#include <poll.h>

#include "cli/own-agent.hpp"
#include "cli/serving.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds end_watch{5}, one_attempt{1'000};
constexpr milliseconds patience_after_kill{10'000};

// Whether anybody is left in the process group that this leader, seen to end, had.
bool somebody_left(pid_t leader) { return ::kill(-leader, 0) == 0 || errno == EPERM; }

const char* const forks_away = "a server that forks away cannot be killed: let it run in the foreground, or name \"commands\"";

bool exited_in_order(const Change& change) { return change.kind == Change::Kind::exited && change.value == 0; }

}  // namespace

OwnBroker::OwnBroker(const Profile& profile, std::filesystem::path directory)
    : profile_(profile), server_(profile.own_server.value()), directory_(std::move(directory)), site_(server_) {
  secret_ = site_.secret();
}

OwnBroker::~OwnBroker() {
  try {
    discard();
  } catch (const std::system_error&) {
    // Not ours to kill any more: it took another user's identity.
  }
}

void OwnBroker::fail(const std::string& why) {
  const auto by = site_.command(server_.command).argv;
  const auto text = start_failure(profile_.system + " by \"" + joined(by, " ") + "\"", why, log_);
  discard();
  throw SystemUnavailable(text);
}

void OwnBroker::start_fresh(Deadline deadline) {
  require_program("server", server_.command, server_.directory, "/system/command");
  if (!server_.probe.empty()) require_program("probe", server_.probe, server_.directory, "/system/probe");
  for (int tries = 1;; ++tries) {
    discard();
    const auto number = std::to_string(++fresh_starts_);
    log_ = directory_ / ("server-" + number + ".log");
    site_.renew(directory_ / ("b" + number));
    address_ = site_.address();
    try {
      return launch(deadline);
    } catch (const SystemUnavailable&) {
      const bool taken = somebody_answers();  // by somebody who was quicker, for ours is dead
      if (!taken || tries == address_tries || deadline.passed()) throw;
    }
  }
}

// The ports of the dead are free, and their files closed, when the last has ended.
void OwnBroker::restart(Deadline deadline) {
  await_end_of_group(deadline);
  if (somebody_answers())
    throw SystemUnavailable(profile_.system + " at " + address_ +
                            " still answers though its process group has ended: it has left that group, and " + forks_away +
                            "; or its probe says yes whoever is there");
  launch(deadline);
}

bool OwnBroker::somebody_answers() const { return !site_.why_not_ready(Deadline::in(one_attempt)); }

void OwnBroker::launch(Deadline deadline) {
  ++incarnation_;
  auto command = site_.command(server_.command);
  command.output = log_;
  try {
    child_.emplace(ChildProcess::spawn(command));
  } catch (const std::system_error& error) {
    fail(std::string(error.what()) + "; correct /system/command");
  }
  await_ready(deadline);
}

void OwnBroker::await_ready(Deadline deadline) {
  std::string reason;
  while (true) {
    const auto why = site_.why_not_ready(deadline);
    if (!why && running() && !child_->poll()) return;
    if (const auto end = child_->wait_ended(Deadline::earlier(deadline, Deadline::in(end_watch))))
      fail("it ended before it was ready (" + to_string(*end) + "); " +
           (exited_in_order(*end) ? forks_away : "correct /system/command, or what it needs"));
    if (why && (reason.empty() || !deadline.passed())) reason = *why;  // the last is often cut short
    if (deadline.passed())
      fail("it was not ready in time: " + reason + "; correct /system/command or /system/probe, or set /evidence/start_timeout_ms higher");
  }
}

// A daemon's first process may end a moment after the daemon answers.
void OwnBroker::ended_unasked(const Change& change) {
  if (exited_in_order(change) && somebody_answers())
    fail("its first process ended (" + to_string(change) + ") and " + address_ + " still answers; " + forks_away);
}

void OwnBroker::await_end_of_group(Deadline deadline) {
  if (!child_) return;
  while (somebody_left(child_->pid())) {
    if (deadline.passed())
      throw SystemUnavailable(profile_.system + ": its first process has ended, and others of its process group have not; let \"" +
                              server_.command.front() + "\" wait for what it starts");
    ::poll(nullptr, 0, 1);
  }
}

void OwnBroker::discard() {
  if (!child_) return;
  const auto leader = child_->pid();
  child_->signal_group(SIGKILL);
  child_->wait_ended(Deadline::in(patience_after_kill));
  // While one is left nobody else can have the group's number.
  if (somebody_left(leader)) ::kill(-leader, SIGKILL);
  child_.reset();
}

}  // namespace assay
