// Bad weather: servers that do not start, agents that crash or hang, Ctrl-C,
// and assay itself killed. Never a verdict about the system, nothing left over.
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <optional>
#include <random>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "agents/os/descriptor.hpp"
#include "tests/files.hpp"
#include "workbench.hpp"

using namespace assay;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

// An adapter that is the embedded one, except where `shell` says otherwise.
std::map<std::string, std::string> system_with(const Bench& bench, const std::string& shell) {
  const auto file = bench.write("systems/assay-odd", std::string("#!/bin/sh\nif [ \"$1\" = describe ]; then ") + ASSAY_BIN_DIR +
                                    "/assay-embedded describe | sed 's/\"embedded\"/\"odd\"/; s/\"zygote\": true/\"zygote\": false/'; exit; fi\n" + shell + "\nexec " + ASSAY_BIN_DIR + "/assay-embedded \"$@\"\n");
  ::chmod(file.c_str(), 0700);
  return {{"ASSAY_SYSTEMS", (bench.directory() / "systems").string()}};
}

std::string odd_profile(const Bench& bench, const std::string& evidence = "{}") {
  return bench.write("odd.json", R"({"system": "odd", "claim": "at-least-once", "workload": {"messages": 10}, "evidence": )" + evidence + "}");
}

std::vector<fs::path> scratch_directories(const fs::path& parent) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(parent)) found.push_back(entry.path());
  return found;
}

// Those that an agent's or a broker's program runs in.
std::vector<int> embedded_processes(const std::string& mark) {
  auto found = processes_with(mark);
  std::erase_if(found, [](int pid) {
    std::string program;
    std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/cmdline"), program, '\0');
    return !program.ends_with("/assay-embedded");
  });
  return found;
}

void signal_all(const std::vector<int>& processes, int number) {
  for (const int pid : processes) ::kill(pid, number);
}

// Polls until the condition holds; a deadline, not a sleep.
template <typename Condition>
bool within(std::chrono::milliseconds span, Condition condition) {
  const auto deadline = Deadline::in(span);
  while (!condition())
    if (deadline.passed()) return false;
  return true;
}

}  // namespace

TEST_CASE("a server that is not installed is 69, with what to do") {
  const Bench bench;
  const auto outcome = bench.assay({"run", profile("redis/streams-aof")}, {{"PATH", "/nowhere"}});
  CHECK(outcome.code == 69);
  CHECK(outcome.errors.find("install") != std::string::npos);
}

TEST_CASE("a port in use is 69, with the server's own last lines") {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(socket.get(), 1) == 0);
  REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const auto port = std::to_string(ntohs(address.sin_port));

  const Bench bench;
  const auto file = bench.write("pinned.json", R"({"system": {"name": "redis", "port": )" + port + R"(}, "claim": "at-least-once"})");
  const auto outcome = bench.assay({"run", file});
  CAPTURE(outcome.errors);
  CHECK(outcome.code == 69);
  CHECK(outcome.errors.find(port) != std::string::npos);
  CHECK(outcome.errors.find("Address already in use") != std::string::npos);
}

TEST_CASE("a server that dies while starting is 69, with its own last lines") {
  const Bench bench;
  const auto environment = system_with(bench, "if [ \"$1\" = serve ]; then echo 'the store is on fire'; exit 3; fi");
  const auto outcome = bench.assay({"run", odd_profile(bench)}, environment);
  CAPTURE(outcome.errors);
  CHECK(outcome.code == 69);
  CHECK(outcome.errors.find("the store is on fire") != std::string::npos);
}

TEST_CASE("an agent that crashes by itself is the environment, with exit status and last lines") {
  const Bench bench;
  Json report;
  const auto environment = system_with(bench, "if [ \"$1\" = agent ]; then echo 'cannot go on' >&2; exit 7; fi");
  const auto outcome = bench.run({odd_profile(bench)}, report, environment);
  CAPTURE(outcome.output);
  CHECK(outcome.code == 2);
  CHECK(report["reason"] == "environment");
  CHECK(report["detail"].get<std::string>().find("exit 7") != std::string::npos);
  CHECK(report["detail"].get<std::string>().find("cannot go on") != std::string::npos);
}

