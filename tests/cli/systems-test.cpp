// Which systems and profiles there are, and what a system says of itself.
#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "tests/cli/profile-bench.hpp"

using namespace assay;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

TEST_CASE("systems are the programs named assay-SYSTEM, and the developer's folder comes first") {
  Bench bench;
  bench.write("systems/assay-text", "not a program");
  bench.write("systems/other", "");
  auto systems = find_systems();
  CHECK(systems.at("fake") == bench.root() / "systems/assay-fake");
  CHECK_FALSE(systems.contains("text"));
  CHECK_FALSE(systems.contains(""));
}

TEST_CASE("an unknown system is refused with the nearest there is") {
  Bench bench;
  const std::string said = bench.refusal("{\"claim\": \"at-least-once\",\n\"system\": \"fakee\"}");
  CHECK(said.starts_with("x.json:2: /system: \"fakee\" is no system; did you mean \"fake\"? (known: "));
  CHECK(bench.refusal(R"({"claim": "at-least-once", "system": {"name": "../../fake"}})")
            .starts_with("x.json:1: /system/name: \"../../fake\" is no system"));
}

TEST_CASE("a description says what the system can do") {
  Bench bench;
  const SystemDescription system = describe_system("fake");
  CHECK(system.name == "fake");
  CHECK(system.program == bench.root() / "systems/assay-fake");
  CHECK(system.described == fake_description());
  CHECK(system.version() == "1.2");
  CHECK(system.missing() == "");
  CHECK(system.address_kind() == "tcp");
  CHECK_FALSE(system.marks_windows());
  CHECK(system.ability("send_answered") == "true");
  CHECK(system.ability("ack") == "each");
  CHECK(system.ability("flight") == "");
}

TEST_CASE("a missing server is no fault of the profile") {
  Bench bench;
  Json description = fake_description();
  description["version"] = nullptr;
  description["missing"] = "install the package fake";
  bench.describe(description.dump());
  CHECK(describe_system("fake").version() == "");
  CHECK(describe_system("fake").missing() == "install the package fake");
  CHECK(bench.load(least) == least_profile(bench));
}

