#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "agents/os/child-process.hpp"
#include "tests/os/process-table.hpp"
#include "tests/files.hpp"

using namespace assay;
using namespace std::chrono_literals;

namespace {

Command shell(const std::string& script) {
  Command command;
  command.argv = {"sh", "-c", script};
  return command;
}

Command program(std::vector<std::string> argv) {
  Command command;
  command.argv = std::move(argv);
  return command;
}

Deadline soon() { return Deadline::in(10s); }

std::optional<Change> end_of(const Command& command) { return ChildProcess::spawn(command).wait_ended(soon()); }

std::string printed(const Command& command) { return run_to_end(command, soon()).output; }

bool becomes_true(const auto& condition) {
  const auto deadline = soon();
  while (!condition()) {
    if (deadline.passed()) return false;
    poll(nullptr, 0, 1);
  }
  return true;
}

std::string message_of_failed(const Command& command) {
  try {
    ChildProcess::spawn(command);
  } catch (const std::system_error& error) {
    return error.what();
  }
  return "started";
}

}  // namespace

TEST_CASE("the end of a child is told as waitpid would tell it") {
  CHECK(end_of(shell("exit 0")) == Change{Change::Kind::exited, 0, 0});
  CHECK(end_of(shell("exit 3")) == Change{Change::Kind::exited, 3, 3 << 8});
  CHECK(end_of(shell("kill -TERM $$")) == Change{Change::Kind::signalled, SIGTERM, SIGTERM});
  CHECK(end_of(shell("kill -KILL $$")) == Change{Change::Kind::signalled, SIGKILL, SIGKILL});
}

TEST_CASE("a change reads as a short sentence") {
  CHECK(to_string(Change{Change::Kind::exited, 0, 0}) == "exit 0");
  CHECK(to_string(Change{Change::Kind::signalled, 9, 9}) == "signal 9");
  CHECK(to_string(Change{Change::Kind::stopped, 19, 0}) == "stopped by signal 19");
  CHECK(to_string(Change{Change::Kind::continued, 18, 0}) == "continued");
}

TEST_CASE("a program that cannot be started is an error that says which and why") {
  CHECK(message_of_failed(program({"no-such-program"})) == "start no-such-program: No such file or directory");
  CHECK(message_of_failed(program({"/no/such/program"})) == "start /no/such/program: No such file or directory");
  CHECK(message_of_failed(program({"/etc/passwd"})) == "start /etc/passwd: Permission denied");

  auto elsewhere = shell("exit 0");
  elsewhere.directory = "/no/such/folder";
  CHECK(message_of_failed(elsewhere) == "start sh in /no/such/folder: No such file or directory");

  auto logless = shell("exit 0");
  logless.output = "/no/such/folder/log";
  CHECK(message_of_failed(logless) == "open /no/such/folder/log: No such file or directory");
}

TEST_CASE("a stop and a continuation are each reported once, without waiting for the end") {
  auto child = ChildProcess::spawn(program({"sleep", "60"}));
  std::optional<Change> change = child.poll();
  CHECK_FALSE(change);

  child.signal(SIGSTOP);
  REQUIRE(becomes_true([&] { return (change = child.poll()).has_value(); }));
  CHECK(change == Change{Change::Kind::stopped, SIGSTOP, SIGSTOP << 8 | 0x7f});
  CHECK_FALSE(child.poll());
  CHECK(state_of(child.pid()) == "T");

  child.signal(SIGCONT);
  REQUIRE(becomes_true([&] { return (change = child.poll()).has_value(); }));
  CHECK(change == Change{Change::Kind::continued, SIGCONT, 0xffff});
  CHECK_FALSE(child.poll());
  CHECK_FALSE(child.end());

  SUBCASE("a wait for the end swallows what comes before it") {
    child.signal(SIGSTOP);
    child.signal(SIGKILL);
    const Change killed{Change::Kind::signalled, SIGKILL, SIGKILL};
    CHECK(child.wait_ended(soon()) == killed);
    CHECK(child.end() == killed);
    CHECK(child.wait_ended(soon()) == killed);
    CHECK_FALSE(child.poll());
    child.signal(SIGKILL);  // nobody there, and nothing happens
  }
}