TEST_CASE("a consumer that never starts is the environment") {
  const Bench bench;
  Json report;
  const auto environment = system_with(bench, "case \"$ASSAY_IDENTITY\" in consumer*) exec sleep 600;; esac");
  const auto outcome = bench.run({odd_profile(bench, R"({"start_timeout_ms": 300})")}, report, environment);
  CAPTURE(outcome.output);
  CHECK(outcome.code == 2);
  CHECK(report["reason"] == "environment");
  CHECK(report["detail"].get<std::string>().find("consumer-0#1") != std::string::npos);
}

TEST_CASE("Ctrl-C stops in order, and what was recorded stays and can be judged") {
  const Bench bench;
  Command command{.argv = {assay_program().string(), "run", profile("embedded/at-least-once"), "--report", "r.json", "--set",
                           "workload.messages=20000"},
                  .directory = bench.directory(),
                  .output = bench.directory() / "out"};
  for (const int number : {SIGINT, SIGTERM}) {
    auto child = ChildProcess::spawn(command);
    REQUIRE(within(std::chrono::seconds(20), [&] { return fs::exists(bench.directory() / "r.d/plan.json"); }));
    child.signal(number);
    const auto end = child.wait_ended(Deadline::in(std::chrono::seconds(20)));
    REQUIRE(end);
    CHECK(to_string(*end) == "exit 2");
    std::ifstream file(bench.directory() / "r.json");
    CHECK(Json::parse(file)["reason"] == "interrupted");
    CHECK(bench.assay({"check", "r.d"}).code == 2);
    fs::remove_all(bench.directory() / "r.d");
  }
}

TEST_CASE("assay killed at any moment leaves no process and no directory, and does not disturb the next run") {
  const Bench bench;
  const auto scratch = bench.directory() / "scratch";
  fs::create_directories(scratch);
  const auto mark = "ASSAY_SCRATCH=" + scratch.string();
  std::mt19937_64 random(7);
  int with_a_paused_agent = 0;

  for (const char* no_namespace : {"", "1"}) {
    std::map<std::string, std::string> environment{{"ASSAY_SCRATCH", scratch.string()}};
    if (*no_namespace) environment["ASSAY_NO_NAMESPACE"] = no_namespace;
    const Command command{.argv = {assay_program().string(), "run", profile("embedded/at-least-once")},
                          .environment = environment,
                          .directory = bench.directory()};
    for (int i = 0; i < 25; ++i) {
      CAPTURE(i);
      auto child = ChildProcess::spawn(command);
      const auto moment = Deadline::in(std::chrono::milliseconds(random() % 400));
      within(std::chrono::seconds(1), [&] { return moment.passed(); });
      if (i % 5 == 0)  // one of its agents is paused when it dies
        for (const int pid : processes_with(mark))
          if (process_name(pid).starts_with("consumer")) with_a_paused_agent += ::kill(pid, SIGSTOP) == 0;
      child.signal(SIGKILL);
      REQUIRE(child.wait_ended(Deadline::in(std::chrono::seconds(5))));
      CHECK(within(std::chrono::seconds(1), [&] { return processes_with(mark).empty() && scratch_directories(scratch).empty(); }));
    }
    CHECK(bench.assay({"run", profile("embedded/at-least-once"), "--quiet"}, environment).code == 0);
    CHECK(scratch_directories(scratch).empty());
  }
  CHECK(with_a_paused_agent >= 1);
}

