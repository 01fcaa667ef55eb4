#include "agents/systems/postgres/account.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace assay::postgres {
namespace {

namespace fs = std::filesystem;

std::system_error failed(const std::string& attempted) { return {errno, std::generic_category(), attempted}; }

bool write_file(const char* file, const std::string& text) {
  const Descriptor out(::open(file, O_WRONLY | O_CLOEXEC));
  return out && ::write(out.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// In a user namespace of our own, in which we are who we were.
bool part_as_anybody() {
  const auto user = std::to_string(::geteuid()), group = std::to_string(::getegid());
  return ::unshare(CLONE_NEWUSER | CLONE_NEWIPC) == 0 && write_file("/proc/self/setgroups", "deny") &&
         write_file("/proc/self/uid_map", user + " " + user + " 1") && write_file("/proc/self/gid_map", group + " " + group + " 1");
}

// Half of it would make us nobody, so a child tries it first.
bool may_part_as_anybody() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(part_as_anybody() ? 0 : 1);
  int status = 1;
  return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

bool same_place(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool is_process(const std::string& name) { return name.find_first_not_of("0123456789") == std::string::npos; }

// True when there was one.
bool kill_those_in(const struct stat& place) {
  bool any = false;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (!is_process(name)) continue;
    const pid_t pid = std::atoi(name.c_str());
    // Opened before we look, so that what we looked at is what we kill.
    const Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    struct stat there {};
    if (!pidfd || pid == ::getpid() || ::stat((entry->path() / "cwd").c_str(), &there) != 0 || !same_place(there, place)) continue;
    any |= ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0) == 0;
  }
  return any;
}

std::string last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text.empty() ? "it said nothing" : text.substr(text.rfind('\n') + 1);
}

std::string read_to_end(const Descriptor& reading, Deadline deadline) {
  std::string text;
  char chunk[4096];
  pollfd wanted{reading.get(), POLLIN, 0};
  while (::poll(&wanted, 1, deadline.left_ms()) > 0) {
    const auto got = ::read(reading.get(), chunk, sizeof chunk);
    if (got <= 0) break;
    text.append(chunk, static_cast<std::size_t>(got));
  }
  return text;
}

// In a child that has nothing else to do. The exit code says that it did not start.
[[noreturn]] void execute(const std::vector<std::string>& words, const Descriptor& output) {
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  if (::chdir("/") == 0 && ::dup2(output.get(), 1) == 1 && ::dup2(output.get(), 2) == 2) ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

std::optional<Account> account_to_take() {
  if (::geteuid() != 0) return std::nullopt;
  for (const auto* name : {"postgres", "nobody"})
    if (const auto* entry = ::getpwnam(name)) return Account{name, entry->pw_uid, entry->pw_gid};
  throw std::runtime_error("PostgreSQL does not run as root, and there is neither an account \"postgres\" nor \"nobody\"");
}

DataDirectory::DataDirectory(fs::path directory, std::optional<Account> account)
    : path_(std::move(directory)), account_(std::move(account)) {
  if (::mkdir(path_.c_str(), 0700) != 0 && errno != EEXIST) throw failed("make " + path_.string());
  if (account_ && ::chown(path_.c_str(), account_->user, account_->group) != 0) throw failed("give " + path_.string() + " to " + account_->name);
  open_ = Descriptor(::open(path_.c_str(), O_RDONLY | O_DIRECTORY));  // not closed by exec
  if (!open_) throw failed("open " + path_.string());
}

std::string DataDirectory::handed_over() const { return "/proc/self/fd/" + std::to_string(open_.get()); }

void DataDirectory::take_account() const {
  if (!account_) return;
  const bool taken = ::initgroups(account_->name.c_str(), account_->group) == 0 && ::setgid(account_->group) == 0 &&
                     ::setuid(account_->user) == 0;
  if (!taken) throw failed("become " + account_->name);
}

void DataDirectory::run(const std::vector<std::string>& words, Deadline deadline) const {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw failed("make a pipe");
  Descriptor reading(ends[0]), writing(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) throw failed("start " + words.front());
  if (child == 0) {
    try {
      take_account();
    } catch (const std::exception&) {
      ::_exit(126);
    }
    die_with_parent();
    execute(words, writing);
  }
  writing.reset();
  const auto output = read_to_end(reading, deadline);
  if (deadline.passed()) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (status == 0) return;
  throw std::runtime_error("run " + words.front() + (account_ ? " as " + account_->name : "") + ": " +
                           (deadline.passed() ? "it did not come to an end" : last_line(output)));
}

void DataDirectory::clear_of_processes(Deadline deadline) const {
  struct stat place {};
  if (::fstat(open_.get(), &place) != 0) throw failed("look at " + path_.string());
  while (kill_those_in(place)) {
    if (deadline.passed()) throw std::runtime_error("end the processes of a dead server in " + path_.string() + ": they live on");
    ::poll(nullptr, 0, 1);
  }
}

void part_ipc() {
  if (::geteuid() == 0) {
    if (::unshare(CLONE_NEWIPC) != 0 && errno != EPERM) throw failed("leave the IPC namespace");
  } else if (may_part_as_anybody() && !part_as_anybody()) {
    throw failed("leave the IPC namespace");
  }
}

void die_with_parent() { ::prctl(PR_SET_PDEATHSIG, SIGKILL); }

}  // namespace assay::postgres
