#include "cli/containment.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <optional>
#include <random>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agents/os/deadline.hpp"
#include "cli/janitor.hpp"
#include "cli/scratch.hpp"

namespace assay {
namespace {

using Supervisor = std::function<int(const Containment&)>;

constexpr int harness_failure = 70;
constexpr int asked_to_stop_at_once = 130;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool has_room(const std::filesystem::path& place) {
  constexpr std::uint64_t wanted_bytes = 256ULL << 20;
  struct statvfs about {};
  return access(place.c_str(), W_OK | X_OK) == 0 && statvfs(place.c_str(), &about) == 0 &&
         std::uint64_t{about.f_bavail} * about.f_frsize >= wanted_bytes;
}

// What nobody holds any more does not count as taken.
std::filesystem::path cleared(const std::filesystem::path& place) {
  remove_abandoned(place);
  return place;
}

std::filesystem::path scratch_place() {
  if (const std::string wish = variable("ASSAY_SCRATCH"); !wish.empty())
    return cleared(std::filesystem::absolute(wish));
  if (has_room(cleared("/dev/shm"))) return "/dev/shm";
  if (const std::string wish = variable("TMPDIR"); !wish.empty()) return cleared(std::filesystem::absolute(wish));
  return cleared("/tmp");
}

// Or our sockets would get their numbers, and be mistaken for them.
void open_missing_standard_descriptors() {
  int null = 0;
  while ((null = open("/dev/null", O_RDWR)) >= 0 && null <= STDERR_FILENO) continue;
  close(null);
}

std::string fresh_id() {
  std::random_device random;
  std::array<char, 17> text;
  std::snprintf(text.data(), text.size(), "%08x%08x", random(), random());
  return text.data();
}

// SIGINT, SIGTERM and SIGHUP as a descriptor, for as long as it lives. SIGHUP not
// under nohup.
class Interrupts {
 public:
  Interrupts() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    struct sigaction hangup {};
    sigaction(SIGHUP, nullptr, &hangup);
    if (hangup.sa_handler != SIG_IGN) sigaddset(&set_, SIGHUP);
    sigprocmask(SIG_BLOCK, &set_, &before_);
    descriptor_ = Descriptor(signalfd(-1, &set_, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!descriptor_) throw std::system_error(errno, std::generic_category(), "make a signal descriptor");
  }
  ~Interrupts() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  int descriptor() const { return descriptor_.get(); }
  std::optional<int> next() const {
    signalfd_siginfo info{};
    if (read(descriptor_.get(), &info, sizeof info) != sizeof info) return std::nullopt;
    return info.ssi_signo == SIGHUP ? SIGTERM : static_cast<int>(info.ssi_signo);
  }

  // For the supervisor: as before, but SIGINT and SIGTERM wait until it reads them.
  void hand_to_supervisor() const {
    sigset_t mask = before_;
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGTERM);
    sigprocmask(SIG_SETMASK, &mask, nullptr);
  }

 private:
  sigset_t set_, before_;
  Descriptor descriptor_;
};

// Not unshare(): our own later children, and our user, stay where they are.
pid_t fork_into(Isolation isolation) {
  if (isolation == Isolation::none) return fork();
  const unsigned long flags = CLONE_NEWPID | SIGCHLD | (isolation == Isolation::user_namespace ? CLONE_NEWUSER : 0UL);
  return static_cast<pid_t>(syscall(SYS_clone, flags, nullptr, nullptr, nullptr, nullptr));
}

// The visible process's view of its janitor.
class Janitor {
 public:
  // Empty when this isolation is not to be had. Does not return in the supervisor
  // unless by an exception.
  static std::optional<Janitor> start(const Duties& duties, const Interrupts& interrupts, const Supervisor& supervisor);

  int attend(const Interrupts& interrupts);

 private:
  Janitor(pid_t pid, Descriptor socket, std::string run_id)
      : pid_(pid), socket_(std::move(socket)), run_id_(std::move(run_id)) {}

