// A server of the user's own with clients of the user's own: a queue in Python,
// honest and not, and what cannot be believed of a server.
#include <doctest/doctest.h>

#include "workbench.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::string queue = "/usr/bin/python3 broker.py --port {port} --dir {directory}";

// The shell runs this instead of the profile's command.
std::vector<std::string> in_shell(const std::string& script) { return {"--set", "system.command=" + Json{"sh", "-c", script}.dump()}; }

std::vector<std::string> operator+(std::vector<std::string> all, const std::vector<std::string>& more) {
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

const std::vector<std::string> honest{profile("own/broker/at-least-once"), "--set", "workload.messages=6"};
const std::vector<std::string> small{"--set", "evidence.per_window=1", "--set", "evidence.faults=5", "--set", "evidence.antecedents=5",
                                     "--set", "faults.random=0",       "--jobs", "4"};
const std::vector<std::string> one_kill{"--only", "kill:broker@producer-0:P.acked_before_cursor#3"};

// What is said when no trial can be run.
std::string unavailable(const Bench& bench, const std::vector<std::string>& more) {
  const auto outcome = bench.assay(std::vector<std::string>{"run"} + honest + more);
  CAPTURE(outcome.output);
  CHECK(outcome.code == 69);
  return outcome.errors;
}

}  // namespace

TEST_CASE("a queue that writes before it answers upholds at-least-once, without an adapter") {
  const Bench bench;
  Json report;
  const auto outcome = bench.run(honest + small + std::vector<std::string>{"--as-expected"}, report);
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  CHECK(outcome.code == 0);
  CHECK(report["verdict"] == "upheld");
  CHECK(report["system"]["name"] == "python-queue");
  CHECK(report["faults"]["landed"] == report["faults"]["planned"]);
  CHECK(bench.assay({"check", "r.d"}).code == 0);
}

TEST_CASE("a queue that answers before it writes loses what it has acknowledged") {
  const Bench bench;
  Json report;
  const auto outcome = bench.run({profile("own/broker/answers-first"), "--set", "workload.messages=6", "--stop-on-violation", "--as-expected"},
                                 report);
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  CHECK(outcome.code == 0);
  CHECK(report["witnesses"][0]["anomaly"] == "lost");
}

TEST_CASE("a server behind a script is killed with it, at a random moment too") {
  const Bench bench;
  Json report;
  const auto outcome = bench.run(honest + in_shell(queue + "; echo it ended") + std::vector<std::string>{"--only", "kill:broker@random#1"}, report);
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  CHECK(report["faults"]["landed"] == 1);
  CHECK(report["trials"]["environment"].empty());
}

TEST_CASE("a server that has left its process group outlives its kill, and that is no evidence") {
  const Bench bench;
  Json report;
  const auto outcome = bench.run(honest + in_shell("setsid " + queue + " & sleep 60") + one_kill, report);
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  CHECK(outcome.code == 2);
  CHECK(report["reason"] == "environment");
  CHECK(report["faults"]["landed"] == 0);
  CHECK(contains(report["trials"]["environment"].dump(), "still answers though its process group has ended"));
}

TEST_CASE("a server that cannot be started is 69, with its command, why, and what to do") {
  const Bench bench;
  const auto missing = unavailable(bench, {"--set", "system.command=[\"./none\"]"});
  CHECK(missing.starts_with("assay: start the server by \"./none\": there is no file "));
  CHECK(missing.ends_with("/none; correct /system/command or install it\n"));
  CHECK(contains(unavailable(bench, {"--set", "system.command=[\"./at-least-once.json\"]"}), "/at-least-once.json cannot be executed; correct"));
  const std::vector<std::string> never{"--set", "system.probe=[\"false\"]", "--set", "evidence.start_timeout_ms=500"};
  CHECK(contains(unavailable(bench, never),
                 "it was not ready in time: the probe \"false\" ended with exit 1; correct /system/command or /system/probe"));
}

TEST_CASE("a server that forks away is 69, early or late") {
  const Bench bench;
  const std::string why = "a server that forks away cannot be killed: let it run in the foreground, or name \"commands\"";
  CHECK(contains(unavailable(bench, in_shell("setsid " + queue + " & exit 0")), "it ended before it was ready (exit 0); " + why));
  const auto late = "setsid " + queue + " & until true 2>/dev/null <>/dev/tcp/127.0.0.1/{port}; do :; done; exit 0";
  CHECK(contains(unavailable(bench, {"--set", "system.command=" + Json{"bash", "-c", late}.dump()}), why));
}

TEST_CASE("a server that others start is faulted by commands, and ended when the run ends") {
  const Bench bench;
  const std::string text = R"profile({
    "system": {
      "commands": {"start": ["sh", "-c", "setsid /usr/bin/python3 HERE/broker.py --port {port} --dir {directory} >{directory}/out 2>&1 & echo $! >{directory}/pid"],
                   "kill": ["sh", "-c", "kill -9 $(cat {directory}/pid)"]},
      "timers": [],
      "agents": {"producer": {"command": ["/usr/bin/python3", "HERE/producer.py"], "resends": true},
                 "consumer": {"command": ["/usr/bin/python3", "HERE/consumer.py"], "effects": "log"}}
    },
    "claim": "at-least-once", "workload": {"messages": 6}, "faults": {"targets": ["broker"]}})profile";
  const auto here = std::filesystem::path(honest.front()).parent_path().string();
  auto filled = text;
  for (auto at = filled.find("HERE"); at != std::string::npos; at = filled.find("HERE")) filled.replace(at, 4, here);
  Json report;
  const auto outcome = bench.run(std::vector<std::string>{bench.write("commands.json", filled)} + one_kill, report);
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  CHECK(report["faults"]["landed"] == 1);
  CHECK(report["trials"]["environment"].empty());
  CHECK(report["environment"]["jobs"] == 1);
}
