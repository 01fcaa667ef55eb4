// Programs of the user's own as producers and consumers: good ones are judged
// like ours, and whoever gets the protocol wrong is told so and never judged.
#include <regex>
#include <set>

#include <doctest/doctest.h>

#include "tests/files.hpp"
#include "tests/system/workbench.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

const std::string python = "/usr/bin/python3";  // the one that the distribution's libraries are for

std::string source(const std::string& file) { return std::string(ASSAY_SOURCE_DIR) + "/" + file; }

// The embedded broker, one role of ours, and on the other side this command.
std::string profile_with(const Bench& bench, const std::string& side, const std::vector<std::string>& command,
                         int start_timeout_ms = 5000) {
  Json profile{{"system", "embedded"},
               {"claim", side == "consumer" ? "at-least-once @ delivered" : "at-least-once"},
               {"agents", {{side, {{"command", command}}}}},
               {"workload", {{"messages", 2}}},
               {"evidence", {{"start_timeout_ms", start_timeout_ms}, {"drain_timeout_ms", 300}}}};
  return bench.write("own.json", profile.dump());
}

struct Wrong {
  std::string mode, side, said;
};

// The trial of the last of three tries stands in a message's id; here it is T.
const std::vector<Wrong> wrong_agents{
    {"version", "consumer", "consumer-0#1 speaks version 2 of the agent protocol, and this assay speaks 1"},
    {"no-hello", "consumer", "consumer-0#1 said \"ready\" before hello"},
    {"not-json", "consumer", "consumer-0#1 broke the protocol: hello there"},
    {"silent", "consumer", "waited 700 ms for the agents to be ready; consumer-0#1: it has not said hello"},
    {"floods", "consumer", "consumer-0#1 floods: it has put more than "},
    {"floods-control", "consumer", "consumer-0#1 floods: more than 10000 control messages"},
    {"before-go", "consumer",
     "consumer-0#1 broke the agent protocol in line 2 of its events: it is recorded before the agent was told to go; the line: "},
    {"reuses-id", "producer",
     "producer-0#1 broke the agent protocol in line 3 of its events: attempt 1001 of T/producer-0/1 a second time; each attempt "
     "has a number of its own; the line: "},
    {"not-its-own", "producer",
     "line 1 of its events: T/producer-7/1 is none of the messages that this producer has to send; the line: "},
    {"acks-unknown", "consumer",
     "line 2 of its events: an ack of T/producer-0/1, which this incarnation was never given; the line: "},
    {"effect-unknown", "consumer", "line 2 of its events: an effect of T/producer-0/1, which this incarnation was never given"},
    {"wall-clock", "consumer", ", and CLOCK_MONOTONIC says "},
    {"misspelt", "consumer", "line 2 of its events: unknown field \"mesage\"; did you mean \"message\"?"},
    {"other-side", "consumer", "line 2 of its events: the window \"P.before_send\" is no consumer's; its name begins with C."},
    {"not-an-event", "consumer", "line 2 of its events: it is not JSON; the line: given T/producer-0/1"},
    {"too-long", "consumer", " bytes beside its body, and an event may have 61440; the line: {\"type\": \"env"},
    {"nested", "consumer", "line 2 of its events: field \"line\" is not a plain value; the line: {\"type\": \"env"},
    {"half-a-line", "consumer", "line 2 of its events: it has no line end, though the agent ended in order; the line: {\"type\": \"env"},
    {"says-done", "consumer", "consumer-0#1 broke the agent protocol with a message of type \"done\""},
    {"gives-up", "consumer", "consumer-0#1 gave up: the queue is not there"},
};

}  // namespace

TEST_CASE("an agent that gets the protocol wrong is told what, and its trials are no evidence") {
  const Bench bench;
  for (const auto& wrong : wrong_agents) {
    CAPTURE(wrong.mode);
    const auto profile = profile_with(bench, wrong.side, {python, source("tests/system/wrong-agent.py"), wrong.mode},
                                      wrong.mode == "silent" ? 700 : 5000);
    Json report;
    const auto outcome = bench.run({profile, "--faults", "none"}, report, {{"ASSAY_TEST_MARK", "wrong-" + wrong.mode}});
    CAPTURE(outcome.output);
    CAPTURE(outcome.errors);
    CHECK(outcome.code == 2);
    CHECK(report["verdict"] == "inconclusive");
    CHECK(report["reason"] == "environment");
    const auto detail = std::regex_replace(report["detail"].get<std::string>(), std::regex("\\b[123]/producer"), "T/producer");
    CAPTURE(detail);
    CHECK(detail.find(wrong.said) != std::string::npos);
    CHECK(outcome.output.find("environment: harness: ") != std::string::npos);
    CHECK(processes_with("wrong-" + wrong.mode).empty());
  }
}

