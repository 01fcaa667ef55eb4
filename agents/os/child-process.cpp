#include "agents/os/child-process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agents/os/launch.hpp"
#include "agents/os/process-tree.hpp"

namespace assay {
namespace {

// SIGKILL needs no longer than this, unless the kernel itself hangs.
constexpr std::chrono::milliseconds patience_after_kill{10'000};

Change change_of(const siginfo_t& info) {
  const int value = info.si_status;
  switch (info.si_code) {
    case CLD_EXITED:
      return {Change::Kind::exited, value, (value & 0xff) << 8};
    case CLD_KILLED:
      return {Change::Kind::signalled, value, value};
    case CLD_DUMPED:
      return {Change::Kind::signalled, value, value | WCOREFLAG};
    case CLD_CONTINUED:
      return {Change::Kind::continued, value, 0xffff};
    default:
      return {Change::Kind::stopped, value, value << 8 | 0x7f};
  }
}

}  // namespace

std::string to_string(const Change& change) {
  const std::string value = std::to_string(change.value);
  switch (change.kind) {
    case Change::Kind::exited:
      return "exit " + value;
    case Change::Kind::signalled:
      return "signal " + value;
    case Change::Kind::stopped:
      return "stopped by signal " + value;
    case Change::Kind::continued:
      return "continued";
  }
  return "unknown change";
}

ChildProcess ChildProcess::spawn(const Command& command) {
  const Descriptor null = open_file("/dev/null", O_RDONLY);
  return spawn(command, null.get());
}

ChildProcess ChildProcess::spawn(const Command& command, int input) {
  const Descriptor output = open_output(command);
  Launched launched = launch(command, {input, output.get(), output.get()});
  return ChildProcess(launched.pid, std::move(launched.pidfd));
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      end_(std::exchange(other.end_, std::nullopt)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this == &other) return *this;
  const ChildProcess replaced(std::move(*this));
  pid_ = std::exchange(other.pid_, -1);
  pidfd_ = std::move(other.pidfd_);
  end_ = std::exchange(other.end_, std::nullopt);
  return *this;
}

ChildProcess::~ChildProcess() {
  if (!pidfd_ || end_) return;
  try {
    signal(SIGKILL);
    wait_ended(Deadline::in(patience_after_kill));
  } catch (const std::system_error&) {
    // Not ours to kill any more: it took another user's identity.
  }
}

void ChildProcess::signal(int number) {
  if (!pidfd_ || end_) return;
  if (syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0) == 0 || errno == ESRCH) return;
  throw failed("send signal " + std::to_string(number) + " to process " + std::to_string(pid_));
}

// Until it is reaped nobody else can have its number, nor its group's.
void ChildProcess::signal_group(int number) {
  if (!pidfd_ || end_) return;
  if (::kill(-pid_, number) == 0 || errno == ESRCH) return;
  throw failed("send signal " + std::to_string(number) + " to the process group " + std::to_string(pid_));
}

// Looked for before, as those of a dead process are not found, and again after,
// as who stands still starts no more.
void ChildProcess::signal_tree(int number) {
  if (!pidfd_ || end_) return;
  auto descendants = descendants_of(pid_);
  signal(number);
  const auto later = descendants_of(pid_);
  descendants.insert(descendants.end(), later.begin(), later.end());
  for (const pid_t descendant : descendants)
    if (::kill(descendant, number) != 0 && errno != ESRCH)
      throw failed("send signal " + std::to_string(number) + " to process " + std::to_string(descendant));
}

std::optional<Change> ChildProcess::poll() {
  if (!pidfd_ || end_) return std::nullopt;
  siginfo_t info{};
  if (waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED | WSTOPPED | WCONTINUED | WNOHANG) != 0) {
    throw failed("wait for process " + std::to_string(pid_));
  }
  if (info.si_pid == 0) return std::nullopt;
  const Change change = change_of(info);
  if (change.ended()) end_ = change;
  return change;
}