TEST_CASE("an adapter that does not describe itself properly is a failure, and not the profile's") {
  Bench bench;
  const auto failure = [&]() -> std::string {
    try {
      describe_system("fake");
    } catch (const UsageError&) {
      return "usage";
    } catch (const std::runtime_error& error) {
      const std::string said = bench.shortened(error.what());
      const std::string start = "describe the system fake (systems/assay-fake describe): ";
      CHECK(said.starts_with(start));
      return said.substr(std::min(said.size(), start.size()));
    }
    return "described";
  };
  bench.describe(fake_description().dump(), "exit 3");
  CHECK(failure() == "exit 3");
  bench.describe("", "echo no luck >&2; exit 70");
  CHECK(failure() == "exit 70: no luck");
  bench.describe("hello");
  CHECK(failure() == "what it printed is not JSON");

  const Json whole = fake_description();
  for (const auto& field : whole.items()) {
    Json cut = whole;
    cut.erase(field.key());
    bench.describe(cut.dump());
    CHECK(failure() == "no field \"" + field.key() + "\"");
  }

  const auto wrong = [&](const std::string& pointer, const Json& value) {
    Json description = fake_description();
    description[Json::json_pointer(pointer)] = value;
    bench.describe(description.dump());
    return failure();
  };
  CHECK(wrong("/system", "real") == "\"system\" is \"real\" and not its own name");
  CHECK(wrong("/version", 3) == "\"version\" is neither a string nor null");
  CHECK(wrong("/version", nullptr) == "\"version\" is null, and \"missing\" does not say why");
  CHECK(wrong("/address", "udp") == "\"address\" is neither ipc nor tcp");
  CHECK(wrong("/windows", "yes") == "\"windows\" is not a boolean");
  CHECK(wrong("/zygote", "yes") == "\"zygote\" is not a boolean");
  CHECK(wrong("/takes_listener", true) == "\"takes_listener\" is for ipc");
  CHECK(wrong("/advertises", "yes") == "\"advertises\" is not a boolean");
  CHECK(wrong("/announces_ready", 1) == "\"announces_ready\" is not a boolean");
  CHECK(wrong("/several_processes", "yes") == "\"several_processes\" is not a boolean");
  CHECK(wrong("/stop_signal", "HUP") == "\"stop_signal\" is neither TERM nor INT nor QUIT");
  CHECK(wrong("/stop_signal", 15) == "\"stop_signal\" is neither TERM nor INT nor QUIT");
  CHECK(wrong("/starts_within_ms", 0) == "\"starts_within_ms\" is no number of milliseconds above 0");
  CHECK(wrong("/survives_kill", 1) == "\"survives_kill\" is not a boolean");
  CHECK(wrong("/limit_loosens_prefetch", 1) == "\"limit_loosens_prefetch\" is not a boolean");
  CHECK(wrong("/alarms", "PANIC") == "\"alarms\" is not a list of words");
  CHECK(wrong("/timers", 1) == "\"timers\" is not a list");
  CHECK(wrong("/verbs", 1) == "\"verbs\" is not an object");
  CHECK(wrong("/verbs", Json{{"sent", "XADD"}}) == "\"verbs\" has words for \"send\" and \"ack\", and not: sent");
  CHECK(wrong("/abilities", 1) == "\"abilities\" is not an object");
  CHECK(wrong("/abilities/ack", 1) == "the ability \"ack\" is neither a word nor a boolean nor a list of words");
  CHECK(wrong("/settings/0", 1) == "a setting that is not an object");
  CHECK(wrong("/settings/0/default", 1).starts_with("a setting whose type and default do not fit: {\"name\":\"sync\""));
  CHECK(wrong("/settings/1/min", "1").starts_with("a bound that is no integer: "));
  CHECK(wrong("/settings/0/values", "x").starts_with("a setting whose values are not a list: "));
  CHECK(wrong("/timers", Json::array({1})) == "a timer without a name: 1");
  CHECK(wrong("/timers", Json::parse(R"([{"name": "idle"}])")).starts_with("a timer with neither \"ms\" nor the name of a setting: "));
  CHECK(wrong("/timers", Json::parse(R"([{"name": "idle", "setting": "nap"}])")).starts_with("a timer with neither "));
  CHECK(wrong("/settings/0/with", 1).starts_with("a setting whose \"with\" is not an object: "));
  CHECK(wrong("/settings/0/with", {{"nap", {1}}}).starts_with("a setting whose \"with\" does not list values of a setting: "));
  CHECK(wrong("/variants", 1) == "\"variants\" is not a list");
  CHECK(wrong("/variants", Json::array({1})) == "a variant that does not say when: 1");
  CHECK(wrong("/variants", Json::parse(R"([{"when": {"nap": 1}}])")).starts_with("a variant of a setting that is not there: "));
  CHECK(wrong("/variants", Json::parse(R"([{"when": {"delay": 1}, "abilities": {"ack": 1}}])")) ==
        "the ability \"ack\" is neither a word nor a boolean nor a list of words");
  CHECK(wrong("/cluster", 1) == "\"cluster\" is not an object");
  CHECK(wrong("/cluster", {{"nodes", "delay"}, {"lagging", "nap"}}) == "\"cluster\" does not name an integer setting as its \"lagging\"");
  CHECK(wrong("/cluster", {{"nodes", "sync"}, {"lagging", "delay"}}) == "\"cluster\" does not name an integer setting as its \"nodes\"");
  CHECK(wrong("/windows", true) == "described");
}

