// What a profile says, and how one that says it wrongly is refused.
#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "cli/profile-text.hpp"
#include "tests/cli/profile-bench.hpp"

using namespace assay;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

const std::string everything = R"(
// A comment before,
{
  "$schema": "../profile.schema.json",
  "name": "fake/all", /* between */ "about": "Says everything.",
  "system": {"name": "fake", "settings": {"strict": true, "log.keep": 7}, "port": 7000},
  "claim": "exactly-once @ delivered + ack-durable",
  "roles": {"producer": "retry-until-acknowledged", "consumer": "acknowledge-after-process"},
  "workload": {"messages": 10, "size": 0, "producers": 2, "consumers": 3, "keys": 0, "in_flight": 4,
               "prefetch": 6, "ack_batch": 5},
  "faults": {"kinds": ["kill"], "targets": ["broker", "producer"], "random": 0},
  "evidence": {"per_window": 1, "faults": 2, "antecedents": 3, "drain_timeout_ms": 10, "request_timeout_ms": 3600000, "start_timeout_ms": 20, "progress_ms": 9},
  "expect": "violated: lost, duplicated"
})";

Profile everything_profile(const Bench& bench) {
  Profile profile;
  profile.name = "fake/all";
  profile.about = "Says everything.";
  profile.system = "fake";
  profile.settings = Json::parse(R"({"sync": "always", "log.keep": 7, "delay": 0, "strict": true})");
  profile.port = 7000;
  profile.claim = parse_claim("exactly-once @ delivered + ack-durable");
  profile.workload = {.messages = 10, .size = 0, .producers = 2, .consumers = 3, .keys = 0, .in_flight = 4,
                      .prefetch = 6, .ack_batch = 5};
  profile.faults.targets = {"broker", "producer"};
  profile.faults.random = 0;
  profile.evidence = {.floors = {1, 2, 3}, .drain_timeout_ms = 10, .request_timeout_ms = 3'600'000, .start_timeout_ms = 20, .progress_ms = 9};
  profile.expect = Expectation{Verdict::violated, {"duplicated", "lost"}, ""};
  profile.file = bench.root() / "profiles/group/x.json";
  return profile;
}

}  // namespace

TEST_CASE("a profile of two keys is completed by defaults") {
  Bench bench;
  CHECK(bench.load(least) == least_profile(bench));
}

TEST_CASE("a profile that says everything is read as it says") {
  Bench bench;
  CHECK(bench.load(everything) == everything_profile(bench));
}

TEST_CASE("a bound on progress is shorter than the drain that watches it") {
  Bench bench;
  CHECK(bench.load(with("evidence", R"({"progress_ms": 9999})")).evidence.progress_ms == 9999);
  CHECK(bench.refusal(with("evidence", R"({"progress_ms": 10000})")) ==
        "x.json:2: /evidence/progress_ms: a canary may take 10000 ms, and after drain_timeout_ms, 10000 ms, nobody watches any "
        "more; expected progress_ms < drain_timeout_ms");
  CHECK(bench.refusal(with("evidence", R"({"progress_ms": -1})")) ==
        "x.json:2: /evidence/progress_ms: expected an integer from 0 to 3600000, found -1");
}

TEST_CASE("progress is claimed within a time") {
  Bench bench;
  const std::string text = R"({"system": "fake", "claim": "at-least-once + progress", "evidence": {"progress_ms": )";
  CHECK(bench.load(text + "1}}").claim.further == std::vector{Clause::progress});
  CHECK(bench.refusal(text + "0}}") ==
        "x.json:1: /claim: progress is claimed, and nobody says within what time; set /evidence/progress_ms to how many "
        "milliseconds a message may take after a fault is healed, above 0 and below drain_timeout_ms (10000)");
}