std::optional<Change> ChildProcess::wait_ended(Deadline deadline) {
  while (true) {
    while (poll()) continue;
    if (end_ || deadline.passed()) return end_;
    pollfd ended{pidfd_.get(), POLLIN, 0};
    ::poll(&ended, 1, deadline.left_ms());
  }
}

namespace {

// The reading end of a pipe, and what came through it.
class Capture {
 public:
  Capture() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw failed("make a pipe");
    read_ = Descriptor(fcntl(ends[0], F_DUPFD_CLOEXEC, 3));
    write_ = Descriptor(fcntl(ends[1], F_DUPFD_CLOEXEC, 3));
    close(ends[0]);
    close(ends[1]);
    if (!read_ || !write_) throw failed("make a pipe");
    fcntl(read_.get(), F_SETFL, O_NONBLOCK);
  }

  int writable() const { return write_.get(); }
  void hand_over() { write_.reset(); }
  pollfd wanted() const { return {read_.get(), POLLIN, 0}; }

  // What is there now. What exceeds the limit is read and dropped, so that a
  // chatty command does not hang.
  void take(std::string& text) {
    std::array<char, 65536> chunk;
    ssize_t got = 0;
    while (read_ && (got = read(read_.get(), chunk.data(), chunk.size())) > 0) {
      text.append(chunk.data(), std::min(static_cast<std::size_t>(got), limit_bytes - text.size()));
    }
    if (got == 0) read_.reset();
  }

 private:
  static constexpr std::size_t limit_bytes = 1 << 20;
  Descriptor read_, write_;
};

}  // namespace

Finished run_to_end(const Command& command, Deadline deadline) {
  Capture out, err;
  Descriptor log;
  if (!command.output.empty()) log = open_file(command.output, O_WRONLY | O_CREAT | O_APPEND);
  const Descriptor null = open_file("/dev/null", O_RDONLY);
  Launched launched = launch(command, {null.get(), out.writable(), log ? log.get() : err.writable()});
  ChildProcess child(launched.pid, std::move(launched.pidfd));
  out.hand_over();
  err.hand_over();

  // Ends with the child and not with its pipes: a daemon that it left behind
  // may hold them open for ever.
  Finished finished;
  while (!child.end()) {
    if (deadline.passed()) {
      finished.timed_out = true;
      kill(-child.pid(), SIGKILL);  // its group, which cannot be another's until it is reaped
      child.signal(SIGKILL);        // and itself, should it have left it
      child.wait_ended(Deadline::in(patience_after_kill));
      break;
    }
    std::array<pollfd, 3> wanted{out.wanted(), err.wanted(), {child.descriptor(), POLLIN, 0}};
    ::poll(wanted.data(), wanted.size(), deadline.left_ms());
    out.take(finished.output);
    err.take(finished.errors);
    child.poll();
  }
  out.take(finished.output);
  err.take(finished.errors);
  finished.end = child.end().value();
  return finished;
}

std::string last_lines(const std::filesystem::path& file, int lines) {
  constexpr std::streamoff limit_bytes = 4096;
  std::ifstream log(file, std::ios::binary | std::ios::ate);
  const std::streamoff size = log ? static_cast<std::streamoff>(log.tellg()) : 0;
  std::string tail(static_cast<std::size_t>(std::min(size, limit_bytes)), '\0');
  log.seekg(size - static_cast<std::streamoff>(tail.size()));
  log.read(tail.data(), static_cast<std::streamsize>(tail.size()));
  tail.resize(static_cast<std::size_t>(std::max<std::streamsize>(log.gcount(), 0)));

  while (tail.ends_with('\n')) tail.pop_back();
  std::size_t from = tail.size();
  for (int line = 0; line < lines && from != std::string::npos && from > 0; ++line) from = tail.rfind('\n', from - 1);
  if (lines <= 0) return "";
  return from == std::string::npos || from == 0 ? tail : tail.substr(from + 1);
}

}  // namespace assay