TEST_CASE("settings change what a system can do, and its timers") {
  Bench bench;
  Json description = fake_description();
  description["timers"] = Json::parse(R"([{"name": "delay", "setting": "delay"}, {"name": "lease", "ms": 50}])");
  description["variants"] = Json::parse(R"([
    {"when": {"strict": true}, "abilities": {"ack": "none", "takeover": "never"}, "emulated": ["fence"]},
    {"when": {"strict": true, "sync": "never"}, "abilities": {"takeover": "request"}, "timers": [{"name": "push", "ms": 7}]}
  ])");
  bench.describe(description.dump());
  const auto with = [](const Json& settings) { return describe_system("fake").with(settings); };
  const auto loose = with({{"sync", "always"}, {"delay", 60}, {"strict", false}});
  CHECK(loose.ability("ack") == "each");
  CHECK(loose.longest_timer_ms() == 60);
  CHECK(with({{"sync", "always"}, {"delay", 0}, {"strict", false}}).described["timers"] == Json::parse(R"([{"name": "lease", "ms": 50}])"));
  const auto strict = with({{"sync", "always"}, {"delay", 20}, {"strict", true}});
  CHECK(strict.ability("ack") == "none");
  CHECK(strict.ability("takeover") == "never");
  CHECK(strict.ability("shape") == "queue");
  CHECK(strict.described["emulated"] == Json::array({"dedup", "fence"}));
  CHECK(strict.longest_timer_ms() == 50);
  const auto both = with({{"sync", "never"}, {"delay", 20}, {"strict", true}});
  CHECK(both.ability("takeover") == "request");
  CHECK(both.longest_timer_ms() == 7);
}

TEST_CASE("a setting that goes with another is refused without it") {
  Bench bench;
  Json description = fake_description();
  description["settings"][2]["with"] = {{"strict", {true}}};
  bench.describe(description.dump());
  const auto profile = [](const std::string& settings) {
    return R"({"claim": "at-least-once", "evidence": {"drain_timeout_ms": 100}, "system": {"name": "fake", "settings": )" + settings + "}}";
  };
  CHECK(bench.refusal(profile(R"({"delay": 3, "strict": true})")) == "accepted");
  CHECK(bench.refusal(profile(R"({"delay": 0})")) == "accepted");
  CHECK(bench.refusal(profile(R"({"delay": 3})")) ==
        "x.json:1: /system/settings/delay: it goes with \"strict\": [true], and that is false");
}

TEST_CASE("fewer servers lag than there are replicas, and several have no port in common") {
  Bench bench;
  Json description = fake_description();
  description["cluster"] = {{"nodes", "log.keep"}, {"lagging", "delay"}};
  bench.describe(description.dump());
  const auto profile = [](const std::string& rest) {
    return R"({"claim": "at-least-once", "evidence": {"drain_timeout_ms": 100}, "system": {"name": "fake", )" + rest + "}}";
  };
  CHECK(bench.refusal(profile(R"("settings": {"log.keep": 3, "delay": 2})")) == "accepted");
  CHECK(bench.refusal(profile(R"("settings": {"log.keep": 1}, "port": 7)")) == "accepted");
  CHECK(bench.refusal(profile(R"("settings": {"log.keep": 3, "delay": 3})")) ==
        "x.json:1: /system/settings/delay: of 3 servers 2 can lag behind the primary; expected at most 2, found 3");
  CHECK(bench.refusal(profile(R"("settings": {"log.keep": 1, "delay": 1})")) ==
        "x.json:1: /system/settings/delay: of 1 servers 0 can lag behind the primary; expected at most 0, found 1");
  CHECK(bench.refusal(profile(R"("settings": {"log.keep": 2}, "port": 7)")) ==
        "x.json:1: /system/port: there are 2 servers, each on a port of its own; leave it out");
}

