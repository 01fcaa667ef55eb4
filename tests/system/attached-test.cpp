// A server that assay did not start: faulted by commands, believed only when a
// probe finds it gone, and left as it was found.
#include <csignal>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>
#include <poll.h>

#include "attached-site.hpp"
#include "workbench.hpp"

using namespace assay;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

const std::vector<std::string> durable{"--appendonly", "yes", "--appendfsync", "always"};
const std::vector<std::string> forgetful{"--appendonly", "no"};

// `more` are further keys of the profile.
std::string profile_of(const Bench& bench, const std::string& commands, const std::string& more) {
  return bench.write("attached.json", R"({"system": {"name": "redis", "attached": {"address": "$BROKER_ADDRESS", "commands": )" +
                                          commands + R"(}}, "claim": "at-least-once", )" + more + "}");
}

std::string commands_with(const Site& site, const std::string& name, const std::string& argv) {
  auto commands = Json::parse(site.all_commands());
  commands[name] = Json::parse(argv);
  return commands.dump();
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

bool names(const Json& list, const std::string& text) { return std::find(list.begin(), list.end(), Json(text)) != list.end(); }

std::vector<std::string> files_with(const fs::path& folder, const std::string& words) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    if (contains(text.str(), words)) found.push_back(entry.path().string());
  }
  return found;
}

const std::string broker_killed = R"("faults": {"targets": ["broker"]})";
const std::string one_kill = "kill:broker@producer-0:P.before_send#3";
const std::string one_stall = "stall:broker@producer-0:P.before_send#3";
const std::string stalled = R"("faults": {"kinds": ["stall"], "targets": ["broker"]}, "evidence": {"request_timeout_ms": )";

}  // namespace

TEST_CASE("a durable server in another network, killed by command, upholds at-least-once") {
  const Network network;
  const Bench bench;
  const Site site(bench.directory() / "site", durable, &network);
  Json report;
  const auto outcome =
      bench.run({profile_of(bench, site.all_commands(), broker_killed), "--jobs", "4"}, report, site.environment());
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  CHECK(outcome.code == 0);
  CHECK(report["verdict"] == "upheld");
  CHECK(report["faults"]["landed"].get<int>() >= 30);
  CHECK(report["environment"]["jobs"] == 1);
  CHECK(report["system"]["attached"] == "$BROKER_ADDRESS");
  CHECK(names(report["not_tested"], "version and configuration of the broker: it is attached"));
  CHECK(site.goes_on());
  CHECK(bench.assay({"check", "r.d"}).code == 0);
}

TEST_CASE("a server in another network that keeps nothing on disk loses what late consumers had to come") {
  const Network network;
  const Bench bench;
  const Site site(bench.directory() / "site", forgetful, &network);
  Json report;
  const auto late = broker_killed + R"(, "workload": {"start": "producers-first"})";
  const auto outcome =
      bench.run({profile_of(bench, site.all_commands(), late), "--stop-on-violation"}, report, site.environment());
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  CHECK(outcome.code == 1);
  CHECK(report["witnesses"][0]["anomaly"] == "lost");
  CHECK(site.goes_on());
}

TEST_CASE("a server that is paused and stopped by command is faulted, and goes on") {
  const Bench bench;
  const Site site(bench.directory() / "site", durable);
  const auto faults = R"("faults": {"kinds": ["stall", "stop"], "targets": ["broker"]}, "evidence": {"request_timeout_ms": 100})";
  for (const auto& only : {one_stall, std::string("stop:broker@consumer-0:C.received#30")}) {
    CAPTURE(only);
    Json report;
    const auto outcome =
        bench.run({profile_of(bench, site.all_commands(), faults), "--only", only}, report, site.environment());
    CAPTURE(outcome.output);
    CAPTURE(outcome.errors);
    CHECK(report["faults"]["landed"] == 1);
    CHECK(report["trials"]["repeated"].empty());
    CHECK(report["verdict"] == "inconclusive");
    CHECK(site.goes_on());
  }
}

TEST_CASE("without commands only our own processes are faulted, and the report says so") {
  const Bench bench;
  const Site site(bench.directory() / "site", durable);
  Json report;
  const auto outcome = bench.run({profile_of(bench, "{}", R"("workload": {"messages": 40})")}, report, site.environment());
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  CHECK(outcome.code == 0);
  CHECK(names(report["not_tested"], "faults of the broker: it is attached"));
  for (const auto& window : report["windows"]) CHECK(window["target"] != "broker");
}

TEST_CASE("two runs of one profile and seed on one server do not see each other's messages") {
  const Bench bench;
  const Site site(bench.directory() / "site", durable);
  const auto file = profile_of(bench, "{}", R"("workload": {"messages": 10})");
  Json first, second;
  const auto once = bench.run({file, "--faults", "none"}, first, site.environment());
  const auto again = bench.run({file, "--faults", "none"}, second, site.environment());
  CAPTURE(once.errors);
  CAPTURE(again.output);
  CHECK(first["accounts"]["stored"] == 10);
  CHECK(second["accounts"] == first["accounts"]);
  CHECK(second["anomalies"].empty());
}

