#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include <poll.h>
#include <unistd.h>

#include "agents/os/child-process.hpp"
#include "tests/os/process-table.hpp"
#include "tests/files.hpp"

using namespace assay;
using namespace std::chrono_literals;

namespace {

enum class Mode { namespaced, plain };
constexpr Mode both_modes[] = {Mode::namespaced, Mode::plain};

bool becomes_true(std::chrono::milliseconds within, const auto& condition) {
  const auto deadline = Deadline::in(within);
  while (!condition()) {
    if (deadline.passed()) return false;
    poll(nullptr, 0, 1);
  }
  return true;
}

// One run of contained-program, with a token that all its processes carry and a
// place of its own for scratch directories.
class ContainedRun {
 public:
  ContainedRun(Mode mode, const std::string& act, const std::string& argument = {}) {
    token_ = folder_.path().filename();
    std::filesystem::create_directory(scratch_place());
    Command command;
    command.argv = {ASSAY_BIN_DIR "/test-os-contained", act, argument.empty() ? token_ : argument};
    command.environment = {{"ASSAY_SCRATCH", scratch_place()}, {"TEST_TOKEN", token_}};
    if (mode == Mode::plain) command.environment["ASSAY_NO_NAMESPACE"] = "1";
    command.output = folder_ / "log";
    outer_.emplace(ChildProcess::spawn(command));
  }
  ContainedRun(const ContainedRun&) = delete;
  ~ContainedRun() {
    outer_.reset();
    for (const pid_t left : processes()) kill(left, SIGKILL);
  }

  ChildProcess& outer() { return *outer_; }
  std::filesystem::path scratch_place() const { return folder_ / "scratch"; }
  std::string log() const { return contents(folder_ / "log"); }
  std::set<pid_t> processes() const { return processes_with(token_); }
  bool said_ready() const { return log().starts_with("ready"); }
  bool ready(std::size_t size) const {
    return becomes_true(10s, [&] { return said_ready() && processes().size() == size; });
  }
  std::optional<pid_t> janitor() const {
    for (const pid_t process : processes()) {
      if (name_of(process) == "assay-janitor") return process;
    }
    return std::nullopt;
  }
  bool nothing_left() const { return processes().empty() && std::filesystem::is_empty(scratch_place()); }
  std::optional<Change> end() { return outer_->wait_ended(Deadline::in(10s)); }

 private:
  TemporaryDirectory folder_;
  std::string token_;
  std::optional<ChildProcess> outer_;
};

Change exited(int code) { return {Change::Kind::exited, code, code << 8}; }

// Visible process, janitor, supervisor; a child, a stopped child and a daemon.
constexpr std::size_t whole_tree = 6;

}  // namespace

TEST_CASE("the test sees every process of a run, the stopped one and the daemon too") {
  // Or its seeing none would prove nothing.
  for (const Mode mode : both_modes) {
    CAPTURE(mode);
    ContainedRun run(mode, "tree");
    REQUIRE(run.ready(whole_tree));
    CHECK(run.janitor().has_value());
    CHECK(std::ranges::count_if(run.processes(), [](pid_t process) { return state_of(process) == "T"; }) == 1);
    CHECK_FALSE(std::filesystem::is_empty(run.scratch_place()));
  }
}

TEST_CASE("killed at any moment, a run leaves no process and no directory, and its neighbour alone") {
  constexpr std::uint32_t seed = 11;
  constexpr int kills = 50;
  for (const Mode mode : both_modes) {
    CAPTURE(mode);
    ContainedRun neighbour(mode, "tree");
    REQUIRE(neighbour.ready(whole_tree));
    const auto neighbours = neighbour.processes();

    std::mt19937 random(seed);
    for (int kill = 0; kill < kills; ++kill) {
      // Counted from exec while the run comes up, in every second one from when it stands.
      const auto after = std::chrono::microseconds(std::uniform_int_distribution(0, 10'000)(random));
      CAPTURE(kill);
      CAPTURE(after.count());
      ContainedRun run(mode, "tree");
      if (kill % 2 == 0) REQUIRE(becomes_true(10s, [&] { return run.said_ready(); }));
      const timespec span{0, std::chrono::nanoseconds(after).count()};
      ppoll(nullptr, 0, &span, nullptr);
      run.outer().signal(SIGKILL);
      CHECK(becomes_true(1s, [&] { return run.nothing_left(); }));
    }
    CHECK(neighbour.processes() == neighbours);
    neighbour.outer().signal(SIGINT);
    CHECK(neighbour.end() == exited(40 + SIGINT));
    CHECK(neighbour.nothing_left());
  }
}

TEST_CASE("an interrupt ends a run in order, with the supervisor's exit code and nothing left") {
  for (const Mode mode : both_modes) {
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
      CAPTURE(mode);
      CAPTURE(number);
      ContainedRun run(mode, "tree");
      REQUIRE(run.ready(whole_tree));
      run.outer().signal(number);
      CHECK(run.end() == exited(40 + (number == SIGHUP ? SIGTERM : number)));
      CHECK(run.nothing_left());  // at once: the janitor has been waited for
    }
  }
}

TEST_CASE("an interrupt before anyone listens is not lost") {
  for (const Mode mode : both_modes) {
    CAPTURE(mode);
    ContainedRun run(mode, "tree");
    REQUIRE(becomes_true(10s, [&] { return run.janitor().has_value(); }));
    run.outer().signal(SIGINT);
    CHECK(run.end() == exited(40 + SIGINT));
  }
}

TEST_CASE("a supervisor that does not listen is ended by the third interrupt") {
  for (const Mode mode : both_modes) {
    CAPTURE(mode);
    ContainedRun run(mode, "deaf");
    REQUIRE(run.ready(3));
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) run.outer().signal(number);
    CHECK(run.end() == exited(130));
    CHECK(run.nothing_left());
  }
}

