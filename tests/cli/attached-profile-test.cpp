// Profiles that attach to a server: their keys, and which faults they allow.
#include <doctest/doctest.h>

#include "cli/plan.hpp"
#include "cli/profile-attached.hpp"
#include "cli/schedule.hpp"
#include "profile-bench.hpp"

using namespace assay;

namespace {

const std::string killing = R"("commands": {"kill": ["docker", "kill", "b"], "start": ["docker", "start", "b"]})";

// A profile that is attached; `more` are further keys, with a comma before each.
std::string attached(const std::string& inside, const std::string& more = "") {
  return "{\"claim\": \"at-least-once\",\n\"system\": {\"name\": \"fake\", \"attached\": {\"address\": \"10.0.0.2:1\"" + inside + "}}" +
         more + "}";
}

const std::vector<std::string> all_targets{"broker", "consumer", "producer"};
std::vector<std::string> targets_of(const Profile& profile) {
  return {profile.faults.targets.begin(), profile.faults.targets.end()};
}

RunPlan plan_for(Bench& bench, const std::string& text, const std::string& only = "") {
  return make_plan(bench.load(text), describe_system("fake"), 1, only);
}

}  // namespace

TEST_CASE("an attached server has an address, commands and a time for each") {
  Bench bench;
  CHECK(bench.load(attached("")).attached == Attachment{.address = "10.0.0.2:1"});
  const auto whole = bench.load(attached(", " + killing + R"(, "command_timeout_ms": 500)"));
  CHECK(whole.attached == Attachment{.address = "10.0.0.2:1",
                                     .commands = {{"kill", {"docker", "kill", "b"}}, {"start", {"docker", "start", "b"}}},
                                     .command_timeout_ms = 500});
  CHECK(profile_from_json(to_json(whole)) == whole);
  CHECK(bench.load(attached(""), {"system.attached.address=$HERE"}).attached->address == "$HERE");
  CHECK(bench.load(least).attached == std::nullopt);
}

TEST_CASE("what cannot be meant of an attached server is refused") {
  Bench bench;
  const auto refusal = [&](const std::string& inside) { return bench.refusal(attached(inside)); };
  CHECK(bench.refusal(R"({"system": {"name": "fake", "attached": {}}, "claim": "at-least-once"})") ==
        "x.json:1: /system/attached/address: missing; expected where the server is, as in \"10.0.0.2:6379\", or \"$NAME\" for what the "
        "environment variable NAME holds");
  CHECK(refusal(R"(, "password": "x")") ==
        "x.json:2: /system/attached/password: unknown key (known: address, command_timeout_ms, commands)");
  CHECK(refusal(R"(, "commands": {"kil": ["true"]})") ==
        "x.json:2: /system/attached/commands/kil: unknown key; did you mean \"kill\"? (known: kill, pause, resume, start, stop)");
  CHECK(refusal(R"(, "commands": {"kill": "docker kill b"})").starts_with("x.json:2: /system/attached/commands/kill: expected a list"));
  CHECK(refusal(R"(, "commands": {"kill": [""]})") ==
        "x.json:2: /system/attached/commands/kill/0: expected a program, found an empty string");
  CHECK(refusal(R"(, "command_timeout_ms": 9)") ==
        "x.json:2: /system/attached/command_timeout_ms: expected an integer from 10 to 3600000, found 9");
  for (const std::string secret : {"me:secret@host:1", "host=db password=secret", "host=db sslpassword = secret"})
    CHECK(bench.refusal(attached(""), {"system.attached.address=" + secret}).ends_with(
        "an address without a user and a password is expected; the password is taken from the environment variable ASSAY_SECRET"));
  CHECK(bench.refusal(attached(""), {"system.attached.address=host=password port=1"}) == "accepted");
  CHECK(bench.refusal(attached(""), {"system.attached.address=$1"}).ends_with("\"1\" cannot be the name of an environment variable"));
  CHECK(bench.refusal(attached(""), {"system.port=7"}).ends_with(
      "it says where assay starts a server, and beside attached it starts none; leave it out"));
}

