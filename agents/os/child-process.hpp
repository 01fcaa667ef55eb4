// A child process of ours: started, watched, signalled and reaped through its
// pidfd, so that a reused pid can never be hit.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "agents/os/deadline.hpp"
#include "agents/os/descriptor.hpp"

namespace assay {

struct Command {
  std::vector<std::string> argv;  // argv[0] is a path, or is looked up in PATH
  std::map<std::string, std::string> environment;  // added to ours
  std::filesystem::path directory;                 // empty: ours
  std::filesystem::path output;                    // stdout and stderr are appended here; empty: /dev/null
  std::map<std::string, int> descriptors = {};     // handed over; the child finds the number of its copy in this variable
};

// What waitid tells about a child.
struct Change {
  enum class Kind { exited, signalled, stopped, continued };
  Kind kind{};
  int value = 0;        // exit code or signal
  int wait_status = 0;  // the same as waitpid would encode it

  bool ended() const { return kind == Kind::exited || kind == Kind::signalled; }
  bool operator==(const Change&) const = default;
};

// "exit 0", "signal 9", "stopped by signal 19"
std::string to_string(const Change& change);

struct Finished;

// Owns the child: if it has not been seen to end, the destructor sends SIGKILL
// and reaps it. The child gets SIGKILL when the thread that spawned it dies,
// starts with default signal dispositions and an empty mask, in a process
// group of its own, with no descriptors but 0 (/dev/null), 1, 2 and what the
// command hands over.
class ChildProcess {
 public:
  static ChildProcess spawn(const Command& command);  // throws std::system_error: what, which program, why
  static ChildProcess spawn(const Command& command, int input);  // with this as descriptor 0

  ChildProcess(ChildProcess&&) noexcept;
  ChildProcess& operator=(ChildProcess&&) noexcept;
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  int descriptor() const { return pidfd_.get(); }  // readable when the child has ended

  void signal(int number);        // no effect on a child that has ended
  void signal_group(int number);  // and to whatever it has started in its process group
  void signal_tree(int number);   // and to its children, theirs, and so on

  // The next change not yet reported, without waiting.
  std::optional<Change> poll();

  // Waits until the child has ended or the deadline passed; stops and
  // continuations on the way are swallowed.
  std::optional<Change> wait_ended(Deadline deadline);

  // Empty while the child lives.
  const std::optional<Change>& end() const { return end_; }

 private:
  friend class Zygote;
  friend Finished run_to_end(const Command& command, Deadline deadline);
  ChildProcess(pid_t pid, Descriptor pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}

  pid_t pid_ = -1;
  Descriptor pidfd_;
  std::optional<Change> end_;
};

// How a command becomes a child: ChildProcess::spawn, or something faster.
using Spawn = std::function<ChildProcess(const Command&)>;

// Runs a command to its end and returns what it printed, of each stream the
// first MiB; stderr is appended to `output` of the command instead unless that is
// empty. Killed at the deadline, with its process group.
struct Finished {
  Change end;
  bool timed_out = false;
  std::string output;
  std::string errors;
};
Finished run_to_end(const Command& command, Deadline deadline);

// The last lines of a log file, at most `lines` of them and 4 KiB.
std::string last_lines(const std::filesystem::path& file, int lines);

}  // namespace assay
