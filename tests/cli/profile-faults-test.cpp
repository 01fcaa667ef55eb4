// The faults that a profile asks for, and those that would prove nothing.
#include <doctest/doctest.h>

#include "cli/profile-text.hpp"
#include "tests/cli/profile-bench.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

TEST_CASE("kinds and targets of faults are known by their names") {
  Bench bench;
  const auto kinds = [&](const std::string& list) { return bench.refusal(with("faults", "{\"kinds\": " + list + "}")); };
  CHECK(kinds(R"(["kill"])") == "accepted");
  CHECK(kinds(R"(["kill", "stop"])") == "accepted");
  CHECK(kinds(R"(["stall"])") == "accepted");
  for (const std::string kind : {"cut", "hold", "delay"}) {
    CAPTURE(kind);
    CHECK(kinds("[\"kill\", \"" + kind + "\"]") == "accepted");
  }
  CHECK(kinds(R"(["kil"])") ==
        "x.json:2: /faults/kinds/0: \"kil\" is none of the kinds; did you mean \"kill\"? (known: cut, delay, hold, kill, pause, "
        "stall, stop)");
  CHECK(kinds("[]") == "x.json:2: /faults/kinds: expected at least one word in this list");
  CHECK(bench.refusal(with("faults", R"({"targets": ["brokers"]})")) ==
        "x.json:2: /faults/targets/0: \"brokers\" is none of the targets; did you mean \"broker\"? (known: broker, "
        "consumer, pipeline, producer)");
}

TEST_CASE("a fault of the network says how, and needs a network") {
  Bench bench;
  const auto faults = [&](const std::string& text) { return bench.load(with("faults", "{" + text + "}")).faults; };
  const auto refusal = [&](const std::string& text) { return bench.refusal(with("faults", "{" + text + "}")); };
  CHECK(faults(R"("kinds": ["cut"])").cut == Cut{});
  CHECK(faults(R"("cut": {"by": "bytes", "bytes": 9, "ms": 300}, "kinds": ["cut"])").cut == Cut{"bytes", 9, 300});
  CHECK(faults(R"("kinds": ["delay", "hold"], "delay_ms": 7, "hold_ms": 8)").delay_ms == 7);
  CHECK(faults(R"("kinds": ["delay", "hold"], "delay_ms": 7, "hold_ms": 8)").hold_ms == 8);
  CHECK(refusal(R"("cut": {"by": "axe"})") ==
        "x.json:2: /faults/cut/by: \"axe\" is none of the ways to cut (known: answer, blackhole, bytes, reset)");
  CHECK(refusal(R"("cut": {"by": "reset", "bytes": 9})") ==
        "x.json:2: /faults/cut/bytes: a cut by reset counts no bytes; leave it out, or set \"by\": \"bytes\"");
  CHECK(refusal(R"("delay_ms": 0)") == "x.json:2: /faults/delay_ms: expected an integer from 1 to 600000, found 0");
  CHECK(refusal(R"("kinds": ["cut"], "targets": ["pipeline"])").starts_with("x.json:2: /faults/targets"));

  const auto described_as = [&](const std::string& key, const Json& value) {
    Json description = fake_description();
    description[key] = value;
    bench.describe(description.dump());
  };
  described_as("address", "ipc");
  CHECK(refusal(R"("kinds": ["kill", "hold"])") ==
        "x.json:2: /faults/kinds: a hold is a fault of the network, and fake is reached by ipc; leave out hold");
  described_as("advertises", true);
  CHECK(refusal(R"("kinds": ["cut"])") == "accepted");
  CHECK(refusal(R"("kinds": ["cut"], "targets": ["producer"])") ==
        "x.json:2: /faults/targets: fake tells its clients itself where it is, so that a cut hits them all; add broker, which stands "
        "for all of them, or leave out cut");
  CHECK(bench.refusal(R"({"system": {"name": "fake", "attached": {"address": "there:1"}}, "claim": "at-least-once",
                          "faults": {"kinds": ["cut"], "targets": ["broker"]}})")
            .ends_with("/faults/kinds: fake tells its clients itself where it is, and one that assay did not start leads them past the "
                       "proxy; leave out cut"));
}

TEST_CASE("what is stored of a profile is what was read, faults of the network too") {
  Bench bench;
  for (const std::string text : {R"({"kinds": ["cut"], "cut": {"by": "bytes", "bytes": 9, "ms": 300}})", R"({"kinds": ["delay"], "delay_ms": 7})",
                                 R"({"kinds": ["kill"]})"}) {
    const auto profile = bench.load(with("faults", text));
    CHECK(profile_from_json(to_json(profile)) == profile);
    CHECK(to_json(profile)["faults"].contains("cut") == (text.find("kill") == std::string::npos));
  }
}

TEST_CASE("a stall needs a broker that may be hit, and agents that ask it for something") {
  Bench bench;
  CHECK(bench.refusal(with("faults", R"({"kinds": ["kill", "stall"], "targets": ["producer", "consumer"]})")) ==
        "x.json:2: /faults/kinds: only the broker is stalled, and targets leave it out; leave out stall, or add broker to targets");
  const auto start = [&](const std::string& workload) {
    return bench.refusal(with("faults", R"({"kinds": ["stall"]}, "workload": )" + workload));
  };
  CHECK(start(R"({"start": "producers-first", "consumers": 0})") == "accepted");
  CHECK(start(R"({"start": "producers-first"})") ==
        "x.json:2: /faults/kinds: a stall lasts until everybody has waited in vain, and with start producers-first the consumers "
        "do not ask before all is stored; leave out stall, or set start to together");
}

TEST_CASE("a consumer is paused only where somebody gets what it holds, and the trial can tell when") {
  Bench bench;
  const auto pause = [&](const std::string& takeover, const std::string& backlog) {
    Json description = fake_description();
    description["abilities"]["takeover"] = takeover;
    description["abilities"]["backlog"] = backlog;
    bench.describe(description.dump());
    return bench.refusal(with("faults", R"({"kinds": ["pause"], "targets": ["consumer"]})"));
  };
  CHECK(pause("request", "none") == "accepted");
  CHECK(pause("timer", "authoritative") == "accepted");
  for (const auto& [takeover, backlog] : {std::pair{"timer", "advisory"}, {"timer", "none"}, {"disconnect", "authoritative"}, {"never", "authoritative"}}) {
    CAPTURE(takeover);
    CAPTURE(backlog);
    CHECK(pause(takeover, backlog) == "x.json:2: /faults/kinds: a consumer can be paused only where its successor can take over what it "
                                      "holds, and the system fake has takeover " + std::string(takeover) +
                                      "; leave out pause, or set targets to producer and broker");
  }
}