TEST_CASE("what a run left that was killed with its janitor is gone after the next start, and what others have is not") {
  const Bench bench;
  const auto scratch = bench.directory() / "scratch";
  const auto precious = bench.write("precious/file", "");
  const auto open_to_all = bench.write("scratch/assay-scratch-aaaaaa/file", "");
  fs::create_directory_symlink(bench.directory() / "precious", scratch / "assay-scratch-bbbbbb");
  const auto mark = "ASSAY_SCRATCH=" + scratch.string();

  for (const bool namespaced : {true, false}) {
    for (const bool stopped : {true, false}) {
      CAPTURE(namespaced);
      CAPTURE(stopped);
      std::map<std::string, std::string> environment{{"ASSAY_SCRATCH", scratch.string()}};
      if (!namespaced) environment["ASSAY_NO_NAMESPACE"] = "1";
      const Command endless{.argv = {assay_program().string(), "run", profile("embedded/at-least-once"), "--set",
                                     "workload.messages=20000"},
                            .environment = environment,
                            .directory = bench.directory()};
      // A run at work, and its directory.
      const auto start = [&](std::optional<ChildProcess>& run) {
        const auto before = scratch_directories(scratch);
        run.emplace(ChildProcess::spawn(endless));
        fs::path own;
        REQUIRE(within(std::chrono::seconds(20), [&] {
          for (const auto& directory : scratch_directories(scratch))
            if (std::ranges::find(before, directory) == before.end()) own = directory;
          return !own.empty() && fs::exists(own / "1") && !embedded_processes(mark).empty();
        }));
        return own;
      };

      std::optional<ChildProcess> dead, living;
      const auto left = start(dead);
      signal_all(processes_with(mark), SIGSTOP);  // or those that die last would clean up
      signal_all(processes_with(mark), SIGKILL);
      REQUIRE(within(std::chrono::seconds(5), [&] { return processes_with(mark).empty(); }));
      REQUIRE(fs::exists(left));

      const auto held = start(living);
      CHECK_FALSE(fs::exists(left));
      if (stopped) signal_all(processes_with(mark), SIGSTOP);
      CHECK(bench.assay({"sweep", profile("embedded/at-least-once"), "--messages", "1"}, environment).code == 0);
      CHECK(fs::exists(held / "1"));
      living->signal(SIGKILL);
      if (stopped) signal_all(processes_with(mark), SIGCONT);
      CHECK(within(std::chrono::seconds(1), [&] { return processes_with(mark).empty() && !fs::exists(held); }));
    }
  }
  CHECK(scratch_directories(scratch).size() == 2);
  CHECK(fs::exists(open_to_all));
  CHECK(fs::exists(precious));
}

TEST_CASE("two runs are not kept in one directory at a time, and the one that was there first loses nothing") {
  const Bench bench;
  const std::vector<std::string> kept{"run", profile("embedded/at-least-once"), "--faults", "none", "--out", "kept"};
  REQUIRE(bench.assay(kept).code == 2);  // floors that no fault fills
  const auto first = contents(bench.directory() / "kept" / "report.json");
  {
    const Descriptor held(::open((bench.directory() / "kept").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(::flock(held.get(), LOCK_EX | LOCK_NB) == 0);
    const auto second = bench.assay(kept);
    CHECK(second.code == 64);
    CHECK(second.errors.find("another assay keeps its run there at this moment") != std::string::npos);
    CHECK(contents(bench.directory() / "kept" / "report.json") == first);
  }
  CHECK(bench.assay(kept).code == 2);
}

TEST_CASE("a full disk is inconclusive") {
  const Bench bench;
  // What twenty thousand messages leave does not fit into what this process may write.
  const Command limited{.argv = {"/bin/sh", "-c", "ulimit -f 200; exec " + assay_program().string() + " run " +
                                 profile("embedded/at-least-once") + " --out kept --set workload.messages=20000"},
                        .directory = bench.directory()};
  const auto finished = run_to_end(limited, Deadline::in(std::chrono::minutes(2)));
  CAPTURE(finished.output);
  CAPTURE(finished.errors);
  CHECK(finished.end.kind == Change::Kind::exited);
  CHECK(finished.end.value == 2);
  CHECK((finished.output + finished.errors).find("File too large") != std::string::npos);
}
