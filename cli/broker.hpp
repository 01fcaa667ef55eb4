// The server under test, as every trial sees it: one that assay starts
// (managed-broker.hpp), a primary with replicas (cluster-broker.hpp), one that
// somebody else started (attached-broker.hpp), or a program of the user's own
// (own-broker.hpp, commanded-broker.hpp).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "agents/os/child-process.hpp"
#include "agents/recording/recorder.hpp"
#include "checker/history/trial.hpp"
#include "cli/marks.hpp"
#include "cli/plan.hpp"

namespace assay {

// The system under test could not be started, reached or commanded. Exit code 69,
// or an environment fault of the trial in which it happened. The text says what to
// do and holds the last lines of the server or of the command.
struct SystemUnavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class AttachedBroker;

// What stands before a server that tells its clients where to find it, so that
// they find that instead.
struct Front {
  std::string address;
  std::function<void(const std::string& server)> lead_to;  // called before the server is started
};

class Broker {
 public:
  Broker() = default;
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;
  virtual ~Broker() = default;

  // What a trial begins with. A managed server starts on empty data; an attached
  // one must answer. Throws SystemUnavailable.
  virtual void start_fresh(Deadline deadline) = 0;

  // On the data of the incarnation that died, or of its replicas. Throws
  // SystemUnavailable.
  virtual void restart(Deadline deadline) = 0;

  // Nobody needs it any more: a managed server is ended, an attached one is left
  // as it was found. Throws SystemUnavailable when that fails.
  virtual void discard() = 0;

  virtual bool running() const = 0;
  virtual ChildProcess* child() { return nullptr; }        // null: the server is not ours
  virtual AttachedBroker* attached() { return nullptr; }   // null: it is

  // To child() and to what belongs to it.
  virtual void signal(int number) { child()->signal(number); }

  // Before it is started.
  void stand_behind(Front front) { front_ = std::move(front); }

  // Takes note that child() ended unasked. Throws SystemUnavailable when that
  // shows that no trial can be run with it.
  virtual void ended_unasked(const Change&) {}

  // How a server that nobody struck and that child() is not ended by itself.
  virtual std::optional<std::string> lost_server() { return std::nullopt; }

  // A line of its log, since this was asked last, that makes a trial no evidence: a
  // full disk, data that it cannot read.
  virtual std::optional<std::string> alarm() { return std::nullopt; }

  // The channel of a trial. No two trials that this server ever sees share one.
  virtual std::string channel(std::int64_t trial) const = 0;

  // The header in which a window of the server is armed; null when the server
  // marks none.
  virtual RecordHeader* header() { return nullptr; }

  // The same as the supervisor sees it; null when the server marks none.
  Marks* marks();

  // Forgets windows passed in earlier trials. The server must be idle.
  void clear_windows();

  // What the running incarnation has passed so far, as its recording.
  Recording recording(std::int64_t trial, Ending ending);

  std::int64_t incarnation() const { return incarnation_; }
  std::string name() const { return incarnation_name("broker", incarnation_); }
  const std::string& address() const { return address_; }
  const std::string& secret() const { return secret_; }
  const std::filesystem::path& log() const { return log_; }

 protected:
  std::filesystem::path log_;
  std::string address_, secret_;
  std::int64_t incarnation_ = 0;
  std::optional<Front> front_;

 private:
  std::optional<HeaderMarks> marks_;
};

// Nothing: it is not ours.
std::optional<std::int64_t> pid_of(Broker& broker);

// One that assay starts, as many servers as the settings say. `directory` is
// private and ours.
std::unique_ptr<Broker> started_broker(const SystemDescription& system, const Profile& profile,
                                       const std::filesystem::path& directory, const Spawn& spawn);

// The one that the profile asks for.
std::unique_ptr<Broker> broker_for(const RunPlan& plan, const SystemDescription& system,
                                   const std::filesystem::path& directory, const Spawn& spawn);

}  // namespace assay