TEST_CASE("a claim without a scope is about what the run can see") {
  Bench bench;
  CHECK(bench.load(least).claim == parse_claim("at-least-once @ committed"));
  CHECK(bench.load(with("workload", R"({"consumers": 0})")).claim == parse_claim("at-least-once @ stored"));

  for (const std::string scope : {"delivered", "committed"}) {
    CAPTURE(scope);
    const std::string text = "{\"system\": \"fake\",\n\"claim\": \"at-least-once @ " + scope +
                             "\",\n\"workload\": {\"consumers\": 0}}";
    CHECK(bench.refusal(text) == "x.json:2: /claim: nothing is " + scope +
                                     " without consumers, and /workload/consumers is 0; claim @ stored, or have consumers");
  }
}

TEST_CASE("an unknown key is refused with its line, the nearest key and all there are") {
  Bench bench;
  const std::string keys = " (known: ack_batch, consumers, in_flight, keys, messages, prefetch, process_ms, producers, reject_every, size, start)";
  CHECK(bench.refusal(with("workload", "{\n\n\"mesages\": 10}")) ==
        "x.json:4: /workload/mesages: unknown key; did you mean \"messages\"?" + keys);
  CHECK(bench.refusal(with("workload", R"({"colour": 1})")) == "x.json:2: /workload/colour: unknown key" + keys);
  CHECK(bench.refusal(with("clame", "1")) ==
        "x.json:2: /clame: unknown key; did you mean \"claim\"? (known: $schema, about, agents, claim, evidence, excuses, expect, "
        "faults, name, pipeline, roles, system, workload)");
  CHECK(bench.refusal(with("roles", R"({"relay": ""})")) ==
        "x.json:2: /roles/relay: unknown key (known: consumer, producer)");
  CHECK(bench.refusal(with("a/b~c\\u001b", "1")).starts_with("x.json:2: /a~1b~0c?: unknown key"));
}

TEST_CASE("a key in the wrong place is told where it belongs") {
  Bench bench;
  CHECK(bench.refusal(with("settings", "{}")) ==
        "x.json:2: /settings: stands in the wrong place; write \"system\": {\"name\": ..., \"settings\": ...}");
  CHECK(bench.refusal(with("messages", "1")) ==
        "x.json:2: /messages: stands in the wrong place; it belongs inside \"workload\"");
}

TEST_CASE("a value of the wrong type is named beside what was expected") {
  Bench bench;
  CHECK(bench.refusal(with("workload", "[]")) == "x.json:2: /workload: expected an object, found a list");
  CHECK(bench.refusal(with("workload", R"({"keys": "8"})")) ==
        "x.json:2: /workload/keys: expected an integer from 0 to 65536, found the string \"8\"");
  CHECK(bench.refusal(with("workload", R"({"keys": 1.5})")) ==
        "x.json:2: /workload/keys: expected an integer from 0 to 65536, found 1.5");
  CHECK(bench.refusal(with("about", "null")) == "x.json:2: /about: expected a string, found null");
  CHECK(bench.refusal(with("about", R"("two\nlines")")) ==
        "x.json:2: /about: expected one line of text without control characters");
  CHECK(bench.refusal(with("faults", R"({"kinds": "kill"})")) ==
        "x.json:2: /faults/kinds: expected a list of strings, found the string \"kill\"");
  CHECK(bench.refusal(with("faults", "{\"targets\": [\"broker\",\n 7\n]}")) ==
        "x.json:3: /faults/targets/1: expected a string, found 7");
  CHECK(bench.refusal(R"(["system"])") == "x.json:1: expected an object, found a list");
  CHECK(bench.refusal(R"({"claim": "at-least-once"})") ==
        "x.json:1: /system: missing; expected the name of a system, as in \"system\": \"embedded\"");
  CHECK(bench.refusal(R"({"system": {}, "claim": "at-least-once"})") ==
        "x.json:1: /system/name: missing; expected the name of a system");
  CHECK(bench.refusal(R"({"system": "fake"})") ==
        "x.json:1: /claim: missing; expected a guarantee, as in \"claim\": \"at-least-once\"");
}

