#include "cli/janitor.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <tuple>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agents/os/deadline.hpp"
#include "cli/scratch.hpp"

namespace assay {

void send_report(int socket, const Report& report) {
  const std::string packet = static_cast<char>(report.kind) + report.text;
  send(socket, packet.data(), packet.size(), MSG_NOSIGNAL);  // nobody there: then nobody needs to know
}

std::optional<Report> receive_report(int socket) {
  std::array<char, 8192> packet;
  const ssize_t size = recv(socket, packet.data(), packet.size(), 0);
  if (size <= 0) return std::nullopt;
  return Report{static_cast<Report::Kind>(packet[0]),
                std::string(packet.data() + 1, static_cast<std::size_t>(size) - 1)};
}

// ---- killing

namespace {

// Not by a stream: it throws when the process ends while we read.
std::string contents(const std::filesystem::path& file) {
  const Descriptor in(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> chunk;
  std::string text;
  ssize_t got = 0;
  while (in && (got = read(in.get(), chunk.data(), chunk.size())) > 0)
    text.append(chunk.data(), static_cast<std::size_t>(got));
  return text;
}

// The fourth field, two after the name; the name may hold anything, even ")".
pid_t parent_of(const std::string& process) {
  const std::string stat = contents(process + "/stat");
  const auto name_end = stat.rfind(')');
  return name_end == std::string::npos ? -1 : std::atoi(stat.c_str() + std::min(name_end + 4, stat.size()));
}

bool carries(const std::string& process, const std::string& mark) {
  const std::string environment = '\0' + contents(process + "/environ") + '\0';
  return environment.find('\0' + mark + '\0') != std::string::npos;
}

bool is_process(const std::string& name) { return name.find_first_not_of("0123456789") == std::string::npos; }

}  // namespace

bool kill_run(const std::string& run_id, Children children) {
  bool killed = false;
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
    const std::string process = entry->path();
    const std::string name = entry->path().filename();
    if (!is_process(name)) continue;
    // Opened before we look, so that what we looked at is what we kill.
    const pid_t pid = std::atoi(name.c_str());
    const Descriptor pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (!pidfd || pid == getpid()) continue;
    const bool ours =
        (children == Children::killed && parent_of(process) == getpid()) || carries(process, "ASSAY_RUN=" + run_id);
    if (ours && syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0) == 0) killed = true;
  }
  return killed;
}

// ---- the janitor

namespace {

bool write_file(const char* file, const std::string& text) {
  const Descriptor out(open(file, O_WRONLY | O_CLOEXEC));
  return out && write(out.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// Without this everyone in the namespace is nobody.
bool map_user(const Duties& duties) {
  const auto itself = [](auto id) { return std::to_string(id) + " " + std::to_string(id) + " 1"; };
  return write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/uid_map", itself(duties.user)) &&
         write_file("/proc/self/gid_map", itself(duties.group));
}

// So that /proc/PID means what getpid() says in the namespace. Containers may
// forbid it; then we do without.
void mount_own_proc() {
  if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return;
  mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
}

bool settle(const Duties& duties) {
  setsid();  // what is sent to the terminal's foreground, or by it, is not for us
  if (duties.isolation == Isolation::none) return prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
  if (duties.isolation == Isolation::user_namespace && !map_user(duties)) return false;
  mount_own_proc();
  return true;
}

void block_all_signals() {
  signal(SIGCHLD, SIG_DFL);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
}

// Pipes and files of the user's end with the run and not with us.
void let_go_of_everything_but(std::array<int, 2> kept) {
  prctl(PR_SET_NAME, "assay-janitor");
  const int null = open("/dev/null", O_RDWR);
  for (const int standard : {0, 1, 2}) dup2(null, standard);
  std::sort(kept.begin(), kept.end());
  int next = 3;
  for (const int descriptor : kept) {
    if (descriptor > next) close_range(static_cast<unsigned>(next), static_cast<unsigned>(descriptor) - 1, 0);
    next = std::max(next, descriptor + 1);
  }
  close_range(static_cast<unsigned>(next), ~0U, 0);
  std::ignore = chdir("/");
}

struct Reaped {
  std::optional<int> supervisor;  // its wait status
  bool childless = false;
};

Reaped reap(pid_t supervisor) {
  Reaped reaped;
  int status = 0;
  pid_t pid = 0;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid == supervisor) reaped.supervisor = status;
  }
  reaped.childless = pid < 0;
  return reaped;
}

// Until the supervisor has ended (its wait status), or the visible process (nothing).
std::optional<int> tend(pid_t supervisor, int socket) {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  const Descriptor deaths(signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
  std::array<pollfd, 2> wanted{{{deaths.get(), POLLIN, 0}, {socket, POLLIN, 0}}};
  while (true) {
    poll(wanted.data(), wanted.size(), -1);
    if (wanted[0].revents != 0) {
      signalfd_siginfo announced{};
      while (read(deaths.get(), &announced, sizeof announced) > 0) continue;
      if (const auto status = reap(supervisor).supervisor) return status;
    }
    if (wanted[1].revents != 0) {
      char number = 0;
      if (recv(socket, &number, 1, 0) <= 0) return std::nullopt;
      kill(supervisor, number);
    }
  }
}

// Every descendant is or becomes our child, so without children we are done.
void end_everything(const Duties& duties) {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  const timespec at_most{0, 10'000'000};
  const bool is_init = duties.isolation != Isolation::none;
  assert(!is_init || getpid() == 1);  // else kill(-1) would hit all that this user has

  for (const auto deadline = Deadline::in(std::chrono::seconds(5)); !deadline.passed();) {
    const bool killed = is_init ? kill(-1, SIGKILL) == 0 : kill_run(duties.run_id, Children::killed);
    if (reap(-1).childless && (is_init || !killed)) return;
    sigtimedwait(&child, nullptr, &at_most);
  }
}

// A descriptor tells the child that its parent lives; getppid() does not when
// that is in another namespace.
pid_t fork_supervisor() {
  const Descriptor self(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0)));
  const pid_t supervisor = fork();
  if (supervisor < 0) throw std::system_error(errno, std::generic_category(), "start the supervisor");
  if (supervisor > 0) return supervisor;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  pollfd janitor_ended{self.get(), POLLIN, 0};
  if (poll(&janitor_ended, 1, 0) != 0) _exit(0);
  return 0;
}

}  // namespace

Containment be_janitor(const Duties& duties, Descriptor socket) noexcept {
  block_all_signals();
  if (!settle(duties)) {
    send_report(socket.get(), {Report::Kind::refused, ""});
    _exit(0);
  }
  std::optional<Scratch> scratch;
  pid_t supervisor = -1;
  try {
    scratch = Scratch::make(duties.place);
    supervisor = fork_supervisor();
  } catch (const std::exception& error) {
    if (scratch) scratch->remove();
    send_report(socket.get(), {Report::Kind::failed, error.what()});
    _exit(0);
  }
  if (supervisor == 0) {
    socket.reset();  // or the visible process would not see the janitor end
    return {scratch->directory(), duties.run_id, duties.isolation != Isolation::none, scratch->hand_over_lock()};
  }
  let_go_of_everything_but({socket.get(), scratch->lock().get()});
  send_report(socket.get(), {Report::Kind::scratch, scratch->directory()});
  const std::optional<int> status = tend(supervisor, socket.get());
  end_everything(duties);
  scratch->remove();
  if (status) send_report(socket.get(), {Report::Kind::ended, std::to_string(*status)});
  _exit(0);
}

}  // namespace assay
