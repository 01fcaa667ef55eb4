// The part `pipeline` of a profile: what is read, and what is refused.
#include <doctest/doctest.h>

#include "cli/plan.hpp"
#include "profile-bench.hpp"

using namespace assay;

namespace {

// A system that can tell what it owes.
nlohmann::ordered_json telling() {
  auto description = fake_description();
  description["abilities"]["backlog"] = "authoritative";
  return description;
}

struct PipelineBench : Bench {
  PipelineBench() { describe(telling().dump()); }
  std::string refused(const std::string& pipeline, const std::string& beside = "") {
    return refusal(R"({"system": "fake", "claim": "exactly-once", )" + beside + "\n\"pipeline\": " + pipeline + "}");
  }
};

}  // namespace

TEST_CASE("a pipeline is read with its defaults, and is then the target") {
  PipelineBench bench;
  const auto profile = bench.load(with("pipeline", R"({"command": ["relay", "{input}", "{output}"]})"));
  auto expected = least_profile(bench);
  expected.pipeline = Pipeline{.command = {"relay", "{input}", "{output}"}, .directory = bench.root() / "profiles/group"};
  expected.faults.targets = {"pipeline"};
  CHECK(profile == expected);
  CHECK(profile_from_json(to_json(profile)) == profile);
}

TEST_CASE("all of a pipeline is kept in the plan") {
  PipelineBench bench;
  const auto profile = bench.load(R"j({"system": "fake", "claim": "exactly-once", "faults": {"targets": ["pipeline", "broker"]}, "pipeline": {
    "command": ["relay", "--at={host}:{port}", "{address}", "{group}", "{name}"], "environment": {"WORD": "{secret}"}, "instances": 3,
    "input": "order={message};{body}{key}{attempt}", "message": {"pattern": "order=([^;]+)"}, "longest_ms": 250}})j");
  CHECK(profile.pipeline == Pipeline{.command = {"relay", "--at={host}:{port}", "{address}", "{group}", "{name}"},
                                     .environment = {{"WORD", "{secret}"}},
                                     .directory = bench.root() / "profiles/group",
                                     .instances = 3,
                                     .input = "order={message};{body}{key}{attempt}",
                                     .message = "pattern order=([^;]+)",
                                     .longest_ms = 250});
  CHECK(profile.faults.targets == std::set<std::string>{"pipeline", "broker"});
  CHECK(profile_from_json(to_json(profile)) == profile);

  const auto plan = make_plan(profile, describe_system("fake"), 1, "kill:pipeline-2@random#1");
  CHECK(plan.terms.ground.pipeline_ms == 250);
  CHECK(plan.terms.ground.foreign_agents == std::set<std::string>{"pipeline"});
  CHECK(plan.terms.not_applicable == std::set<Clause>{Clause::no_aborted, Clause::no_corruption});
  CHECK(plan_from_json(plan_json(plan)) == plan);
  CHECK_THROWS_AS(make_plan(profile, describe_system("fake"), 1, "kill:pipeline-3@random#1"), UsageError);
}

TEST_CASE("a gap that nothing is put into is refused with the nearest") {
  PipelineBench bench;
  CHECK(bench.refused(R"({"command": ["relay", "{inputs}"]})") ==
        "x.json:2: /pipeline/command: nothing is put in place of {inputs}; did you mean \"input\"? (known: address, group, host, input, name, output, port)");
  CHECK(bench.refused(R"({"command": ["relay"], "environment": {"A": "{adress}"}})") ==
        "x.json:2: /pipeline/environment/A: nothing is put in place of {adress}; did you mean \"address\"? (known: address, group, host, input, "
        "name, output, port, secret)");
  CHECK(bench.refused(R"({"command": ["relay"], "input": "{mesage}", "message": {"pointer": "/id"}})") ==
        "x.json:2: /pipeline/input: nothing is put in place of {mesage}; did you mean \"message\"? (known: attempt, body, key, message)");
  CHECK(bench.refused(R"({"command": ["relay", "{secret}"]})") ==
        "x.json:2: /pipeline/command: everybody on this machine can read a command line; {secret} belongs into /pipeline/environment");
}

