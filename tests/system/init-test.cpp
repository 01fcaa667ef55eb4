// What `assay init` and `assay schema` give a stranger.
#include <doctest/doctest.h>

#include "cli/profile.hpp"
#include "tests/files.hpp"
#include "workbench.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
}  // namespace

TEST_CASE("the starter of every system runs, and ends as it expects") {
  const Bench bench;
  int ran = 0;
  for (const auto& [name, program] : find_systems()) {
    if (name == "fake") continue;  // an agent of other tests, which describes nothing
    if (describe_system(name).version().empty()) continue;
    CAPTURE(name);
    REQUIRE(bench.assay({"init", name, name + ".json"}).code == 0);
    Json report;
    std::vector<std::string> arguments{name + ".json", "--as-expected", "--set", "workload.messages=20", "--set", "faults.random=1"};
    if (describe_system(name).starts_within_ms() > EvidenceWish{}.start_timeout_ms)  // each kill of it costs seconds
      arguments.insert(arguments.end(), {"--set", R"(faults.targets=["producer","consumer"])"});
    const auto outcome = bench.run(arguments, report);
    CAPTURE(outcome.output);
    CAPTURE(outcome.errors);
    CHECK(outcome.code == 0);
    CHECK(report["verdict"] == "upheld");
    CHECK(report["system"]["name"] == name);
    ++ran;
  }
  CHECK(ran > 0);
}

TEST_CASE("init prints a profile, or writes it where nothing is yet") {
  const Bench bench;
  const auto printed = bench.assay({"init", "embedded"});
  CHECK(printed.code == 0);
  CHECK(bench.assay({"init", "embedded", "-"}).output == printed.output);

  CHECK(bench.assay({"init", "embedded", "new.json"}).output == "wrote new.json; next: assay run new.json\n");
  CHECK(contents(bench.directory() / "new.json") == printed.output);
  bench.write("mine.json", "mine");
  const auto refused = bench.assay({"init", "embedded", "mine.json"});
  CHECK(refused.code == 64);
  CHECK(refused.errors == "assay: init: write mine.json: File exists; name a new file, or - for stdout\n");
  CHECK(contents(bench.directory() / "mine.json") == "mine");
  CHECK(contains(bench.assay({"init", "embedded", "no/where.json"}).errors, "No such file"));
  CHECK(bench.assay({"init", "embedded", "/dev/full"}).code == 64);
}

TEST_CASE("init and schema name what there is") {
  const Bench bench;
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& part) {
    const auto outcome = bench.assay(arguments);
    CAPTURE(outcome.errors);
    CHECK(outcome.code == 64);
    CHECK(contains(outcome.errors, part));
    CHECK(outcome.output.empty());
  };
  refused({"init"}, "embedded");
  refused({"init", "embeded"}, "did you mean \"embedded\"?");
  refused({"init", "agnet"}, "did you mean \"agent\"?");
  refused({"schema"}, "(known: history, profile, report)");
  refused({"schema", "reports"}, "did you mean \"report\"?");
  refused({"schema", "report", "--system", "embedded"}, "only a profile has a system");
  refused({"schema", "profile", "--system", "embeded"}, "did you mean \"embedded\"?");
  refused({"inti"}, "did you mean init?");
}

TEST_CASE("the starters for an agent and a pipeline run as they are") {
  const Bench bench;
  for (const std::string what : {"agent", "pipeline"}) {
    CAPTURE(what);
    CHECK(bench.assay({"init", what, what + ".json"}).code == 0);
    Json report;
    const auto outcome = bench.run({(bench.directory() / (what + ".json")).string(), "--faults", "directed", "--set", "workload.messages=6",
                                    "--set", "evidence.per_window=1", "--set", "evidence.faults=4", "--set", "evidence.antecedents=4",
                                    "--set", "faults.kinds=[\"kill\"]"}, report);
    CAPTURE(outcome.output);
    CAPTURE(outcome.errors);
    CHECK(report["verdict"] == "upheld");
  }
}

TEST_CASE("several profiles make one file of reports, which fits the schema, too") {
  const Bench bench;
  Json reports;  // run() holds it against the schema
  CHECK(bench.run({profile("embedded/at-least-once"), profile("embedded/at-most-once"), "--faults", "none"}, reports).code == 2);
  CHECK(reports["schema"] == "assay-reports/1");
  CHECK(reports["reports"].size() == 2);
}

TEST_CASE("schemas are draft-07 and nothing else is printed") {
  const Bench bench;
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"schema", "profile"}, {"schema", "profile", "--system", "embedded"}, {"schema", "report"}, {"schema", "history"}}) {
    const auto outcome = bench.assay(arguments);
    CHECK(outcome.code == 0);
    CHECK(outcome.errors.empty());
    CHECK(Json::parse(outcome.output)["$schema"] == "http://json-schema.org/draft-07/schema#");
  }
}