TEST_CASE("a wait for a child that lives ends at its deadline") {
  auto child = ChildProcess::spawn(program({"sleep", "60"}));
  CHECK_FALSE(child.wait_ended(Deadline::in(20ms)));
}

TEST_CASE("the descriptor is readable when the child has ended and not before") {
  auto child = ChildProcess::spawn(program({"sleep", "60"}));
  pollfd ended{child.descriptor(), POLLIN, 0};
  CHECK(poll(&ended, 1, 0) == 0);
  child.signal(SIGKILL);
  CHECK(poll(&ended, 1, 10'000) == 1);
}

TEST_CASE("a child dies with its owner, also when it is stopped") {
  pid_t pid = 0;
  {
    auto child = ChildProcess::spawn(program({"sleep", "60"}));
    pid = child.pid();
    child.signal(SIGSTOP);
    REQUIRE(becomes_true([&] { return state_of(pid) == "T"; }));
  }
  CHECK(state_of(pid).empty());

  SUBCASE("and when its owner is given another child") {
    auto owner = ChildProcess::spawn(program({"sleep", "60"}));
    const pid_t first = owner.pid();
    owner = ChildProcess::spawn(program({"sleep", "60"}));
    CHECK(state_of(first).empty());
    CHECK_FALSE(state_of(owner.pid()).empty());
  }
  SUBCASE("but not when it moves to another owner") {
    auto first = ChildProcess::spawn(program({"sleep", "60"}));
    const ChildProcess second(std::move(first));
    CHECK_FALSE(state_of(second.pid()).empty());
  }
}

TEST_CASE("a child is killed when the thread that spawned it ends") {
  std::optional<ChildProcess> child;
  std::thread([&] { child = ChildProcess::spawn(program({"sleep", "60"})); }).join();
  CHECK(child->wait_ended(soon()) == Change{Change::Kind::signalled, SIGKILL, SIGKILL});
}

TEST_CASE("a child inherits no descriptor but the standard ones") {
  const int leaked = open("/dev/null", O_RDONLY);  // not close-on-exec
  REQUIRE(leaked >= 3);
  // The last one is that of the folder being listed.
  CHECK(printed(program({"ls", "/proc/self/fd"})) == "0\n1\n2\n3\n");
  close(leaked);
  CHECK(printed(program({"readlink", "/proc/self/fd/0"})) == "/dev/null\n");
}

TEST_CASE("a child starts with an empty signal mask and default dispositions") {
  const auto before = signal(SIGUSR1, SIG_IGN);
  sigset_t blocked, mask_before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &blocked, &mask_before);
  const std::string status = printed(program({"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"}));
  sigset_t mask_after;
  pthread_sigmask(SIG_SETMASK, &mask_before, &mask_after);
  signal(SIGUSR1, before);

  CHECK(status == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  CHECK(sigismember(&mask_after, SIGUSR2) == 1);  // ours are as they were
}

TEST_CASE("a child leads a process group of its own") {
  auto child = ChildProcess::spawn(program({"sleep", "60"}));
  CHECK(getpgid(child.pid()) == child.pid());
}

TEST_CASE("a signal to a tree reaches children in process groups of their own, and theirs") {
  const TemporaryDirectory folder;
  auto command = shell("setsid sh -c 'setsid sleep 60 & echo $! >inner; wait' & echo $! >outer; wait");
  command.directory = folder.path();
  auto child = ChildProcess::spawn(command);
  REQUIRE(becomes_true([&] { return !contents(folder / "inner").empty() && !contents(folder / "outer").empty(); }));
  const auto inner = std::stoi(contents(folder / "inner")), outer = std::stoi(contents(folder / "outer"));
  const auto are = [&](const std::string& state) {
    return becomes_true([&] { return state_of(child.pid()) == state && state_of(outer) == state && state_of(inner) == state; });
  };
  REQUIRE(are("S"));
  child.signal_tree(SIGSTOP);
  CHECK(are("T"));
  child.signal_tree(SIGCONT);
  CHECK(are("S"));
  child.signal_tree(SIGKILL);
  REQUIRE(child.wait_ended(soon()));
  CHECK(becomes_true([&] { return state_of(outer) != "S" && state_of(inner) != "S"; }));
}

TEST_CASE("a child gets our environment, with additions, and the directory it is to work in") {
  const TemporaryDirectory folder;
  setenv("TEST_OS_OURS", "ours", 1);
  setenv("TEST_OS_CHANGED", "before", 1);
  auto command = shell("echo $TEST_OS_OURS $TEST_OS_CHANGED $TEST_OS_NEW; env | grep -c TEST_OS_; pwd -P");
  command.environment = {{"TEST_OS_CHANGED", "after"}, {"TEST_OS_NEW", "new"}};
  command.directory = folder.path();
  CHECK(printed(command) == "ours after new\n3\n" + std::filesystem::canonical(folder.path()).string() + "\n");
}

TEST_CASE("what a child prints is appended to its log") {
  const TemporaryDirectory folder;
  auto command = shell("echo out; echo err >&2");
  command.output = folder / "log";
  end_of(command);
  end_of(command);
  CHECK(contents(command.output) == "out\nerr\nout\nerr\n");
  CHECK(last_lines(command.output, 3) == "err\nout\nerr");
}

TEST_CASE("run_to_end keeps both streams apart") {
  const auto finished = run_to_end(shell("echo out; echo err >&2; exit 5"), soon());
  CHECK(finished.end == Change{Change::Kind::exited, 5, 5 << 8});
  CHECK_FALSE(finished.timed_out);
  CHECK(finished.output == "out\n");
  CHECK(finished.errors == "err\n");

  SUBCASE("unless the command has a log for its errors") {
    const TemporaryDirectory folder;
    auto command = shell("echo out; echo err >&2");
    command.output = folder / "log";
    const auto logged = run_to_end(command, soon());
    CHECK(logged.output == "out\n");
    CHECK(logged.errors.empty());
    CHECK(contents(command.output) == "err\n");
  }
}

TEST_CASE("run_to_end kills at the deadline, whole pipelines too, and keeps what was printed") {
  const std::string token = "74206." + std::to_string(getpid());  // what the sleep is found by
  const auto finished = run_to_end(shell("echo early; sleep " + token + "; echo late"), Deadline::in(200ms));
  CHECK(finished.timed_out);
  CHECK(finished.end == Change{Change::Kind::signalled, SIGKILL, SIGKILL});
  CHECK(finished.output == "early\n");
  CHECK(becomes_true([&] { return processes_with(token).empty(); }));
}

TEST_CASE("run_to_end does not wait for a daemon that holds the pipe open") {
  const auto started = Deadline::Clock::now();
  const auto finished = run_to_end(shell("echo started; sleep 5 & exit 0"), soon());
  CHECK(finished.output == "started\n");
  CHECK_FALSE(finished.timed_out);
  CHECK(Deadline::Clock::now() - started < 3s);
}

TEST_CASE("run_to_end keeps the first MiB of each stream and lets the rest pass") {
  const auto finished = run_to_end(shell("head -c 3000000 /dev/zero; head -c 2000000 /dev/zero >&2; exit 4"), soon());
  CHECK(finished.end == Change{Change::Kind::exited, 4, 4 << 8});
  CHECK(finished.output == std::string(1 << 20, '\0'));
  CHECK(finished.errors == std::string(1 << 20, '\0'));
}

TEST_CASE("the last lines of a log are its last lines, within 4 KiB") {
  const TemporaryDirectory folder;
  const auto log = folder / "log";
  const auto last_of = [&](const std::string& text, int lines) {
    std::ofstream(log, std::ios::trunc) << text;
    return last_lines(log, lines);
  };
  CHECK(last_lines(folder / "none", 3) == "");
  CHECK(last_of("", 3) == "");
  CHECK(last_of("a\n", 3) == "a");
  CHECK(last_of("a\nb\nc", 2) == "b\nc");
  CHECK(last_of("a\nb\nc\n", 2) == "b\nc");
  CHECK(last_of("a\nb\nc\n", 3) == "a\nb\nc");
  CHECK(last_of("a\n\nc\n", 2) == "\nc");
  CHECK(last_of("a\nb\n", 0) == "");
  CHECK(last_of(std::string(9000, 'x') + "\n", 1) == std::string(4095, 'x'));
}
