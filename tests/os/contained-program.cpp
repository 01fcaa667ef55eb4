// A program as `assay run` is one: everything it starts is contained. What the
// supervisor does is named by the first argument; containment-test plays with it.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agents/os/child-process.hpp"
#include "agents/os/child-watch.hpp"
#include "cli/containment.hpp"

namespace {

using namespace assay;

constexpr std::chrono::seconds patience{60};

// An agent or a server: lives until it is killed.
Command idler(const std::string& token) {
  Command command;
  command.argv = {"/proc/self/exe", "idle", token};
  return command;
}

int idle() {
  poll(nullptr, 0, std::chrono::milliseconds(patience).count());
  return 0;
}

// Leaves its parent, its session and its environment behind, as daemons do.
void leave(const std::string& token) {
  setsid();
  if (fork() != 0) _exit(0);
  std::string act = "idle", argument = token;
  char* argv[] = {act.data(), act.data(), argument.data(), nullptr};
  char* no_environment[] = {nullptr};
  execve("/proc/self/exe", argv, no_environment);
}

// Returns when the daemon runs: then the pipe has no writer any more.
int daemonize(const std::string& token) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return 1;
  if (fork() == 0) leave(token);
  close(ends[1]);
  char nothing = 0;
  return static_cast<int>(read(ends[0], &nothing, 1));
}

int wait_for_interrupt(ChildWatch& watch) {
  const auto wake = watch.subscribe();
  const auto deadline = Deadline::in(patience);
  while (watch.interrupted() == 0 && !deadline.passed()) {
    pollfd woken{wake->descriptor(), POLLIN, 0};
    poll(&woken, 1, deadline.left_ms());
    wake->clear();
  }
  return 40 + watch.interrupted();
}

// A child, a child that is stopped, and a daemon.
int grow_tree(const Containment& containment, const std::string& token) {
  ChildWatch watch;
  std::ofstream(containment.scratch / "file") << "left behind\n";
  const auto child = ChildProcess::spawn(idler(token));
  auto stopped = ChildProcess::spawn(idler(token));
  stopped.signal(SIGSTOP);
  Command daemon = idler(token);
  daemon.argv[1] = "daemonize";
  run_to_end(daemon, Deadline::in(patience));
  std::cout << "ready" << std::endl;
  return wait_for_interrupt(watch);
}

int describe(const Containment& containment) {
  struct stat about {};
  stat(containment.scratch.c_str(), &about);
  const auto ours = getenv("ASSAY_RUN");
  Command echo;
  echo.argv = {"sh", "-c", "echo $ASSAY_RUN"};
  const auto seen = run_to_end(echo, Deadline::in(patience));
  std::cout << containment.namespaced << ' ' << (ours == containment.run_id) << ' '
            << (seen.output == containment.run_id + "\n") << ' ' << std::oct << (about.st_mode & 07777) << ' '
            << (std::filesystem::canonical("/proc/self").filename() == std::to_string(getpid())) << ' '
            << containment.scratch.parent_path().string() << '\n';
  return 0;
}

int supervise(const std::string& act, const Containment& containment, const std::string& token) {
  if (act == "tree") return grow_tree(containment, token);
  if (act == "describe") return describe(containment);
  if (act == "exit") return std::stoi(token);
  if (act == "throw") throw std::runtime_error("thrown by the supervisor");
  if (act == "die") return raise(SIGUSR1);
  if (act == "deaf") {
    std::cout << "ready" << std::endl;
    return idle();
  }
  if (act == "link-instead") {
    std::filesystem::remove(containment.scratch);
    std::filesystem::create_directory_symlink(token, containment.scratch);
    return 0;
  }
  if (act == "folder-instead") {
    std::filesystem::rename(containment.scratch, token);
    std::filesystem::create_directory(containment.scratch);
    std::ofstream(containment.scratch / "file") << "precious\n";
    return 0;
  }
  std::cout << "written and never flushed";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string act = argc > 1 ? argv[1] : "";
  const std::string token = argc > 2 ? argv[2] : "";
  if (act == "idle") return idle();
  if (act == "daemonize") return daemonize(token);
  try {
    return contained([&](const Containment& it) { return supervise(act, it, token); });
  } catch (const std::exception& error) {
    std::cerr << "caught: " << error.what() << '\n';
    return 64;
  }
}