TEST_CASE("a server that cannot be reached is 69 and names address and reason") {
  const Bench bench;
  const Site site(bench.directory() / "site", durable);
  const auto file = profile_of(bench, "{}", R"("evidence": {"start_timeout_ms": 300})");
  const auto refused = [&](const std::map<std::string, std::string>& environment, const std::string& part) {
    const auto outcome = bench.assay({"run", file}, environment);
    CAPTURE(outcome.errors);
    CHECK(outcome.code == 69);
    CHECK(contains(outcome.errors, "reach redis at $BROKER_ADDRESS: "));
    CHECK(contains(outcome.errors, part));
  };
  refused({{"BROKER_ADDRESS", "127.0.0.1:1"}, {"ASSAY_SECRET", site_secret}}, "connection refused");
  refused({{"BROKER_ADDRESS", site.address()}, {"ASSAY_SECRET", "wrong"}}, "WRONGPASS");
  refused({{"BROKER_ADDRESS", ""}}, "that environment variable is not set");
  refused({{"BROKER_ADDRESS", ":secret@" + site.address()}}, "ASSAY_SECRET");
}

TEST_CASE("a command that fails makes its trial an environment fault, and what it prints stays without the secret") {
  const Bench bench;
  const Site site(bench.directory() / "site", durable);
  const auto failing = R"(["sh", "-c", "env; tr '\\0' '\\n' </proc/$PPID/environ; echo no such broker >&2; exit 3"])";
  Json report;
  const auto outcome = bench.run({profile_of(bench, commands_with(site, "kill", failing), broker_killed), "--only", one_kill}, report,
                                 site.environment());
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  CHECK(outcome.code == 2);
  CHECK(report["reason"] == "environment");
  CHECK(contains(report["trials"]["environment"].dump(), "exit 3; its last line: no such broker"));
  CHECK(report["faults"]["landed"] == 0);
  CHECK(site.goes_on());
  CHECK_FALSE(files_with(bench.directory() / "r.d" / "logs", "no such broker").empty());
  CHECK(files_with(bench.directory() / "r.d", site_secret).empty());
  CHECK_FALSE(contains(report.dump() + outcome.output + outcome.errors, site_secret));
}

TEST_CASE("a command that takes too long is ended, and the server is started all the same") {
  const Bench bench;
  const Site site(bench.directory() / "site", durable);
  const auto slow = R"(["sh", "-c", "sh )" + (bench.directory() / "site/ask").string() + R"( kill; sleep 60"])";
  const auto file = profile_of(bench, commands_with(site, "kill", slow), broker_killed);
  Json report;
  const auto outcome = bench.run({file, "--only", one_kill, "--set", "system.attached.command_timeout_ms=1500"}, report,
                                 site.environment());
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  CHECK(report["reason"] == "environment");
  CHECK(contains(report["trials"]["environment"].dump(), "no end within 1500 ms"));
  CHECK(site.goes_on());
}

TEST_CASE("a server that does not come back ends the run, and the report says which command failed") {
  const Bench bench;
  const Site site(bench.directory() / "site", durable);
  const auto file = profile_of(bench, commands_with(site, "start", R"(["false"])"),
                               broker_killed + R"(, "evidence": {"start_timeout_ms": 1000})");
  Json report;
  const auto outcome = bench.run({file}, report, site.environment());
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  CHECK(outcome.code == 2);
  CHECK(report["reason"] == "environment");
  CHECK(report["trials"]["run"] == 3);
  CHECK(contains(report["trials"]["environment"].dump(), "connection refused; before that: start redis at $BROKER_ADDRESS by"));
}

TEST_CASE("a command that ends well and does nothing is not believed") {
  const Bench bench;
  const Site site(bench.directory() / "site", durable);
  const auto believed = [&](const std::string& name, const std::string& faults, const std::string& only) {
    Json report;
    const auto outcome = bench.run({profile_of(bench, commands_with(site, name, R"(["true"])"), faults), "--only", only}, report,
                                   site.environment());
    CAPTURE(outcome.output);
    CAPTURE(outcome.errors);
    CHECK(outcome.code == 2);
    CHECK(report["trials"]["environment"].empty());
    CHECK(contains(report["faults"]["why_not"].dump(), "no probe found that the server did not answer after the command"));
    return report["faults"]["landed"].get<int>() > 0;
  };
  CHECK_FALSE(believed("kill", broker_killed, one_kill));
  CHECK_FALSE(believed("pause", stalled + "100}", one_stall));
}

TEST_CASE("Ctrl-C lets a paused server go on") {
  const Bench bench;
  const Site site(bench.directory() / "site", durable);
  const auto file = profile_of(bench, site.all_commands(), stalled + "60000}");
  auto assay = ChildProcess::spawn({.argv = {assay_program().string(), "run", file, "--only", one_stall},
                                    .environment = site.environment(),
                                    .directory = bench.directory(),
                                    .output = bench.directory() / "assay.log"});
  const auto deadline = Deadline::in(std::chrono::seconds(60));
  while (site.state() != 'T' && !deadline.passed()) ::poll(nullptr, 0, 1);
  REQUIRE(site.state() == 'T');
  assay.signal(SIGINT);
  const auto end = assay.wait_ended(deadline);
  CAPTURE(last_lines(bench.directory() / "assay.log", 10));
  REQUIRE(end);
  CHECK(to_string(*end) == "exit 2");
  CHECK(site.goes_on());
}
