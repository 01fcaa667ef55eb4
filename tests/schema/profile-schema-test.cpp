// The schema of profiles, held against the reader of profiles: load_profile.
#include <algorithm>
#include <sstream>

#include <doctest/doctest.h>

#include "cli/schema.hpp"
#include "cli/text.hpp"
#include "tests/cli/profile-bench.hpp"
#include "tests/schema/schema-check.hpp"

using namespace assay;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

Json parsed(const std::string& text) { return Json::parse(text, nullptr, true, true); }

const SchemaCheck& check() {
  static const SchemaCheck made(profile_schema());
  return made;
}

// "unknown key (known: a, b)" has them all: what the reader knows in that place.
std::vector<std::string> keys_read(Bench& bench, const std::string& profile) {
  const auto said = bench.refusal(profile);
  const auto from = said.find("(known: "), to = said.rfind(')');
  REQUIRE(said.find("unknown key") != std::string::npos);
  std::vector<std::string> keys;
  std::istringstream list(said.substr(from + 8, to - from - 8));
  for (std::string key; std::getline(list >> std::ws, key, ',');) keys.push_back(key);
  return keys;
}

std::vector<std::string> keys_described(const Json& schema) {
  std::vector<std::string> keys;
  for (const auto& property : schema.at("properties").items()) keys.push_back(property.key());
  std::ranges::sort(keys);
  return keys;
}

// What both must refuse: a schema has no more to say than this.
const std::vector<std::string> wrong{
    "[]",
    "{}",
    R"({"system": "fake"})",
    R"({"claim": "at-least-once"})",
    R"({"system": 7, "claim": "at-least-once"})",
    R"({"system": {"settings": {}}, "claim": "at-least-once"})",
    R"({"system": {"name": "fake", "attached": {"address": "a:1"}, "port": 7000}, "claim": "at-least-once"})",
    R"({"system": {"name": "fake", "attached": {}}, "claim": "at-least-once"})",
    R"({"system": {"name": "fake", "attached": {"address": "me:secret@there:1"}}, "claim": "at-least-once"})",
    R"({"system": {"name": "fake", "attached": {"address": "$1"}}, "claim": "at-least-once"})",
    R"({"system": {"name": "fake", "attached": {"address": "a:1", "commands": {"kill": "docker kill"}}}, "claim": "at-least-once"})",
    R"({"system": {"name": "fake", "attached": {"address": "a:1", "commands": {"kill": []}}}, "claim": "at-least-once"})",
    R"({"system": {"name": "fake", "attached": {"address": "a:1", "commands": {"shoot": ["x"]}}}, "claim": "at-least-once"})",
    R"({"system": {"name": "fake", "attached": {"address": "a:1", "command_timeout_ms": 1}}, "claim": "at-least-once"})",
    R"({"system": {"name": "fake", "port": 0}, "claim": "at-least-once"})",
    R"({"system": {"name": "fake", "settings": {"delay": 1.5}}, "claim": "at-least-once"})",
    R"({"system": "fake", "claim": "at-last-once"})",
    R"({"system": "fake", "claim": "at-least-once @ nowhere"})",
    R"({"system": "fake", "claim": "at-least-once + no-fun"})",
    R"({"system": "fake", "claim": "at-least-once +"})",
    R"({"system": "fake", "claim": "+ no-loss"})",
    with("name", "\"\""),
    with("name", "7"),
    with("about", R"("two\nlines")"),
    with("mesages", "1"),
    with("roles", R"({"producer": "shout"})"),
    with("roles", R"({"consumer": "send-once-cursor-first"})"),
    with("workload", R"({"messages": -1})"),
    with("workload", R"({"messages": 1000001})"),
    with("workload", R"({"messages": "100"})"),
    with("workload", R"({"size": 1.5})"),
    with("workload", R"({"start": "later"})"),
    with("workload", "[]"),
    with("faults", R"({"kinds": []})"),
    with("faults", R"({"kinds": "kill"})"),
    with("faults", R"({"kinds": ["snip"]})"),
    with("faults", R"({"cut": {"by": "axe"}})"),
    with("faults", R"({"delay_ms": 0})"),
    with("faults", R"({"targets": ["network"]})"),
    with("faults", R"({"mode": "all"})"),
    with("evidence", R"({"per_window": 0})"),
    with("evidence", R"({"drain_timeout_ms": 9})"),
    with("expect", R"("fine")"),
    with("expect", R"("violated")"),
    with("expect", R"("violated: odd")"),
    with("expect", R"("violated: lost,")"),
    with("expect", R"("inconclusive")"),
    with("expect", R"("upheld: yes")"),
};

const std::vector<std::string> sound{
    least,
    R"({"$schema": "x.json", "name": "n", "about": "", "system": {"name": "fake", "port": 1}, "claim": " exactly-once@delivered+fifo +no-dup"})",
    R"({"system": {"name": "fake", "settings": {"sync": "never", "log.keep": 9, "strict": true}}, "claim": "at-most-once @ committed"})",
    R"({"system": {"name": "fake", "attached": {"address": "$THERE", "commands": {"kill": ["a", ""], "start": ["b"]},
        "command_timeout_ms": 10}}, "claim": "at-least-once", "faults": {"targets": ["broker"]}})",
    with("roles", R"({"producer": "send-once-cursor-first", "consumer": "inbox-atomic"})"),
    with("workload", R"({"messages": 0, "prefetch": 1024, "start": "producers-first"})"),
    with("faults", R"({"kinds": ["cut", "delay", "hold"], "cut": {"by": "bytes", "bytes": 0, "ms": 1}, "delay_ms": 1, "hold_ms": 0})"),
    with("faults", R"({"kinds": ["stop", "kill"], "targets": ["consumer"], "random": 0})"),
    with("evidence", R"({"per_window": 1, "drain_timeout_ms": 3600000})"),
    with("expect", R"("violated: lost , duplicated")"),
    with("expect", R"("inconclusive:not_exercised")"),
};

}  // namespace