  void bury() {
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  int clean_up_instead() const;

  pid_t pid_;
  Descriptor socket_;
  std::string run_id_;
  std::optional<Scratch> scratch_;
};

[[noreturn]] void supervise(const Containment& containment, const Interrupts& interrupts,
                            const Supervisor& supervisor) {
  interrupts.hand_to_supervisor();
  setenv("ASSAY_RUN", containment.run_id.c_str(), 1);
  std::exit(supervisor(containment));
}

std::optional<Janitor> Janitor::start(const Duties& duties, const Interrupts& interrupts,
                                      const Supervisor& supervisor) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    throw std::system_error(errno, std::generic_category(), "make a socket pair");
  }
  Descriptor ours(ends[0]), theirs(ends[1]);
  const pid_t pid = fork_into(duties.isolation);
  if (pid < 0 && duties.isolation != Isolation::none) return std::nullopt;
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "start the janitor");
  if (pid == 0) {
    ours.reset();
    supervise(be_janitor(duties, std::move(theirs)), interrupts, supervisor);
  }

  theirs.reset();
  Janitor janitor(pid, std::move(ours), duties.run_id);
  const auto report = receive_report(janitor.socket_.get());
  if (report && report->kind == Report::Kind::scratch) {
    janitor.scratch_ = Scratch::made_by_janitor(report->text);
    return janitor;
  }
  janitor.bury();
  if (report && report->kind == Report::Kind::refused) return std::nullopt;
  throw std::runtime_error(report ? report->text : "start the janitor: it died");
}

int exit_code(int status) {
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  std::cerr << "assay: the supervisor died by signal " << WTERMSIG(status) << " (" << strsignal(WTERMSIG(status))
            << ")\n";
  return harness_failure;
}

int Janitor::attend(const Interrupts& interrupts) {
  int interruptions = 0;
  std::optional<int> status;
  std::array<pollfd, 2> wanted{{{interrupts.descriptor(), POLLIN, 0}, {socket_.get(), POLLIN, 0}}};
  while (true) {
    poll(wanted.data(), wanted.size(), -1);
    while (const auto number = interrupts.next()) {
      const char packet = static_cast<char>(*number);
      if (++interruptions < 3)
        send(socket_.get(), &packet, 1, MSG_NOSIGNAL);
      else
        shutdown(socket_.get(), SHUT_WR);  // as if we had ended
    }
    if (wanted[1].revents == 0) continue;
    const auto report = receive_report(socket_.get());
    if (!report) break;
    if (report->kind == Report::Kind::ended) status = std::stoi(report->text);
  }
  bury();
  if (status) return exit_code(*status);
  return interruptions >= 3 ? asked_to_stop_at_once : clean_up_instead();
}

int Janitor::clean_up_instead() const {
  const auto deadline = Deadline::in(std::chrono::seconds(5));
  while (kill_run(run_id_, Children::spared) && !deadline.passed()) continue;
  scratch_->remove();
  std::cerr << "assay: the janitor of this run was killed\n";
  return harness_failure;
}

Isolation best_isolation() {
  if (variable("ASSAY_NO_NAMESPACE") == "1") return Isolation::none;
  return geteuid() == 0 ? Isolation::pid_namespace : Isolation::user_namespace;
}

}  // namespace

int contained(const Supervisor& supervisor) {
  std::cout.flush();
  std::fflush(nullptr);
  open_missing_standard_descriptors();
  Duties duties{fresh_id(), scratch_place(), best_isolation(), geteuid(), getegid()};
  const Interrupts interrupts;

  auto janitor = Janitor::start(duties, interrupts, supervisor);
  if (!janitor) {
    duties.isolation = Isolation::none;
    janitor = Janitor::start(duties, interrupts, supervisor);
  }
  return janitor.value().attend(interrupts);
}

}  // namespace assay
