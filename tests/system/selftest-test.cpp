// A harness nobody has seen fail proves nothing: selftest finds what is planted,
// says so in later reports, and misses what is not there.
#include <doctest/doctest.h>

#include <fstream>

#include "checker/history/files.hpp"
#include "workbench.hpp"

using namespace assay;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::map<std::string, std::string> state_in(const Bench& bench) {
  return {{"ASSAY_STATE", (bench.directory() / "state").string()}};
}

// Two honest profiles and two that must be found out, of which one is honest when `defect` is none.
std::map<std::string, std::string> small_folder(const Bench& bench, const std::string& defect) {
  for (const std::string name : {"producers/retry-with-stable-id", "consumers/inbox-atomic", "planted/corrupts-payload"})
    bench.write("profiles/" + name + ".json", read_whole_file(profile(name)));
  bench.write("profiles/planted/acks-ahead.json",
              R"({"system": {"name": "embedded", "settings": {"defect": ")" + defect + R"("}}, "claim": "at-least-once",
                  "workload": {"start": "producers-first"}, "expect": "violated: lost"})");
  auto environment = state_in(bench);
  environment["ASSAY_PROFILES"] = (bench.directory() / "profiles").string();
  return environment;
}

// What a run's report says about this program.
Json power(const Bench& bench, const std::map<std::string, std::string>& environment) {
  Json report;
  const auto outcome = bench.run({profile("embedded/at-least-once"), "--faults", "none"}, report, environment);
  CAPTURE(outcome.errors);
  CHECK(outcome.code == 2);
  CHECK(outcome.errors.empty());
  return report.at("power");
}

}  // namespace

TEST_CASE("selftest finds every planted defect, and reports of this program say so") {
  const Bench bench;
  CHECK(power(bench, state_in(bench)) == Json());

  const auto outcome = bench.assay({"selftest"}, state_in(bench));
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  REQUIRE(outcome.code == 0);

  const auto score = power(bench, state_in(bench));
  REQUIRE(score.is_object());
  const auto planted = score["planted"].get<int>(), honest = score["honest"].get<int>();
  CHECK(planted >= 20);
  CHECK(honest >= 9);
  CHECK(score == Json{{"found", planted}, {"planted", planted}, {"upheld", honest}, {"honest", honest}, {"date", score["date"]}});
  CHECK(contains(outcome.output, "planted defects found " + std::to_string(planted) + " of " + std::to_string(planted) +
                                     ", honest strategies upheld " + std::to_string(honest) + " of " + std::to_string(honest) + "\n"));
}

TEST_CASE("selftest fails and names the defect that it did not find") {
  const Bench bench;
  const auto environment = small_folder(bench, "none");
  const auto outcome = bench.assay({"selftest"}, environment);
  CAPTURE(outcome.output);
  CAPTURE(outcome.errors);
  CHECK(outcome.code == 70);
  CHECK(contains(outcome.output, "planted defects found 1 of 2, honest strategies upheld 2 of 2\nnot found: planted/acks-ahead\n"));
  auto score = power(bench, environment);
  REQUIRE(score.is_object());
  score.erase("date");
  CHECK(score == Json{{"found", 1}, {"planted", 2}, {"upheld", 2}, {"honest", 2}});
}

TEST_CASE("the score is private, and what is not a score is none") {
  const Bench bench;
  const auto environment = small_folder(bench, "acks-ahead");
  REQUIRE(bench.assay({"selftest"}, environment).code == 0);
  const fs::directory_iterator files(bench.directory() / "state");
  REQUIRE(files != fs::directory_iterator());
  const auto file = files->path();
  CHECK(fs::status(file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(fs::status(file.parent_path()).permissions() == fs::perms::owner_all);
  CHECK(file.filename() == sha256_of(read_whole_file(assay_program())) + ".json");

  for (const std::string text : {"", "null", "{\"schema\": \"assay-score/1\"}", "{\"schema\": 7, \"found\": \"x\"}"}) {
    CAPTURE(text);
    std::ofstream(file) << text;
    CHECK(power(bench, environment) == Json());
  }
}

TEST_CASE("a folder that cannot be used fails neither selftest nor a run") {
  const Bench bench;
  auto environment = small_folder(bench, "acks-ahead");
  environment["ASSAY_STATE"] = bench.write("a-file", "") + "/state";
  const auto outcome = bench.assay({"selftest"}, environment);
  CAPTURE(outcome.errors);
  CHECK(outcome.code == 0);
  CHECK(contains(outcome.errors, "the score could not be kept"));
  CHECK(power(bench, environment) == Json());
}