TEST_CASE("a command that cannot be started ends the run before it has begun") {
  const Bench bench;
  const auto refused = [&](const std::vector<std::string>& command, const std::string& said) {
    const auto outcome = bench.assay({"run", profile_with(bench, "consumer", command)}, {{"ASSAY_TEST_MARK", "unstartable"}});
    CAPTURE(outcome.output);
    CAPTURE(outcome.errors);
    CHECK(outcome.code == 69);
    CHECK(outcome.errors.find(said) != std::string::npos);
    CHECK(processes_with("unstartable").empty());
  };
  const auto plain = bench.write("plain.py", "print('never run')\n");
  refused({"no-such-program-here"}, "start the consumer by \"no-such-program-here\": no program \"no-such-program-here\" is in PATH; correct "
                                    "/agents/consumer/command or install it");
  refused({"./nowhere.py"}, "there is no file " + (bench.directory() / "nowhere.py").string());
  refused({"./plain.py"}, "plain.py cannot be executed");
  const auto wrong = source("tests/system/wrong-agent.py");
  refused({python, wrong, "forks-away"}, "it ended before it was ready (exit 0); a program that forks away cannot be killed: let it run in the foreground");
  refused({python, wrong, "fails"}, "it ended before it was ready (exit 1; its last lines: no such option: --consume)");
}

TEST_CASE("an agent of another run is turned away, and the run goes on") {
  const Bench bench;
  const auto profile = profile_with(bench, "consumer", {python, source("tests/system/wrong-agent.py"), "another-run"});
  Json report;
  const auto outcome = bench.run({profile, "--faults", "none"}, report);
  CAPTURE(outcome.output);
  CHECK(outcome.code == 2);
  CHECK(report["reason"] == "environment");  // it goes on to receive nothing at all
  CHECK(report["detail"] == "not one message or canary arrived in the control trial");
}

TEST_CASE("agents in Python with crash points of their own uphold at-least-once, and not exactly-once") {
  const Bench bench;
  const auto run = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{profile("own/python"), "--set", "workload.messages=6", "--set", "evidence.per_window=1",
                                       "--set", "evidence.faults=12", "--set", "evidence.antecedents=12", "--set", "faults.random=1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Json report;
    const auto outcome = bench.run(arguments, report);
    CAPTURE(outcome.output);
    CAPTURE(outcome.errors);
    return report;
  };
  const auto upheld = run({});
  CHECK(upheld["verdict"] == "upheld");
  std::set<std::string> own;
  for (const auto& cell : upheld["windows"])
    if (cell["target"] != "broker" && cell["landed"] > 0) own.insert(cell["window"]);
  CHECK(own == std::set<std::string>{"C.acked", "C.effect_before_ack", "C.received", "P.acked_before_cursor", "P.before_send", "P.cursor_saved"});

  const auto violated = run({"--claim", "exactly-once", "--faults", "directed"});
  CHECK(violated["verdict"] == "violated");
  CHECK(violated["witnesses"][0]["clause"] == "no-dup @ committed");
}