TEST_CASE("a rule must find the message in what is sent") {
  PipelineBench bench;
  const auto rule = [&](const std::string& input, const std::string& message) {
    return bench.refused(R"({"command": ["relay"], "input": ")" + input + R"(", "message": )" + message + "}");
  };
  CHECK(rule(R"({\"a\": \"{message}\"})", R"({"pointer": "/b"})") ==
        R"(x.json:2: /pipeline/message: the pointer /b finds nothing where "1/producer-0/1" is sent as {"a": "1/producer-0/1"}; correct it or /pipeline/input)");
  CHECK(rule("a={message};", R"j({"pattern": "(a)"})j") ==
        R"(x.json:2: /pipeline/message: the pattern (a) finds "a" where "1/producer-0/1" is sent as a=1/producer-0/1;; correct it or /pipeline/input)");
  CHECK(rule("a={message};", R"j({"pattern": "a=([^;]+)"})j") == "accepted");
  CHECK(rule("{message}", R"({"pointer": "id"})") ==
        "x.json:2: /pipeline/message/pointer: \"id\" is no JSON pointer; expected one as \"/order/id\" (RFC 6901)");
  CHECK(rule("{message}", R"j({"pattern": "a("})j").starts_with("x.json:2: /pipeline/message/pattern: \"a(\" is no regular expression"));
  CHECK(rule("{message}", R"j({"pattern": "(a)", "pointer": "/a"})j") == "x.json:2: /pipeline/message: expected either a pointer or a pattern");
  CHECK(rule("{body}", R"({"pointer": "/a"})") == "x.json:2: /pipeline/input: it has no {message}, and nothing else tells messages apart");
  CHECK(bench.refused(R"({"command": ["relay"], "input": "{message}"})") ==
        "x.json:2: /pipeline/message: missing; expected where a message is found in what comes out, as in {\"pointer\": \"/order\"}");
}

TEST_CASE("a pipeline stands between a producer and a consumer of ours, on a system that can tell what it owes") {
  PipelineBench bench;
  const std::string relay = R"({"command": ["relay"]})";
  CHECK(bench.refused(relay, R"("agents": {"producer": {"command": ["p"]}},)") ==
        "x.json:1: /agents: a pipeline stands between a producer and a consumer of ours, whose messages we know; leave out agents or pipeline");
  CHECK(bench.refused(relay, R"("workload": {"consumers": 0},)").find("/workload/consumers") != std::string::npos);
  CHECK(bench.refused(relay, R"("workload": {"start": "producers-first"},)").find("/workload/start") != std::string::npos);
  CHECK(bench.refused(R"({"command": ["relay"], "longest_ms": 5000})").find("expected longest_ms below half of that") != std::string::npos);
  CHECK(bench.refused(R"({"command": ["relay"], "longest": 5})").find("did you mean \"longest_ms\"?") != std::string::npos);
  CHECK(bench.refused(R"({"instances": 2})").find("/pipeline/command: missing") != std::string::npos);
  CHECK(bench.refusal(with("faults", R"({"targets": ["pipeline"]})")) ==
        "x.json:2: /faults/targets: there is no pipeline to be hit; say in /pipeline what it is, or leave it out");

  auto description = telling();
  description["abilities"]["shape"] = "fan-out";
  bench.describe(description.dump());
  CHECK(bench.refused(relay).find("every instance would be given every message by fake") != std::string::npos);
  bench.describe(fake_description().dump());
  CHECK(bench.refused(relay).find("cannot tell what it owes") != std::string::npos);
  description = telling();
  description["address"] = "ipc";
  bench.describe(description.dump());
  CHECK(bench.refused(R"({"command": ["relay", "{port}"]})") ==
        "x.json:2: /pipeline/command: fake has no {port}: it is reached by {address}");
}