TEST_CASE("numbers are taken inside their ranges and refused outside") {
  struct Case {
    std::string section, key;
    std::int64_t least, most;
  };
  const std::vector<Case> cases{
      {"workload", "messages", 0, 1'000'000},       {"workload", "size", 0, 1'048'576},
      {"workload", "producers", 1, 16},             {"workload", "consumers", 0, 16},
      {"workload", "keys", 0, 65'536},              {"workload", "in_flight", 1, 1024},
      {"workload", "prefetch", 1, 1024},            {"workload", "ack_batch", 1, 1024},
      {"faults", "random", 0, 1'000'000},           {"evidence", "per_window", 1, 1'000'000},
      {"evidence", "faults", 1, 1'000'000},         {"evidence", "antecedents", 1, 1'000'000},
      {"evidence", "drain_timeout_ms", 10, 3'600'000}, {"evidence", "request_timeout_ms", 10, 3'600'000},
  };
  Bench bench;
  for (const Case& number : cases) {
    CAPTURE(number.key);
    const std::string room = number.key == "ack_batch" ? "\"prefetch\": 1024, " : "";
    const auto refusal = [&](const std::string& value) {
      return bench.refusal(with(number.section, "{" + room + "\"" + number.key + "\": " + value + "}"));
    };
    CHECK(refusal(std::to_string(number.least)) == "accepted");
    CHECK(refusal(std::to_string(number.most)) == "accepted");
    const auto expected = "x.json:2: /" + number.section + "/" + number.key + ": expected an integer from " +
                          std::to_string(number.least) + " to " + std::to_string(number.most) + ", found ";
    const std::vector<std::string> outside{std::to_string(number.least - 1), std::to_string(number.most + 1),
                                           "9223372036854775808", "18446744073709551615"};
    for (const auto& value : outside) CHECK(refusal(value) == expected + value);
  }
}

TEST_CASE("acknowledging more at once than may be fetched is refused, as it would wait for ever") {
  Bench bench;
  CHECK(bench.refusal(with("workload", R"({"prefetch": 4, "ack_batch": 4})")) == "accepted");
  CHECK(bench.refusal(with("workload", R"({"prefetch": 4, "ack_batch": 5})")) ==
        "x.json:2: /workload/ack_batch: a consumer waits for 5 messages before it acknowledges them, and prefetch lets "
        "it have only 4; expected ack_batch <= prefetch");
}

TEST_CASE("a text that is no JSON is refused with line and column") {
  Bench bench;
  CHECK(bench.refusal("{\n  \"claim\" \"x\"\n}") ==
        "x.json:2:13: syntax error while parsing object separator - unexpected string literal; expected ':'");
  CHECK(bench.refusal("{\n  \"claim\": tru\n}").starts_with("x.json:2:15: syntax error while parsing value - invalid "));
  CHECK(bench.refusal("{\n").starts_with("x.json:2:1: syntax error while parsing object key - unexpected end of input"));
  CHECK(bench.refusal(least + "\n{}").starts_with("x.json:2:1: syntax error while parsing value - unexpected '{'"));
  CHECK(bench.refusal("{\"a\": \"" + std::string(5000, 'a')).size() < 300);
}

TEST_CASE("a key that stands twice is refused, wherever it is") {
  Bench bench;
  CHECK(bench.refusal(R"({"claim": "at-least-once", "system": "fake",)" "\n\n\"claim\": \"exactly-once\"}") ==
        "x.json:3: \"claim\" stands twice in the same object, first in line 1");
  CHECK(bench.refusal(with("workload", "{\"keys\": 1,\n\"keys\": 1}")) ==
        "x.json:3: \"keys\" stands twice in the same object, first in line 2");
  CHECK(bench.refusal(with("workload", R"({"keys": 1, "size": 1})")) == "accepted");
}

TEST_CASE("a file that holds no profile is refused for what it is") {
  Bench bench;
  CHECK(bench.refusal("") == "x.json: empty, expected a JSON object");
  CHECK(bench.refusal(" \n\t ") == "x.json: empty, expected a JSON object");
  CHECK(bench.refusal("{\n\"name\": \"\xff\"}") == "x.json:2: not UTF-8 text (byte 12)");
  CHECK(bench.refusal("{}\n// \xed\xa0\x80") == "x.json:2: not UTF-8 text (byte 7)");
  CHECK(bench.refusal(least + std::string(1, '\0')) == "x.json:1: not UTF-8 text (byte 45)");
  CHECK(bench.refusal("\xef\xbb\xbf" + least) == "accepted");
  CHECK(bench.refusal(with("about", "\"na\xc3\xafve \xe2\x82\xac \xf0\x9f\x90\x98\"")) == "accepted");
  CHECK(bench.refusal(std::string((1 << 20) + 1, ' ')) == "x.json: larger than 1 MiB, which no profile is");

  const auto load_refusal = [&](const fs::path& file) -> std::string {
    try {
      load_profile(file);
    } catch (const UsageError& error) {
      return bench.shortened(error.what());
    }
    return "accepted";
  };
  CHECK(load_refusal(bench.root() / "systems") == "systems: this is a folder, expected a profile file");
  CHECK(load_refusal(bench.root() / "none.json") == "none.json: cannot be opened: No such file or directory");
}

TEST_CASE("a depth bomb ends in an error and not in an overflow") {
  Bench bench;
  CHECK(bench.refusal(std::string(1'000'000, '[')) == "x.json:1: nested deeper than 64 levels");
  std::string objects;
  while (objects.size() < 1'000'000) objects += "{\"a\":\n";
  CHECK(bench.refusal(objects) == "x.json:65: nested deeper than 64 levels");
  std::string wide = "{";
  for (int i = 0; i < 80'000; ++i) wide += "\"k" + std::to_string(i) + "\":0,";
  wide += "\"z\":0}";
  CHECK(bench.refusal(with("evidence", wide)).starts_with("x.json:2: /evidence/k0: unknown key"));
}

TEST_CASE("settings are held against what the system describes") {
  Bench bench;
  const auto settings = [](const std::string& body) {
    return "{\"claim\": \"at-least-once\",\n\"system\": {\"name\": \"fake\",\n\"settings\": " + body + "}}";
  };
  CHECK(bench.load(settings(R"({"log.keep": 9, "sync": "never", "delay": -5})")).settings ==
        Json::parse(R"({"sync": "never", "log.keep": 9, "delay": -5, "strict": false})"));
  CHECK(bench.refusal(settings(R"({"synk": "never"})")) ==
        "x.json:3: /system/settings/synk: unknown key; did you mean \"sync\"? (known: delay, log.keep, strict, sync)");
  CHECK(bench.refusal(settings(R"({"sync": "alway"})")) ==
        "x.json:3: /system/settings/sync: the string \"alway\" is none of its values; did you mean \"always\"? (known: "
        "always, never)");
  CHECK(bench.refusal(settings(R"({"sync": 1})")) == "x.json:3: /system/settings/sync: expected a string, found 1");
  CHECK(bench.refusal(settings(R"({"strict": 1})")) ==
        "x.json:3: /system/settings/strict: expected true or false, found 1");
  CHECK(bench.refusal(settings(R"({"delay": true})")) ==
        "x.json:3: /system/settings/delay: expected an integer, found true");
  CHECK(bench.refusal(settings(R"({"log.keep": 10})")) ==
        "x.json:3: /system/settings/log.keep: expected an integer from 1 to 9, found 10");
}

TEST_CASE("a port is for systems that are reached by tcp") {
  Bench bench;
  const std::string text = R"({"claim": "at-least-once", "system": {"name": "fake", "port": 65536}})";
  CHECK(bench.refusal(text) == "x.json:1: /system/port: expected an integer from 1 to 65535, found 65536");
  Json description = fake_description();
  description["address"] = "ipc";
  bench.describe(description.dump());
  CHECK(bench.refusal(text) == "x.json:1: /system/port: fake has no port: it is reached by ipc");
}

TEST_CASE("commit-safe is claimed of consumers that send on") {
  Bench bench;
  CHECK(bench.refusal(R"({"system": "fake", "claim": "at-least-once + commit-safe"})") ==
        "x.json:1: /claim: commit-safe is claimed, and it is judged of consumers that send on what comes of a message: "
        "offset-before-produce, offset-after-produce, transaction-offset-outside-before, transaction-offset-outside-after, "
        "transaction-with-offsets");
  CHECK(bench.load(R"({"system": "fake", "claim": "exactly-once + txn-atomic + fenced"})").claim.further.size() == 2);
}

TEST_CASE("an expectation names a verdict, and its anomalies or its reason") {
  Bench bench;
  const auto expectation = [&](const std::string& text) { return bench.load(with("expect", "\"" + text + "\"")).expect; };
  const auto refusal = [&](const std::string& text) { return bench.refusal(with("expect", "\"" + text + "\"")); };
  CHECK(expectation("upheld") == Expectation{});
  CHECK(expectation("violated:lost") == Expectation{Verdict::violated, {"lost"}, ""});
  CHECK(expectation("violated: redelivered-after-ack, misflagged") ==
        Expectation{Verdict::violated, {"misflagged", "redelivered-after-ack"}, ""});
  CHECK(expectation("inconclusive: not_exercised") == Expectation{Verdict::inconclusive, {}, "not_exercised"});

  const std::string anomalies =
      " (known: aborted-read, corrupted, dead-letter-lost, dedup-failed, dedup-swallowed, duplicated, early-read, expired-wrongly, lost, misflagged, "
      "phantom, redelivered-after-ack, reordered, skipped, stuck, torn, zombie-write)";
  const std::string reasons = " (known: environment, interrupted, not_exercised, recorder_gap, unresolved)";
  CHECK(refusal("violated: lots") ==
        "x.json:2: /expect: \"violated:\" needs anomalies, and \"lots\" is none; did you mean \"lost\"?" + anomalies);
  CHECK(refusal("violated") == "x.json:2: /expect: \"violated:\" needs anomalies, and \"\" is none" + anomalies);
  CHECK(refusal("violated: lost,") == "x.json:2: /expect: \"violated:\" needs anomalies, and \"\" is none" + anomalies);
  CHECK(refusal("inconclusive: not_applicable") ==
        "x.json:2: /expect: \"inconclusive:\" needs a reason, and \"not_applicable\" is none" + reasons);
  CHECK(refusal("inconclusive") == "x.json:2: /expect: \"inconclusive:\" needs a reason, and \"\" is none" + reasons);
  CHECK(refusal("upheld: lost") == "x.json:2: /expect: nothing stands after \"upheld\"");
  CHECK(refusal("upholded").starts_with("x.json:2: /expect: \"upholded\" is no verdict; did you mean \"upheld\"?"));
}

TEST_CASE("a role that needs what the system lacks is refused, and the roles that work are named") {
  Bench bench;
  CHECK(bench.refusal(with("roles", R"({"producer": "retry"})")) ==
        "x.json:2: /roles/producer: \"retry\" is no producer role; did you mean \"retry-until-acknowledged\"? (known: "
        "retry-until-acknowledged, retry-with-sequence, retry-with-stable-id, send-once-cursor-after, send-once-cursor-first, "
        "send-twice-with-stable-id)");
  CHECK(bench.refusal(with("roles", R"({"producer": "acknowledge-after-process"})")) ==
        "x.json:2: /roles/producer: \"acknowledge-after-process\" is no producer role (known: retry-until-acknowledged, "
        "retry-with-sequence, retry-with-stable-id, send-once-cursor-after, send-once-cursor-first, "
        "send-twice-with-stable-id)");

  Json description = fake_description();
  description["abilities"]["ack"] = "none";
  bench.describe(description.dump());
  CHECK(bench.refusal(least) ==
        "x.json:1: /roles/consumer: the role \"acknowledge-after-process\" needs ack not to be none, and the system fake "
        "has none; consumer roles that work with it: auto-acknowledge");
  CHECK(bench.refusal(with("workload", R"({"consumers": 0})")) == "accepted");

  description["abilities"]["send_answered"] = false;
  bench.describe(description.dump());
  CHECK(bench.refusal(with("roles", "{\n\"producer\": \"retry-until-acknowledged\"}")) ==
        "x.json:3: /roles/producer: the role \"retry-until-acknowledged\" needs send_answered to be true, and the system "
        "fake has false; producer roles that work with it: send-once-cursor-first, send-once-cursor-after");
}

TEST_CASE("--set replaces values before they are checked") {
  Bench bench;
  Profile expected = least_profile(bench);
  expected.workload.messages = 10;
  expected.about = "a b=c";
  expected.settings = Json::parse(R"({"sync": "never", "log.keep": 2, "delay": 0, "strict": false})");
  CHECK(bench.load(least, {"workload.messages=99", "workload.messages=10", "about=a b=c", "system.settings.sync=never",
                           "system.settings.log.keep=2"}) == expected);
  CHECK(bench.load(least, {"faults.targets=[\"broker\"]"}).faults.targets == std::set<std::string>{"broker"});

  SUBCASE("and is named in place of the line when its value is wrong") {
    const auto refusal = [&](const std::string& set) { return bench.refusal(everything, {set}); };
    CHECK(refusal("workload.mesages=10").starts_with("--set workload.mesages=10: /workload/mesages: unknown key; did"));
    CHECK(refusal("workload.keys=x") ==
          "--set workload.keys=x: /workload/keys: expected an integer from 0 to 65536, found the string \"x\"");
    CHECK(refusal("workload={\"keys\": []}") ==
          "--set workload={\"keys\": []}: /workload/keys: expected an integer from 0 to 65536, found a list");
    CHECK(refusal("name=7") == "--set name=7: /name: expected a string, found 7");
    CHECK(refusal("claim.x=7") ==
          "--set claim.x=7: /claim/x: /claim is not an object but the string \"exactly-once @ delivered + ack-durable\"");
    CHECK(refusal("faults={\"kinds\": 1, \"kinds\": 2}")
              .starts_with("--set faults={\"kinds\": 1, \"kinds\": 2}:1: \"kinds\" stands twice"));
    CHECK(refusal("system.settings.synk=x").starts_with("--set system.settings.synk=x: /system/settings/synk: unknown"));
    CHECK(refusal("workload.keys=\xff") == "--set workload.keys=\xff: not UTF-8 text");
  }
  SUBCASE("and must have a key and a value") {
    for (const std::string set : {"", "=", "workload.messages", "=1"}) {
      CHECK(bench.refusal(least, {set}) ==
            "--set " + set + ": expected KEY=VALUE, as in --set workload.messages=10");
    }
    for (const std::string set : {".=1", "a..b=1", "a.=1", "system.settings.=1"}) {
      CHECK(bench.refusal(least, {set}) == "--set " + set + ": not a dotted key, as in --set workload.messages=10");
    }
    CHECK(bench.refusal("[]", {"a=1"}) == "--set a=1: /a: the profile is not an object but a list");
  }
}

TEST_CASE("--claim takes the place of the profile's claim") {
  Bench bench;
  CHECK(bench.load(least, {}, "at-most-once @ delivered").claim == parse_claim("at-most-once @ delivered"));
  CHECK(bench.load(R"({"system": "fake"})", {}, "exactly-once").claim == parse_claim("exactly-once @ committed"));
  CHECK(bench.refusal(least, {}, "at-last-once").starts_with("--claim at-last-once: /claim: "));
}

TEST_CASE("a profile is named after its folder and file, however it was reached") {
  Bench bench;
  const fs::path file = bench.write("profiles/redis/streams.json", least);
  CHECK(load_profile(file).name == "redis/streams");
  CHECK(load_profile(file.parent_path() / ".." / "redis" / "streams.json").name == "redis/streams");
}

TEST_CASE("a profile comes back the same from its JSON") {
  Bench bench;
  for (const std::string& text : {least, everything, with("expect", "\"inconclusive: environment\""),
                                  with("expect", "\"upheld\""), with("workload", R"({"consumers": 0})")}) {
    for (const FaultMode mode : {FaultMode::all, FaultMode::directed, FaultMode::random, FaultMode::none}) {
      Profile profile = bench.load(text);
      profile.faults.mode = mode;
      CHECK(profile_from_json(to_json(profile)) == profile);
      CHECK(profile_from_json(Json::parse(to_json(profile).dump(2))) == profile);
    }
  }
}

TEST_CASE("a stored profile with something missing or wrong is an error") {
  Bench bench;
  const Json whole = to_json(bench.load(everything));
  for (const auto& member : whole.items()) {
    const bool optional = member.key() == "expect";
    CAPTURE(member.key());
    Json cut = whole;
    cut.erase(member.key());
    if (!optional) CHECK_THROWS_AS(profile_from_json(cut), std::runtime_error);
    Json wrong = whole;
    wrong[member.key()] = 17;
    CHECK_THROWS_AS(profile_from_json(wrong), std::runtime_error);
  }
  Json mode = whole;
  mode["faults"]["mode"] = "some";
  CHECK_THROWS_AS(profile_from_json(mode), std::runtime_error);
}

TEST_CASE("the profiles that we ship say what they are and what is expected of them") {
  Bench bench;
  Json embedded = fake_description();
  embedded["system"] = "embedded";
  embedded["abilities"]["takeover"] = "request";
  embedded["abilities"]["ack_answered"] = embedded["abilities"]["stale_ack_refused"] = true;
  embedded["abilities"]["dedup"] = Json::array({"id", "session-sequence"});
  embedded["settings"] = Json::parse(R"([{"name": "defect", "type": "string", "default": "none"},
                                         {"name": "dedup", "type": "string", "default": "durable"},
                                         {"name": "delivery_limit", "type": "integer", "default": 0},
                                         {"name": "fenced", "type": "boolean", "default": true}])");
  embedded["limits"] = Json::parse(R"({"max_delivery": {"setting": "delivery_limit"}})");
  embedded["abilities"]["dead_letters"] = true;
  embedded["abilities"]["give_back"] = Json::array({"nack", "reject"});
  bench.describe(embedded.dump(), "exit 0", "embedded");

  const fs::path shipped = fs::path(ASSAY_SOURCE_DIR) / "profiles";
  const Profile honest = load_profile(shipped / "embedded/at-least-once.json");
  CHECK(honest.claim == parse_claim("at-least-once @ committed"));
  CHECK(honest.settings.at("defect") == "none");
  CHECK(honest.expect == Expectation{});

  const auto planted = find_profiles((shipped / "planted").string());
  CHECK(planted.size() >= 7);
  for (const fs::path& file : planted) {
    CAPTURE(file);
    const Profile profile = load_profile(file);
    CHECK(profile.name == "planted/" + file.stem().string());
    const std::string defect = profile.settings.at("defect");  // none: it is a role that is broken
    CHECK((defect == "none" || file.stem().string().starts_with(defect)));
    CHECK((defect != "none" || profile.consumer_role == file.stem().string()));
    CHECK(profile.about.ends_with("."));
    REQUIRE(profile.expect);
    CHECK(profile.expect->verdict != Verdict::upheld);
    for (const auto& anomaly : profile.expect->anomalies) {
      const auto clauses = clauses_of(profile.claim);
      CHECK(std::ranges::any_of(clauses, [&](const ClauseAt& at) { return name(entry(at.clause).anomaly) == anomaly; }));
    }
  }
}