TEST_CASE("effects in an SQLite file are found by a query, and one that is idempotent upholds exactly-once") {
  const Bench bench;
  auto program = contents(source("profiles/own/consumer.py"));
  const auto replace = [&](const std::string& what, const std::string& by) {
    const auto at = program.find(what);
    REQUIRE(at != std::string::npos);
    program.replace(at, what.size(), by);
  };
  replace("import redis\n", "import redis\nimport sqlite3\n");
  replace("effects = os.open(me[\"effects\"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)\n",
          "orders = sqlite3.connect(me[\"database\"], timeout=10, isolation_level=None)\n"
          "orders.execute(\"CREATE TABLE IF NOT EXISTS orders(id TEXT PRIMARY KEY, tries INTEGER)\")\n");
  replace("os.write(effects, json.dumps({\"message\": message, \"attempt\": int(attempt)}).encode() + b\"\\n\")",
          "orders.execute(\"INSERT OR IGNORE INTO orders VALUES(?, ?)\", (message, int(attempt)))");
  const auto file = bench.write("consumer.py", program);
  const auto own = bench.write("own.json", Json{{"system", "redis"},
                                                {"claim", "exactly-once @ committed"},
                                                {"workload", {{"messages", 6}}},
                                                {"agents", {{"consumer", {{"command", {python, file}},
                                                                          {"effects", {{"query", "SELECT id, tries AS attempt FROM orders"}}}}}}},
                                                {"faults", {{"targets", {"consumer"}}, {"random", 0}}},
                                                {"evidence", {{"per_window", 1}, {"faults", 3}, {"antecedents", 3}}}}.dump());
  Json report;
  const auto wrong = bench.run({own, "--faults", "none", "--set", "agents.consumer.effects.query=SELECT number FROM bills"}, report);
  CHECK(wrong.code == 2);
  CHECK(report["detail"].get<std::string>().find("no such table: bills") != std::string::npos);

  const auto refused = bench.run({own, "--set", "agents.consumer.effects.query=SELECT id, tries FROM orders"}, report);
  CHECK(refused.code == 2);
  CHECK(report["detail"].get<std::string>().find("it has no column message") != std::string::npos);

  const auto outcome = bench.run({own, "--set", "agents.consumer.effects.query=SELECT id AS message, tries AS attempt FROM orders"}, report);
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  CHECK(report["verdict"] == "upheld");
  CHECK(report["accounts"]["effects"] > 0);

  const auto twice = bench.run({own, "--set", "agents.consumer.effects.query=SELECT id AS message, 2 AS count FROM orders"}, report);
  CAPTURE(twice.output);
  CHECK(report["verdict"] == "violated");
}

TEST_CASE("programs of the user's own can be paused at their own crash points") {
  const Bench bench;
  Json report;
  const auto outcome = bench.run({profile("own/python"), "--faults", "directed", "--set", "faults.kinds=[\"pause\"]", "--set", "workload.messages=6",
                                  "--set", "evidence.per_window=1", "--set", "evidence.faults=6", "--set", "evidence.antecedents=6"}, report);
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  CHECK(report["verdict"] == "upheld");
  std::set<std::string> paused;
  for (const auto& cell : report["windows"])
    if (cell["kind"] == "pause" && cell["landed"] > 0) paused.insert(cell["window"]);
  CHECK(paused == std::set<std::string>{"C.acked", "C.effect_before_ack", "C.received", "P.acked_before_cursor", "P.before_send", "P.cursor_saved"});
}

TEST_CASE("a producer whose messages or copies nobody else knows by these names is told so, and nothing is judged") {
  struct Form {
    std::string right, wrong, said;
  };
  const std::vector<Form> forms{
      {"f\"assay/1 {me['run']}", "f\"assay 1 {me['run']}",
       "without a fault, and none is one of those that were to be sent; each has to begin with the line assay/1 RUN MESSAGE ATTEMPT KEY"},
      {"copy=f\"{me['channel']}/{entry.decode()}\"", "copy=entry.decode()", "; spell them as the page of redis does, or leave copy out"}};
  for (const auto& form : forms) {
    CAPTURE(form.wrong);
    const Bench bench;
    auto program = contents(source("profiles/own/producer.py"));
    const auto at = program.find(form.right);
    REQUIRE(at != std::string::npos);
    const auto file = bench.write("producer.py", program.replace(at, form.right.size(), form.wrong));
    const auto own = bench.write("own.json", Json{{"system", "redis"}, {"claim", "exactly-once @ stored"}, {"workload", {{"messages", 3}}},
                                                  {"agents", {{"producer", {{"command", {python, file}}, {"resends", true}}}}}}.dump());
    Json report;
    const auto outcome = bench.run({own, "--faults", "none", "--set", "evidence.drain_timeout_ms=600"}, report);
    CAPTURE(outcome.output);
    CAPTURE(outcome.errors);
    CHECK(outcome.code == 2);
    CHECK(report["reason"] == "environment");
    CHECK(report["detail"].get<std::string>().find(form.said) != std::string::npos);

    const auto tried = bench.assay({"selftest", "--role", "producer", "--system", "redis", "--set", "evidence.drain_timeout_ms=600", "--agent", python, "--", "-u", file});
    CAPTURE(tried.output);
    CAPTURE(tried.errors);
    CHECK(tried.code == 1);
    CHECK(tried.output.find("0 agree, 1 differ") != std::string::npos);
    CHECK(tried.output.find(form.said.substr(0, 30)) != std::string::npos);
  }
}