TEST_CASE("a killed janitor takes the run with it, and the visible process cleans up") {
  for (const Mode mode : both_modes) {
    CAPTURE(mode);
    ContainedRun run(mode, "tree");
    REQUIRE(run.ready(whole_tree));
    kill(run.janitor().value(), SIGKILL);
    CHECK(run.end() == exited(70));
    CHECK(std::filesystem::is_empty(run.scratch_place()));
    CHECK(run.log().ends_with("assay: the janitor of this run was killed\n"));
    // Without a namespace a daemon that dropped our environment escapes.
    const std::size_t left = mode == Mode::namespaced ? 0 : 1;
    CHECK(becomes_true(1s, [&] { return run.processes().size() == left; }));
  }
}

TEST_CASE("how the supervisor ends is how the run ends") {
  for (const Mode mode : both_modes) {
    CAPTURE(mode);
    const auto ended = [&](const std::string& act, const std::string& argument = {}) {
      ContainedRun run(mode, act, argument);
      const auto end = run.end();
      CHECK(run.nothing_left());
      return std::pair(end, run.log());
    };
    CHECK(ended("exit", "0") == std::pair(std::optional(exited(0)), std::string()));
    CHECK(ended("exit", "2") == std::pair(std::optional(exited(2)), std::string()));
    CHECK(ended("exit", "200") == std::pair(std::optional(exited(200)), std::string()));
    CHECK(ended("print") == std::pair(std::optional(exited(0)), std::string("written and never flushed")));
    CHECK(ended("throw") == std::pair(std::optional(exited(64)), std::string("caught: thrown by the supervisor\n")));
    CHECK(ended("die") == std::pair(std::optional(exited(70)),
                                    std::string("assay: the supervisor died by signal 10 (User defined signal 1)\n")));
  }
}

TEST_CASE("the supervisor knows its run and has a private scratch directory") {
  for (const Mode mode : both_modes) {
    CAPTURE(mode);
    ContainedRun run(mode, "describe");
    CHECK(run.end() == exited(0));
    // namespaced, ASSAY_RUN is its and its children's run id, mode, /proc shows its own numbers, place
    const std::string in_namespace = mode == Mode::namespaced ? "1" : "0";
    CHECK(run.log() == in_namespace + " 1 1 700 1 " + run.scratch_place().string() + "\n");
  }
}

TEST_CASE("only the directory that was made is removed") {
  for (const Mode mode : both_modes) {
    CAPTURE(mode);
    const auto beside = directory_in_memory() / ("test-os-beside-" + std::to_string(getpid()));
    {  // not where a link in its place leads
      std::filesystem::create_directory(beside);
      std::ofstream(beside / "file") << "precious\n";
      ContainedRun run(mode, "link-instead", beside);
      CHECK(run.end() == exited(0));
      CHECK(contents(beside / "file") == "precious\n");
    }
    std::filesystem::remove_all(beside);
    {  // and not another that has taken its name
      ContainedRun run(mode, "folder-instead", beside);
      CHECK(run.end() == exited(0));
      REQUIRE_FALSE(std::filesystem::is_empty(run.scratch_place()));
      const std::filesystem::path taken = std::filesystem::directory_iterator(run.scratch_place())->path();
      CHECK(contents(taken / "file") == "precious\n");
    }
    std::filesystem::remove_all(beside);
  }
}

TEST_CASE("a place that cannot hold a scratch directory is named") {
  Command command;
  command.argv = {ASSAY_BIN_DIR "/test-os-contained", "exit", "0"};
  command.environment = {{"ASSAY_SCRATCH", "/no/such/folder"}};
  const auto finished = run_to_end(command, Deadline::in(10s));
  CHECK(finished.end == exited(64));
  CHECK(finished.errors == "caught: make a scratch directory in /no/such/folder: No such file or directory\n");
}

TEST_CASE("a run works without standard descriptors") {
  Command command;
  command.argv = {"sh", "-c", "exec \"$0\" exit 3 0<&- 1>&- 2>&-", ASSAY_BIN_DIR "/test-os-contained"};
  CHECK(run_to_end(command, Deadline::in(10s)).end == exited(3));
}
