// A profile whose server is a program of the user's own: its keys, and what it may ask for.
#include <doctest/doctest.h>

#include "cli/plan.hpp"
#include "tests/cli/profile-bench.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

const std::string agents =
    R"("agents": {"producer": {"command": ["./p"], "resends": true}, "consumer": {"command": ["./c"], "effects": "log"}})";
const std::string command = R"("command": ["./server", "--port={port}", "{directory}"], "timers": [])";
const std::string commands = R"("commands": {"start": ["run", "{port}"], "kill": ["rm", "{directory}"]}, "timers": [])";

// `inside` stands in the part system, `more` behind it.
std::string profile(const std::string& inside, const std::string& more = ", " + agents) {
  return "{\"claim\": \"at-least-once\",\n\"system\": {" + inside + "}" + more + "}";
}

}  // namespace

TEST_CASE("a server of one's own has a command, a probe, timers and abilities") {
  Bench bench;
  const auto whole = bench.load(profile(
      R"("name": "our-queue", "command": ["./server", "{port}"], "probe": ["./probe", "{address}"],
         "timers": [{"name": "lease", "ms": 500}], "abilities": {"takeover": "disconnect", "dedup": ["id"], "ack_answered": false}, )" +
      agents, ""));
  OwnServer server{.command = {"./server", "{port}"}, .probe = {"./probe", "{address}"}, .directory = bench.root() / "profiles/group"};
  server.timers = Json::parse(R"([{"name": "lease", "ms": 500}])");
  server.abilities = Json::parse(R"({"ack_answered": false, "dedup": ["id"], "takeover": "disconnect"})");
  CHECK(whole.system == "our-queue");
  CHECK(whole.own_server == server);
  CHECK(whole.attached == std::nullopt);
  CHECK(whole.settings == Json::object());
  CHECK(profile_from_json(to_json(whole)) == whole);
  CHECK(bench.load(profile(command)).system == "own");
  CHECK(bench.load(profile(command)).agents == bench.load(profile(command + ", " + agents, "")).agents);
  CHECK(bench.load(least).own_server == std::nullopt);
}

TEST_CASE("commands in place of one make it a server that is faulted by commands") {
  Bench bench;
  const auto loaded = bench.load(profile(commands + R"(, "command_timeout_ms": 500)"));
  CHECK(loaded.own_server == OwnServer{.directory = bench.root() / "profiles/group"});
  CHECK(loaded.attached == Attachment{.address = "127.0.0.1:{port}",
                                      .commands = {{"kill", {"rm", "{directory}"}}, {"start", {"run", "{port}"}}},
                                      .command_timeout_ms = 500});
  CHECK(profile_from_json(to_json(loaded)) == loaded);
}

TEST_CASE("what the profile declares is laid over what can be said of any server") {
  Bench bench;
  const auto plain = system_of(bench.load(profile(command)));
  const auto told = system_of(bench.load(profile(
      R"("name": "q", "command": ["./q"], "timers": [{"name": "lease", "ms": 700}], "abilities": {"shape": "log", "takeover": "request"})")));
  CHECK(plain.name == "own");
  CHECK(plain.ability("shape") == "queue");
  CHECK(plain.longest_timer_ms() == 250);
  CHECK(told.name == "q");
  CHECK(told.described["system"] == "q");
  CHECK(told.missing() == "");
  CHECK(told.ability("shape") == "log");
  CHECK(told.ability("takeover") == "request");
  CHECK(told.ability("lists_stored") == "false");
  CHECK(told.longest_timer_ms() == 700);
}

TEST_CASE("the trial ends by silence, for twice the longest timer and for half a second at least") {
  Bench bench;
  const auto plan_for = [&](const Profile& loaded) { return make_plan(loaded, system_of(loaded), 1, ""); };
  const auto ground = plan_for(bench.load(profile(command))).terms.ground;
  CHECK_FALSE(ground.backlog_authoritative);
  CHECK_FALSE(ground.attached);
  CHECK(ground.foreign_broker);
  CHECK(ground.silence_ms == 500);
  CHECK(plan_for(bench.load(profile(commands))).terms.ground.attached);
  const std::string slow = R"("command": ["./s"], "timers": [{"name": "lease", "ms": 6000}])";
  CHECK(bench.refusal(profile(slow)) == "x.json:1: /evidence/drain_timeout_ms: the system own counts as drained after a silence of 12000 ms, "
                                        "and nobody watches for so long; expected more than 12000");
  CHECK(plan_for(bench.load(profile(slow), {"evidence.drain_timeout_ms=20000"})).terms.ground.silence_ms == 12000);
}

