#include "agents/os/launch.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace assay {
namespace {

// What the child needs, made before there is one: between clone and exec it
// borrows our memory and may neither allocate nor throw.
struct Start {
  const char* path;
  char* const* argv;
  char* const* environment;
  const char* directory;
  const std::vector<int>& descriptors;  // what becomes 0, 1, 2, 3...; none of them as low as that
  pid_t parent;

  // Written by the child when it fails.
  int error = 0;
  bool directory_failed = false;
};

[[noreturn]] void give_up(Start& start) {
  start.error = errno;
  _exit(127);
}

void reset_signals() {
  struct sigaction as_new {};
  as_new.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &as_new, nullptr);
}

int become(void* argument) {
  auto& start = *static_cast<Start*>(argument);
  reset_signals();
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) give_up(start);
  if (getppid() != start.parent) _exit(127);  // it died before it could take us along
  if (setpgid(0, 0) != 0) give_up(start);
  if (start.directory != nullptr && chdir(start.directory) != 0) {
    start.directory_failed = true;
    give_up(start);
  }
  const auto count = static_cast<int>(start.descriptors.size());
  for (int number = 0; number < count; ++number) {
    if (dup2(start.descriptors[static_cast<std::size_t>(number)], number) < 0) give_up(start);
  }
  if (close_range(static_cast<unsigned>(count), ~0U, 0) != 0) give_up(start);

  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(start.path, start.argv, start.environment);
  give_up(start);
}

// The child shares our signal handlers' memory until it has reset them.
class SignalsHeldBack {
 public:
  SignalsHeldBack() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsHeldBack() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsHeldBack(const SignalsHeldBack&) = delete;
  SignalsHeldBack& operator=(const SignalsHeldBack&) = delete;

 private:
  sigset_t before_;
};

// Like vfork, so that a large supervisor starts a child as fast as a small one;
// with a stack of its own for the child, and the pidfd without a race.
Launched clone_and(Start& start) {
  // On the heap: sanitizers keep notes on our own stack that the child would spoil.
  constexpr std::size_t stack_bytes = 32 * 1024;
  const auto stack = std::make_unique_for_overwrite<char[]>(stack_bytes);
  const SignalsHeldBack held;
  int pidfd = -1;
  const pid_t pid =
      clone(become, stack.get() + stack_bytes, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &start, &pidfd);
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "clone");
  return {pid, Descriptor(pidfd)};
}

std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> entries;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!command.environment.contains(std::string(text.substr(0, text.find('='))))) entries.emplace_back(text);
  }
  for (const auto& [name, value] : command.environment) entries.push_back(name + "=" + value);
  return entries;
}

bool is_executable(const std::string& path) {
  struct stat about {};
  return stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) && access(path.c_str(), X_OK) == 0;
}

// The place of the program, absolute because the child may change directory.
std::string program_of(const Command& command) {
  const std::string& name = command.argv.at(0);
  if (name.find('/') != std::string::npos) return std::filesystem::absolute(name);

  const auto changed = command.environment.find("PATH");
  const char* ours = std::getenv("PATH");
  std::string_view folders = changed != command.environment.end() ? std::string_view(changed->second)
                             : ours != nullptr                    ? std::string_view(ours)
                                                                  : "/usr/local/bin:/usr/bin:/bin";
  while (!folders.empty()) {
    const std::string_view folder = folders.substr(0, folders.find(':'));
    folders.remove_prefix(std::min(folders.size(), folder.size() + 1));
    const std::string candidate = std::filesystem::absolute(std::filesystem::path(folder) / name);
    if (is_executable(candidate)) return candidate;
  }
  throw std::system_error(ENOENT, std::generic_category(), "start " + name);
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// A copy with a number that no other takes when they are put in their places.
Descriptor above_all(const Command& command, int descriptor) {
  Descriptor copy(fcntl(descriptor, F_DUPFD_CLOEXEC, 3 + static_cast<int>(command.descriptors.size())));
  if (!copy) throw std::system_error(errno, std::generic_category(), "hand over a descriptor");
  return copy;
}

}  // namespace

Launched launch(Command command, std::array<int, 3> standard) {
  std::vector<Descriptor> handed_over;
  std::vector<int> descriptors(standard.begin(), standard.end());
  for (const auto& [name, descriptor] : command.descriptors) {
    command.environment[name] = std::to_string(descriptors.size());
    descriptors.push_back(handed_over.emplace_back(above_all(command, descriptor)).get());
  }
  const std::string path = program_of(command);
  std::vector<std::string> arguments = command.argv;
  std::vector<std::string> environment = environment_of(command);
  const std::vector<char*> argv = pointers_to(arguments);
  const std::vector<char*> envp = pointers_to(environment);

  Start start{.path = path.c_str(),
              .argv = argv.data(),
              .environment = envp.data(),
              .directory = command.directory.empty() ? nullptr : command.directory.c_str(),
              .descriptors = descriptors,
              .parent = getpid()};
  Launched launched = clone_and(start);
  if (start.error == 0) return launched;

  siginfo_t info{};
  while (waitid(P_PIDFD, static_cast<id_t>(launched.pidfd.get()), &info, WEXITED) != 0 && errno == EINTR) continue;
  const std::string where = start.directory_failed ? " in " + command.directory.string() : "";
  throw std::system_error(start.error, std::generic_category(), "start " + command.argv[0] + where);
}

Descriptor open_output(const Command& command) {
  return command.output.empty() ? open_file("/dev/null", O_WRONLY) : open_file(command.output, O_WRONLY | O_CREAT | O_APPEND);
}

Descriptor open_file(const std::filesystem::path& file, int flags) {
  const Descriptor low(open(file.c_str(), flags | O_CLOEXEC, 0666));
  Descriptor high(low ? fcntl(low.get(), F_DUPFD_CLOEXEC, 3) : -1);
  if (!high) throw std::system_error(errno, std::generic_category(), "open " + file.string());
  return high;
}

}  // namespace assay
