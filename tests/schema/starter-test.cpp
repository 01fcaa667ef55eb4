// The profiles that `assay init` writes.
#include <regex>
#include <sstream>

#include <doctest/doctest.h>

#include "cli/starter.hpp"
#include "tests/cli/profile-bench.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

// Every line that is a key behind "//", without the "//".
std::string uncommented(const std::string& text) {
  static const std::regex hidden("^( *)// (\".*,)$");
  std::istringstream lines(text);
  std::string result;
  for (std::string line; std::getline(lines, line);) result += std::regex_replace(line, hidden, "$1$2") + "\n";
  return result;
}

Json described(const std::string& changes) {
  Json description = fake_description();
  description.merge_patch(Json::parse(changes));
  return description;
}

std::string starter(Bench& bench, const std::string& changes) {
  bench.describe(described(changes).dump());
  return starter_for_system(describe_system("fake"));
}

}  // namespace

TEST_CASE("a starter is a whole profile, and its comments hide nothing but defaults") {
  Bench bench;
  const std::string text = starter(bench, "{}"), open = uncommented(text);
  const Profile profile = bench.load(text);
  CHECK(profile == bench.load(open));
  CHECK(std::count(open.begin(), open.end(), '\n') == std::count(text.begin(), text.end(), '\n'));
  CHECK(open != text);

  Profile expected = least_profile(bench);
  expected.about = "Is nothing lost that fake acknowledged?";
  expected.expect = Expectation{};
  CHECK(profile == expected);
}

TEST_CASE("a starter says what every key and setting means and may be") {
  Bench bench;
  const std::string text = starter(bench, R"({"settings": [
      {"name": "sync", "type": "string", "default": "always", "values": ["always", "never"], "about": "when it syncs"},
      {"name": "keep", "type": "integer", "default": 5, "min": 1, "max": 9, "with": {"sync": ["never"]}, "about": "how many"}]})");
  CHECK(text.find("      // when it syncs (one of \"always\", \"never\")\n      \"sync\": \"always\",\n") != std::string::npos);
  CHECK(text.find("      // how many (1 to 9)\n      // only where sync is one of [\"never\"]\n      \"keep\": 5\n") != std::string::npos);
  CHECK(text.find("    // bytes of a body (0 to 1048576)\n    // \"size\": 64,\n") != std::string::npos);
  CHECK(text.find("    //   retry-until-acknowledged: sends each message") != std::string::npos);
  CHECK(text.find("retry-with-stable-id") == std::string::npos);  // it needs what this system lacks
}

TEST_CASE("a starter claims what the system's roles can keep") {
  Bench bench;
  const Profile profile = bench.load(starter(bench, R"({"abilities": {"ack": "none", "backlog": "none"}})"));
  CHECK(to_string(profile.claim) == "at-most-once @ committed");
  CHECK(profile.producer_role == "send-once-cursor-first");
  CHECK(profile.consumer_role == "auto-acknowledge");
}

TEST_CASE("a starter waits for as long as the system's timers need") {
  Bench bench;
  const Profile profile = bench.load(starter(bench, R"({"timers": [{"name": "lease", "ms": 30000}]})"));
  CHECK(profile.evidence.drain_timeout_ms == 70'000);
}

TEST_CASE("a starter for a system without settings, ports or server is still a profile") {
  Bench bench;
  Json description = described(R"({"settings": [], "address": "ipc", "missing": "install\nfake"})");
  description["version"] = nullptr;
  bench.describe(description.dump());
  const std::string text = starter_for_system(describe_system("fake"));
  CHECK(bench.load(uncommented(text)) == bench.load(text));
  CHECK(text.find("\"settings\": {}") != std::string::npos);
  CHECK(text.find("\"port\"") == std::string::npos);
  CHECK(text.find("// It cannot run yet: install") != std::string::npos);
}

TEST_CASE("what an adapter says about itself cannot break out of a comment") {
  Bench bench;
  const std::string text = starter(bench, R"({"settings": [{"name": "odd/\"key", "type": "string", "default": "a\"//",
      "about": "one\ntwo \u2028 three \u001b[2J */ {"}]})");
  CHECK(bench.load(text).settings == Json{{"odd/\"key", "a\"//"}});
  CHECK(text.find("\x1b") == std::string::npos);
}