TEST_CASE("agents without crash points on both sides are killed at random moments, and the report says so") {
  const Bench bench;
  for (const std::string side : {"producer", "consumer"}) {
    auto program = contents(source("profiles/own/" + side + ".py"));
    const std::string mark = "    record(\"point\", window=window)\n";
    const auto at = program.find(mark);
    REQUIRE(at != std::string::npos);
    bench.write(side + ".py", program.replace(at, mark.size(), "    return\n"));
  }
  const auto own = bench.write("unmarked.json", contents(source("profiles/own/python.json")));
  Json report;
  const auto outcome = bench.run({own, "--set", "workload.messages=15", "--set", "evidence.faults=9", "--set", "evidence.antecedents=9", "--set",
                                  "faults.random=3"}, report);
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  CHECK(report["verdict"] == "upheld");
  std::map<std::string, int> landed;
  for (const auto& cell : report["windows"]) {
    CHECK(cell["window"].get<std::string>().find(':') != std::string::npos);  // a situation, none of the windows
    if (!cell["window"].get<std::string>().ends_with(":idle")) landed[cell["target"]] += cell["landed"].get<int>();
  }
  for (const std::string target : {"producer", "consumer", "broker"}) CHECK(landed[target] >= 3);
  CHECK(report.dump().find("windows inside the consumer: it marks none") != std::string::npos);
  CHECK(report.dump().find("windows inside the producer: it marks none") != std::string::npos);
}

TEST_CASE("a consumer in JavaScript upholds at-least-once") {
  const Bench bench;
  Json report;
  const auto outcome = bench.run({source("docs/examples/node/consumer.json"), "--faults", "directed", "--set", "faults.targets=[\"consumer\"]",
                                  "--set", "workload.messages=6", "--set", "evidence.per_window=1", "--set", "evidence.faults=6", "--set",
                                  "evidence.antecedents=6"}, report);
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  CHECK(report["verdict"] == "upheld");
  CHECK(report["faults"]["landed"] >= 6);
}

TEST_CASE("selftest --agent tries an agent against the protocol and names what it gets wrong") {
  const Bench bench;
  const auto good = bench.assay({"selftest", "--agent", python, source("profiles/own/consumer.py"), "--role", "consumer", "--system", "redis",
                                 "--set", "agents.consumer.effects=log"});
  CAPTURE(good.output);
  CAPTURE(good.errors);
  CHECK(good.code == 0);
  CHECK(good.output.find("6 agree, 0 differ, 0 not checked") != std::string::npos);
  CHECK(good.output.find("it stopped at each that it was told: C.acked, C.effect_before_ack, C.received") != std::string::npos);

  const auto bad = bench.assay({"selftest", "--agent", python, source("tests/system/wrong-agent.py"), "acks-unknown", "--role", "consumer", "--system", "redis"});
  CAPTURE(bad.output);
  CHECK(bad.code == 1);
  CHECK(bad.output.find("line 2 of its events: an ack of") != std::string::npos);
  CHECK(bad.output.find("0 agree, 1 differ") != std::string::npos);

  CHECK(bench.assay({"selftest", "--agent", "true", "--system", "redis"}).code == 64);
  CHECK(bench.assay({"selftest", "--agent", "true", "--role", "consumer"}).code == 64);
  CHECK(bench.assay({"selftest", "--agent", "true", "--role", "broker", "--system", "redis"}).code == 64);
  CHECK(bench.assay({"selftest", "--role", "consumer"}).code == 64);
  CHECK(bench.assay({"selftest", "--agent", "no-such-program-here", "--role", "consumer", "--system", "redis"}).code == 69);
}