TEST_CASE("every key that a profile may have is in the schema, and no other") {
  Bench bench;
  const Json schema = profile_schema().at("properties"), system = schema.at("system").at("anyOf").at(1);
  const auto inside = [&](const std::string& section) { return keys_read(bench, with(section, R"({"xyzzy": 1})")); };
  const auto of_system = [&](const std::string& more) {
    return keys_read(bench, R"({"claim": "at-least-once", "system": {"name": "fake", )" + more + "}}");
  };

  CHECK(keys_described(profile_schema()) == keys_read(bench, with("xyzzy", "1")));
  for (const char* section : {"roles", "agents", "pipeline", "workload", "faults", "evidence"}) {
    CAPTURE(section);
    CHECK(keys_described(schema.at(section)) == inside(section));
  }
  const Json attached = system.at("properties").at("attached");
  const Json own = schema.at("system").at("anyOf").at(2);
  CHECK(keys_described(own) == keys_read(bench, R"({"claim": "at-least-once", "system": {"command": ["x"], "xyzzy": 1}})"));
  CHECK(keys_described(system) == of_system(R"("xyzzy": 1)"));
  CHECK(keys_described(attached) == of_system(R"("attached": {"address": "a:1", "xyzzy": 1})"));
  CHECK(keys_described(attached.at("properties").at("commands")) ==
        of_system(R"("attached": {"address": "a:1", "commands": {"xyzzy": 1}})"));

  const Json settings = profile_schema(describe_system("fake")).at("properties").at("system").at("anyOf").at(1);
  CHECK(keys_described(settings.at("properties").at("settings")) == of_system(R"("settings": {"xyzzy": 1})"));
}

TEST_CASE("our own profiles fit the schema, and that of their system") {
  std::map<std::string, std::unique_ptr<SchemaCheck>> systems;
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(ASSAY_SOURCE_DIR) / "profiles")) {
    if (entry.path().extension() != ".json") continue;
    CAPTURE(entry.path().string());
    const Json profile = parsed(contents(entry.path()));
    CHECK(joined(check().faults(profile), "; ") == "");
    const Json& system = profile.at("system");
    const auto name = system.is_string() ? system.get<std::string>() : system.value("name", "");
    if (!find_systems().contains(name)) continue;  // its adapter was not built
    auto& own = systems[name];
    if (!own) own = std::make_unique<SchemaCheck>(profile_schema(describe_system(name)));
    CHECK(joined(own->faults(profile), "; ") == "");
    ++files;
  }
  CHECK(files > 40);
}

TEST_CASE("what the schema refuses the reader refuses") {
  Bench bench;
  for (const auto& text : wrong) {
    CAPTURE(text);
    CHECK(bench.refusal(text) != "accepted");
    CHECK_FALSE(check().fits(parsed(text)));
  }
}

TEST_CASE("what the reader takes the schema takes") {
  Bench bench;
  for (const auto& text : sound) {
    CAPTURE(text);
    CHECK(bench.refusal(text) == "accepted");
    CHECK(joined(check().faults(parsed(text)), "; ") == "");
  }
}

TEST_CASE("the schema for a system knows its settings, their ranges and their words") {
  Bench bench;
  const SchemaCheck own(profile_schema(describe_system("fake")));
  const auto fits = [&](const std::string& settings) {
    const auto text = R"({"claim": "at-least-once", "system": {"name": "fake", "settings": )" + settings + "}}";
    CAPTURE(text);
    CHECK(own.fits(parsed(text)) == (bench.refusal(text) == "accepted"));
    return own.fits(parsed(text));
  };
  CHECK(fits(R"({"sync": "never", "log.keep": 1, "delay": -5, "strict": true})"));
  CHECK_FALSE(fits(R"({"sync": "sometimes"})"));
  CHECK_FALSE(fits(R"({"log.keep": 10})"));
  CHECK_FALSE(fits(R"({"log.keep": 0})"));
  CHECK_FALSE(fits(R"({"delay": "5"})"));
  CHECK_FALSE(fits(R"({"strict": "true"})"));
  CHECK_FALSE(fits(R"({"colour": "blue"})"));
  CHECK(own.fits(parsed(least)));
  CHECK_FALSE(own.fits(parsed(R"({"system": "redis", "claim": "at-least-once"})")));
}

TEST_CASE("every default that the schema names is what the reader fills in") {
  Bench bench;
  Json whole = parsed(least);
  const Json schema = profile_schema().at("properties");
  for (const char* section : {"roles", "workload", "faults", "evidence"})
    for (const auto& property : schema.at(section).at("properties").items()) {
      CAPTURE(property.key());
      REQUIRE(property.value().contains("default"));
      REQUIRE(property.value().contains("description"));
      whole[section][property.key()] = property.value().at("default");
    }
  CHECK(bench.load(whole.dump()) == bench.load(least));
}
