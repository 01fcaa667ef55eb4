#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include <sys/wait.h>
#include <unistd.h>

#include "agents/control/control.hpp"
#include "tests/roles/incarnation.hpp"

using namespace assay;
using nlohmann::json;

namespace {

struct Outcome {
  int code = 0;
  std::string output, errors;
};

Outcome run(FakeSystem& system, std::vector<std::string> words) {
  words.insert(words.begin(), "assay-fake");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  std::ostringstream output, errors;
  auto* const before_output = std::cout.rdbuf(output.rdbuf());
  auto* const before_errors = std::cerr.rdbuf(errors.rdbuf());
  const int code = run_verbs(system, static_cast<int>(argv.size()), argv.data());
  std::cout.rdbuf(before_output);
  std::cerr.rdbuf(before_errors);
  return {code, output.str(), errors.str()};
}

// A process that has ended and is not reaped.
pid_t zombie() {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(0);
  siginfo_t information{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(pid), &information, WEXITED | WNOWAIT) == 0);
  return pid;
}

}  // namespace

TEST_CASE("describe prints the adapter's description, indented by two") {
  FakeSystem system;
  const Outcome outcome = run(system, {"describe"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output == "{\n  \"system\": \"fake\",\n  \"abilities\": {\n    \"shape\": \"queue\"\n  },\n  \"zygote\": true\n}\n");
}

TEST_CASE("a wrong verb or a wrong number of words is answered with the usage") {
  FakeSystem system;
  for (const Lines& words : {Lines{}, Lines{"dance"}, Lines{"serve", "here"}, Lines{"describe", "more"},
                             Lines{"probe", "address", "pid"}, Lines{"agent"}, Lines{"replica", "here", "address"}, Lines{"in-sync"},
                             Lines{"cut-off"}, Lines{"promote"}}) {
    const Outcome outcome = run(system, words);
    CHECK(outcome.code == 64);
    CHECK(outcome.output == "");
    CHECK(outcome.errors == "usage: test-roles describe | serve DIR ADDRESS | probe ADDRESS [PID] | agent CONTROL | "
                            "audit CONTROL | zygote | replica DIR ADDRESS PRIMARY | in-sync ADDRESS [PID] | cut-off ADDRESS | promote ADDRESS...\n");
  }
}

TEST_CASE("probe asks until the server is ready") {
  FakeSystem system;
  system.readiness = {"connection refused", "loading", std::nullopt};
  CHECK(run(system, {"probe", "address"}).code == 0);
  CHECK(run(system, {"probe", "address", std::to_string(::getpid())}).code == 0);
}

TEST_CASE("probe gives up when its time is over, and says what it heard last") {
  FakeSystem system;
  system.readiness = {"connection refused", "loading"};
  ::setenv("ASSAY_PROBE_TIMEOUT_MS", "20", 1);
  const Outcome outcome = run(system, {"probe", "address"});
  ::unsetenv("ASSAY_PROBE_TIMEOUT_MS");
  CHECK(outcome.code == 1);
  CHECK(outcome.errors == "test-roles: probe address: loading\n");
}

TEST_CASE("probe gives up at once when the server's process has ended") {
  FakeSystem system;
  const pid_t pid = zombie();
  const std::string name = std::to_string(pid);
  SUBCASE("not yet reaped") {
    system.readiness = {"connection refused"};
    CHECK(run(system, {"probe", "address", name}).errors ==
          "test-roles: probe address: process " + name + " is gone; before that: connection refused\n");
  }
  SUBCASE("although somebody else answers at its address") {
    CHECK(run(system, {"probe", "address", name}).code == 1);
  }
  ::waitpid(pid, nullptr, 0);
  const Outcome reaped = run(system, {"probe", "address", name});
  CHECK(reaped.code == 1);
  CHECK(reaped.errors == "test-roles: probe address: process " + name + " is gone; before that: it was not asked\n");
}

TEST_CASE("a system without replicas says so when it is asked for them") {
  FakeSystem system;
  const auto said = [&](const Lines& words) {
    const Outcome outcome = run(system, words);
    CHECK(outcome.code == 70);
    return outcome.errors;
  };
  CHECK(said({"replica", "/nowhere", "b", "a"}) == "test-roles: start a replica at b: this system is no cluster\n");
  CHECK(said({"in-sync", "b"}) == "test-roles: ask the replica at b: this system is no cluster\n");
  CHECK(said({"cut-off", "b"}) == "test-roles: cut off the replica at b: this system is no cluster\n");
  CHECK(said({"promote", "b", "c"}) == "test-roles: promote a replica: this system is no cluster\n");
}

TEST_CASE("serve hands the settings in its directory to the adapter") {
  Bench bench;
  SUBCASE("none") {
    CHECK(run(bench.system, {"serve", bench.directory.path().string(), "address"}).errors ==
          "test-roles: exec server at address: no such file\n");
    CHECK(bench.system.served == json::object());
  }
  SUBCASE("some") {
    std::ofstream(bench.directory / "settings.json") << R"({"appendfsync":"no"})";
    CHECK(run(bench.system, {"serve", bench.directory.path().string(), "address"}).code == 70);
    CHECK(bench.system.served == json{{"appendfsync", "no"}});
  }
  SUBCASE("damaged ones") {
    std::ofstream(bench.directory / "settings.json") << "{";
    CHECK(run(bench.system, {"serve", bench.directory.path().string(), "address"}).code == 70);
    CHECK(bench.system.served == std::nullopt);
  }
}

TEST_CASE("an agent introduces itself") {
  Bench bench;
  Incarnation producer(bench, bench.producer(2));
  auto hello = producer.heard("hello");
  CHECK(hello.at("pid").get<int>() > 0);
  hello.erase("pid");
  CHECK(hello == json{{"type", "hello"},
                      {"process", "producer-0"},
                      {"incarnation", 2},
                      {"protocol", 1},
                      {"system", "fake"}});
}

TEST_CASE("an agent that cannot go on says why to everybody and exits with 70") {
  Bench bench;
  AgentConfiguration configuration = bench.producer();
  std::string reason;
  Lines on_record{"environment level=error source=producer-0 line="};
  auto configure = to_json(configuration);
  configure["type"] = "configure";
  std::string verb = "agent";

  SUBCASE("an unknown role") {
    configure["role"] = "juggler";
    reason = "there is no role \"juggler\"";
    on_record.back() += reason;
  }
  SUBCASE("audit is for the auditor") {
    verb = "audit";
    reason = "this verb runs the role auditor, not \"retry-until-acknowledged\"";
    on_record.clear();
  }
  SUBCASE("a configuration without a cursor") {
    configure.erase("cursor");
    reason = "configure: \"cursor\" is missing";
    on_record.clear();
  }
  SUBCASE("go before configure") {
    configure = {{"type", "go"}};
    reason = "supervisor broke the control protocol: {\"type\":\"go\"}";
    on_record.clear();
  }
  SUBCASE("no JSON") {
    configure = "hello";
    reason = "supervisor broke the control protocol: \"hello\"";
    on_record.clear();
  }
  Incarnation producer(bench, configuration, verb);
  producer.heard("hello");
  producer.say(configure);
  CHECK(producer.heard("error") == json{{"type", "error"}, {"line", reason}});
  CHECK(producer.await_exit() == 70);
  CHECK(producer.errors() == "assay-fake: producer-0#1: " + reason + "\n");
  CHECK(story(producer.recording()) == on_record);
}

TEST_CASE("a command that a role does not know is an error") {
  Bench bench;
  SUBCASE("instead of go") {
    Incarnation consumer(bench, bench.consumer());
    consumer.heard("hello");
    auto configure = to_json(bench.consumer());
    configure["type"] = "configure";
    consumer.say(configure);
    consumer.heard("ready");
    consumer.say({{"type", "bye?"}});
    CHECK(consumer.heard("error").at("line") == "supervisor broke the control protocol: {\"type\":\"bye?\"}");
    CHECK(consumer.await_exit() == 70);
  }
  SUBCASE("a canary for a consumer") {
    Incarnation consumer(bench, bench.consumer());
    consumer.configure_and_go();
    consumer.say({{"type", "canary"}});
    CHECK(consumer.heard("error").at("line") == "supervisor broke the control protocol: {\"type\":\"canary\"}");
    CHECK(consumer.await_exit() == 70);
  }
  SUBCASE("a canary without a message for a producer") {
    Incarnation producer(bench, bench.producer());
    producer.configure_and_go();
    producer.heard("done");
    producer.say({{"type", "canary"}});
    CHECK(producer.heard("error").at("line") == "supervisor broke the control protocol: {\"type\":\"canary\"}");
    CHECK(producer.await_exit() == 70);
  }
  SUBCASE("a dance for the auditor") {
    Incarnation auditor(bench, bench.auditor(), "audit");
    auditor.configure_and_go();
    auditor.say({{"type", "dance"}});
    CHECK(auditor.heard("error").at("line") == "supervisor broke the control protocol: {\"type\":\"dance\"}");
    CHECK(auditor.await_exit() == 70);
  }
}

TEST_CASE("an agent needs to know who it is") {
  FakeSystem system;
  for (const std::string identity : {"", "consumer-0", "#1", "consumer-0#", "consumer-0#x"}) {
    ::setenv("ASSAY_IDENTITY", identity.c_str(), 1);
    const Outcome outcome = run(system, {"agent", "ipc:///nowhere"});
    CHECK(outcome.code == 70);
    CHECK(outcome.errors == "test-roles: ASSAY_IDENTITY must be like consumer-0#2, not \"" + identity + "\"\n");
  }
  ::unsetenv("ASSAY_IDENTITY");
}