TEST_CASE("a server of one's own is refused without what nobody else can say") {
  Bench bench;
  const auto refusal = [&](const std::string& inside) { return bench.refusal(profile(inside)); };
  CHECK(refusal(R"("timers": [])").starts_with("x.json:2: /system/command: missing; expected \"command\": [\"./server\""));
  CHECK(refusal(R"("name": "own")").starts_with("x.json:2: /system/command: missing;"));
  CHECK(bench.refusal(R"({"system": "own", "claim": "at-least-once"})")
            .starts_with("x.json:1: /system: a server of your own is told by how it is started; write {\"command\": "));
  CHECK(refusal(R"("command": ["./s"])") ==
        "x.json:2: /system/timers: missing; expected the times after which your server does something by itself, as in "
        "[{\"name\": \"lease\", \"ms\": 500}], or [] if it has none. Nobody can ask it what it still owes, so a trial ends after a silence "
        "of twice the longest");
  CHECK(refusal(R"("command": ["./s"], "timers": [{"name": "lease"}])") ==
        "x.json:2: /system/timers/0: \"ms\" is missing; expected {\"name\": \"lease\", \"ms\": 500}");
  CHECK(refusal(R"("command": ["./s"], "timers": [{"name": "lease", "ms": 0}])").ends_with("expected an integer from 1 to 3600000, found 0"));
  const std::string ours = "missing; assay has no client of your server, so the producer has to be a program of yours, too: "
                           "{\"command\": [\"./producer\"]}, see docs/agent-protocol.md";
  CHECK(bench.refusal(profile(command, "")) == "x.json:1: /agents/producer: " + ours);
  CHECK(bench.refusal(profile(command + R"(, "agents": {"consumer": {"command": ["./c"], "effects": "log"}})", "")) ==
        "x.json:2: /system/agents/producer: " + ours);
  CHECK(bench.refusal(profile(command + ", " + agents)) == "x.json:2: /system/agents: agents stand beside \"system\", too; leave one out");
}

TEST_CASE("what cannot be meant of a server of one's own is refused") {
  Bench bench;
  const auto refusal = [&](const std::string& more) { return bench.refusal(profile(command + ", " + more)); };
  CHECK(refusal(R"("name": "fake")") == "x.json:2: /system/name: \"fake\" is a system that assay has an adapter for; give your server a name of "
                                        "its own, or leave out what says how it is started");
  CHECK(bench.refusal(profile(commands + R"(, "name": "fake")")).ends_with("(commands for one that is there already belong inside \"attached\")"));
  CHECK(refusal(R"("port": 7)") == "x.json:2: /system/port: stands in the wrong place; assay chooses a free port for your server, and hands it "
                                   "over as {port} and ASSAY_PORT");
  CHECK(refusal(R"("prob": ["x"])").starts_with("x.json:2: /system/prob: unknown key; did you mean \"probe\"?"));
  CHECK(refusal(R"("probe": ["./probe", "{prot}"])") ==
        "x.json:2: /system/probe/1: nothing is put in place of {prot}; did you mean \"port\"? (known: address, directory, port)");
  CHECK(refusal(R"("probe": [""])") == "x.json:2: /system/probe/0: expected a program, found an empty string");
  CHECK(refusal(R"("commands": {"start": ["x"], "kill": ["x"]})").starts_with("x.json:2: /system/commands: either assay runs your server"));
  CHECK(refusal(R"("command_timeout_ms": 9)").starts_with("x.json:2: /system/command_timeout_ms: it is how long each of \"commands\""));
  const std::string nobody = "stands in the wrong place; assay has no client of your server, so nobody can ask it that; leave it out";
  CHECK(refusal(R"("abilities": {"backlog": "authoritative"})") == "x.json:2: /system/abilities/backlog: " + nobody);
  CHECK(refusal(R"("abilities": {"shap": "log"})").starts_with("x.json:2: /system/abilities/shap: unknown key; did you mean \"shape\"?"));
  CHECK(refusal(R"("abilities": {"shape": "que"})") ==
        "x.json:2: /system/abilities/shape: the string \"que\" is none of its values; did you mean \"queue\"? (known: fan-out, log, queue)");
  CHECK(refusal(R"("abilities": {"send_answered": "yes"})").ends_with("expected true or false, found the string \"yes\""));
  CHECK(refusal(R"("abilities": {"dedup": ["id", "hash"]})").ends_with("the string \"hash\" is none of its values (known: id, session-sequence)"));
  CHECK(bench.refusal(profile(command), {}, "at-least-once @ stored").find("/claim: own with these settings cannot list what it stores") !=
        std::string::npos);
}

TEST_CASE("commands must be able to begin, to end and to do the faults that are asked for") {
  Bench bench;
  const auto refusal = [&](const std::string& given, const std::string& more = "") {
    return bench.refusal(profile("\"commands\": {" + given + "}, \"timers\": []", ", " + agents + more));
  };
  CHECK(refusal(R"("kill": ["x"])").starts_with("x.json:2: /system/commands/start: missing; it starts a fresh server"));
  CHECK(refusal(R"("start": ["x"])").starts_with("x.json:2: /system/commands/kill: missing; without kill or stop"));
  CHECK(refusal(R"("start": ["x"], "stop": ["x"])") ==
        "x.json:2: /system/commands: the fault kill of the broker needs commands, and there is no kill; name what is missing, or leave "
        "broker out of /faults/targets");
  CHECK(refusal(R"("start": ["x"], "stop": ["x"])", R"(, "faults": {"targets": ["producer"]})") == "accepted");
  const std::string all = R"("start": ["x"], "kill": ["x"], "pause": ["x"], "resume": ["x"])";
  CHECK(refusal(all, R"(, "faults": {"kinds": ["stall"]})").starts_with("x.json:2: /system/probe: missing; a server that stands still"));
}