TEST_CASE("who drains by silence, or hands everything to everybody, sets limits to a profile") {
  Bench bench;
  Json description = fake_description();
  description["timers"] = Json::parse(R"([{"name": "delay", "setting": "delay"}])");
  description["abilities"]["shape"] = "fan-out";
  description["abilities"]["lists_stored"] = false;
  bench.describe(description.dump());
  const auto profile = [](const std::string& rest) {
    return R"({"claim": "at-least-once", "system": {"name": "fake", "settings": {"delay": 40}}, "evidence": {"drain_timeout_ms": 81})" + rest + "}";
  };
  CHECK(bench.refusal(profile("")) == "accepted");
  CHECK(bench.refusal(profile(""), {"evidence.drain_timeout_ms=80"}) ==
        "--set evidence.drain_timeout_ms=80: /evidence/drain_timeout_ms: the system fake counts as drained after a silence "
        "of 80 ms, and nobody watches for so long; expected more than 80");
  CHECK(bench.refusal(profile(R"(, "workload": {"consumers": 2})")) ==
        "x.json:1: /workload/consumers: each consumer is given every message by fake with these settings, so their effects "
        "cannot be counted together; expected 1, found 2");
  const std::string unlisted = "fake with these settings cannot list what it stores, so nothing can be said @ stored; claim @ "
                               "delivered or committed, with consumers";
  CHECK(bench.refusal(profile(R"(, "workload": {"consumers": 0})")) == "x.json:1: /claim: " + unlisted);
  CHECK(bench.refusal(profile(""), {}, "at-least-once @ stored") == "--claim at-least-once @ stored: /claim: " + unlisted);
  CHECK(bench.refusal(profile(""), {}, "at-least-once @ delivered") == "accepted");
}

TEST_CASE("an argument stands for a file, a folder or a name below the profile folder") {
  Bench bench;
  const fs::path a = bench.write("profiles/redis/a.json", least), b = bench.write("profiles/redis/deep/b.json", least);
  const fs::path z = bench.write("profiles/z.json", least), apart = bench.write("apart/mine.txt", least);
  bench.write("profiles/redis/README.md", "");
  fs::create_directories(bench.root() / "nothing");
  using Files = std::vector<fs::path>;

  CHECK(find_profiles(apart.string()) == Files{apart});
  CHECK(find_profiles((bench.root() / "profiles").string()) == Files{a, b, z});
  CHECK(find_profiles("redis") == Files{a, b});
  CHECK(find_profiles("redis/a") == Files{a});
  CHECK(find_profiles("redis/a.json") == Files{a});
  CHECK(find_profiles("z") == Files{z});

  const auto refusal = [&](const std::string& argument) -> std::string {
    try {
      find_profiles(argument);
    } catch (const UsageError& error) {
      return bench.shortened(error.what());
    }
    return "found";
  };
  const std::string none = ": no such profile: neither a file, nor a folder, nor a name below profiles";
  CHECK(refusal("redis/aa") == "redis/aa" + none + "; did you mean \"redis/a\"?");
  CHECK(refusal("rediss") == "rediss" + none + "; did you mean \"redis\"?");
  CHECK(refusal("b") == "b" + none + "; did you mean \"redis/deep/b\"?");
  CHECK(refusal("postgres") == "postgres" + none);
  CHECK(refusal("") == "a profile's name is empty");
  CHECK(refusal((bench.root() / "nothing").string()) == "nothing: no profile (*.json) in this folder or below it");
}

TEST_CASE("the profile folder is the developer's, or else the source tree's") {
  {
    Bench bench;
    CHECK(profile_folder() == bench.root() / "profiles");
  }
  CHECK(profile_folder() == fs::path(ASSAY_SOURCE_DIR) / "profiles");
}

TEST_CASE("the nearest word is near, or there is none") {
  const std::vector<std::string> words{"messages", "size", "ack_batch", "retry-until-acknowledged"};
  CHECK(nearest("mesages", words) == "messages");
  CHECK(nearest("Messages", words) == "messages");
  CHECK(nearest("messgaes", words) == "messages");
  CHECK(nearest("ackBatch", words) == "ack_batch");
  CHECK(nearest("szie", words) == "size");
  CHECK(nearest("retry", words) == "retry-until-acknowledged");
  CHECK(nearest("colour", words) == "");
  CHECK(nearest("x", {"y"}) == "");
  CHECK(nearest("", words) == "");
  CHECK(nearest(std::string(1'000'000, 'm'), words) == "");
  CHECK(nearest("size", {}) == "");
}