TEST_CASE("without commands the broker is no target unless it is named") {
  Bench bench;
  CHECK(targets_of(bench.load(attached(""))) == std::vector<std::string>{"consumer", "producer"});
  CHECK(targets_of(bench.load(attached(", " + killing))) == all_targets);
  CHECK(targets_of(bench.load(least)) == all_targets);
  const std::string why = " of the broker needs commands, and there is no ";
  const std::string what = "; name what is missing, or leave broker out of /faults/targets";
  CHECK(bench.refusal(attached("", R"(, "faults": {"targets": ["broker"]})")) ==
        "x.json:2: /system/attached: the server is not ours, so the fault kill" + why + "kill, start" + what);
  CHECK(bench.refusal(attached(R"(, "commands": {"kill": ["true"]})")) ==
        "x.json:2: /system/attached/commands: the server is not ours, so the fault kill" + why + "start" + what);
  CHECK(bench.refusal(attached(", " + killing, R"(, "faults": {"kinds": ["kill", "stop"]})")).ends_with("stop" + why + "stop" + what));
  CHECK(bench.refusal(attached(", " + killing, R"(, "faults": {"kinds": ["stall"]})")).ends_with("stall" + why + "pause, resume" + what));
  CHECK(bench.refusal(attached("", R"(, "faults": {"kinds": ["stall"]})")).ends_with("stall" + why + "pause, resume" + what));
}

TEST_CASE("the plan of an attached server says so and claims to know no version") {
  Bench bench;
  const auto plan = plan_for(bench, attached(", " + killing));
  CHECK(plan.terms.ground.attached);
  CHECK(plan.terms.ground.foreign_broker);
  CHECK(plan.system["version"].is_null());
  CHECK(plan_from_json(plan_json(plan)) == plan);
  CHECK_FALSE(plan_for(bench, least).terms.ground.attached);
  auto older = nlohmann::ordered_json::parse(plan_json(plan_for(bench, least)));
  older["terms"]["ground"].erase("attached");
  CHECK(plan_from_json(older.dump()) == plan_for(bench, least));
}

TEST_CASE("one trial of an attached server is refused where no command can do it") {
  Bench bench;
  const auto text = attached(", " + killing);
  CHECK(plan_for(bench, text, "kill:broker@producer-0:P.before_send#1").only != "");
  CHECK(plan_for(bench, text, "kill:producer-0@random#1").only != "");
  CHECK_THROWS_WITH(plan_for(bench, text, "kill:broker@random#1"), doctest::Contains("only while an agent stands at a window"));
  CHECK_THROWS_WITH(plan_for(bench, text, "stall:broker@producer-0:P.before_send#1"), doctest::Contains("no command pause, resume"));
  CHECK_THROWS_WITH(plan_for(bench, attached(""), "kill:broker@producer-0:P.before_send#1"), doctest::Contains("no command kill, start"));
}

TEST_CASE("no fault of an attached server is drawn for a random moment") {
  Bench bench;
  const auto random_targets = [&](const std::string& text) {
    auto plan = plan_for(bench, text);
    plan.profile.faults.mode = FaultMode::random;
    Schedule schedule(plan);
    schedule.next_round({});
    const Judgement control{.trial = 1, .anything_arrived = true, .reached = {{"P.before_send", {"producer-0"}}},
                            .hits = {{"producer-0", {{"P.before_send", 9}}}}};
    std::set<std::string> targets;
    for (const auto& trial : schedule.next_round({control})) targets.insert(trial.fault->target);
    return targets;
  };
  CHECK(random_targets(least) == std::set<std::string>{"broker", "consumer-0", "producer-0"});
  CHECK(random_targets(attached(", " + killing)) == std::set<std::string>{"consumer-0", "producer-0"});
}
