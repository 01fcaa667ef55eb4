// The files beside a result, from real runs: what they say, when they are written
// and that no verdict hangs on them.
#include <doctest/doctest.h>

#include "tests/junit/valid-junit.hpp"
#include "workbench.hpp"

using namespace assay;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::size_t lines_in(const std::string& text) { return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')); }

// One trial beside the control trial: quick, and inconclusive by its floors.
std::vector<std::string> one_trial(std::vector<std::string> more) {
  std::vector<std::string> arguments{"run", profile("embedded/at-least-once"), "--set", "workload.messages=20", "--only",
                                     "kill:broker@broker:B.recv#1"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace

TEST_CASE("a run draws its report, and explain draws the same bytes again") {
  const Bench bench;
  const auto file = [&](const char* name) { return contents(bench.directory() / name); };
  const auto ran = bench.assay({"run", profile("embedded/at-least-once"), "--claim", "exactly-once", "--report", "r.json", "--junit", "j.xml",
                                "--summary", "s.md", "--html", "h.html"});
  CHECK(ran.code == 1);
  CHECK(contains(file("h.html"), "<title>violated: exactly-once @ committed on embedded"));
  CHECK(faults_in_junit(file("j.xml")) == "");
  const auto cases = cases_in(file("j.xml"));
  CHECK(std::any_of(cases.begin(), cases.end(), [](const std::string& one) { return one.ends_with(": failure duplicated"); }));
  CHECK(file("s.md").starts_with("### violated: exactly-once @ committed"));

  const auto again = bench.assay({"explain", "r.json", "--junit", "j2.xml", "--summary", "s2.md", "--html", "h2.html"});
  CHECK(again.code == 0);
  CHECK(again.output == "");
  CHECK(file("j2.xml") == file("j.xml"));
  CHECK(file("s2.md") == file("s.md"));
  CHECK(file("h2.html") == file("h.html"));
  CHECK(bench.assay({"explain", "r.d", "--junit", "-"}).output == file("j.xml"));

  const auto checked = bench.assay({"check", "r.d", "--junit", "c.xml", "--summary", "c.md", "--quiet"});
  CHECK(checked.code == 1);
  CHECK(cases_in(file("c.xml")) == cases);
  CHECK(file("c.md").starts_with("### violated: exactly-once @ committed"));
}

TEST_CASE("a sweep is drawn too, and is an enumeration without bounds") {
  const Bench bench;
  const auto swept = bench.assay({"sweep", profile("embedded/at-least-once"), "--messages", "1", "--junit", "j.xml", "--summary", "s.md"});
  CHECK(swept.code == 0);
  const auto xml = contents(bench.directory() / "j.xml"), text = contents(bench.directory() / "s.md");
  CHECK(faults_in_junit(xml) == "");
  for (const auto& one : cases_in(xml)) CHECK(one.ends_with(": passed"));
  CHECK(contains(text, "an enumeration: bounds need independent draws"));
  CHECK_FALSE(contains(text, "95 %"));
}

TEST_CASE("a sweep that was given up does not call itself complete") {
  const Bench bench;
  const auto swept = bench.assay({"sweep", profile("planted/silent-after-restart"), "--messages", "2", "--jobs", "1", "--report", "s.json"});
  const auto sweep = Json::parse(contents(bench.directory() / "s.json")).at("sweep");
  CHECK(sweep.at("complete") == false);
  CHECK(sweep.at("landed").get<std::int64_t>() < sweep.at("planned").get<std::int64_t>());
  CHECK(contains(swept.output, "incomplete"));
}

TEST_CASE("a drawing that cannot be written says so and leaves the exit code alone") {
  const Bench bench;
  const auto ran = bench.assay(one_trial({"--junit", "nowhere/j.xml", "--summary", "nowhere/s.md"}),
                               {{"GITHUB_STEP_SUMMARY", (bench.directory() / "nowhere/step.md").string()}});
  CHECK(ran.code == 2);
  CHECK(contains(ran.errors, "assay: write the JUnit file nowhere/j.xml: "));
  CHECK(contains(ran.errors, "assay: write the summary nowhere/s.md: "));
  CHECK(contains(ran.errors, "assay: append to GITHUB_STEP_SUMMARY "));
  CHECK(contains(ran.errors, "No such file or directory; the verdict stands without it"));
  CHECK(contains(ran.output, "inconclusive  at-least-once @ committed"));
}

TEST_CASE("where GitHub names a file for it, each run appends its summary to that") {
  const Bench bench;
  const auto step = bench.write("step.md", "before\n");
  const auto ran = bench.assay(one_trial({"--summary", "s.md", "--report", "r.json"}), {{"GITHUB_STEP_SUMMARY", step}});
  const auto text = contents(bench.directory() / "s.md");
  CHECK(ran.code == 2);
  CHECK(contents(step) == "before\n\n" + text);
  CHECK(bench.assay({"explain", "r.json", "--summary", "-"}, {{"GITHUB_STEP_SUMMARY", step}}).output == text);
  CHECK(contents(step) == "before\n\n" + text);

  SUBCASE("but not beyond what GitHub shows") {
    bench.write("step.md", std::string(999'999, 'x'));
    const auto full = bench.assay(one_trial({}), {{"GITHUB_STEP_SUMMARY", step}});
    CHECK(full.code == 2);
    CHECK(contains(full.errors, "it is full"));
    CHECK(contents(step).size() == 999'999);
  }
}

TEST_CASE("only one thing goes to stdout, and it is alone there") {
  const Bench bench;
  const auto drawn = bench.assay(one_trial({"--junit", "-"}));
  CHECK(drawn.code == 2);
  CHECK(faults_in_junit(drawn.output) == "");
  CHECK(drawn.errors == "");
  const auto both = bench.assay(one_trial({"--junit", "-", "--summary", "-"}));
  CHECK(both.code == 64);
  CHECK(contains(both.errors, "only one of"));
}

TEST_CASE("a planted defect that is found as expected makes nothing red") {
  const Bench bench;
  std::vector<std::string> arguments{"run", profile("planted/reorders"), profile("embedded/at-most-once"), "--as-expected", "--stop-on-violation",
                                     "--report", "r.json", "--junit", "j.xml", "--summary", "s.md", "--quiet"};
  const auto ran = bench.assay(arguments);
  CAPTURE(ran.errors);
  CHECK(ran.code == 0);
  const auto xml = contents(bench.directory() / "j.xml");
  CHECK(faults_in_junit(xml) == "");
  for (const auto& one : cases_in(xml)) CHECK(one.ends_with(": passed"));
  CHECK(contains(xml, "as expected: "));
  CHECK(contains(contents(bench.directory() / "s.md"), "### assay: 1 violated, 1 upheld\n"));
  CHECK(bench.assay({"explain", "r.json", "--junit", "-"}).output == xml);

  SUBCASE("and one that is not found does") {
    arguments.insert(arguments.end(), {"--faults", "none", "--set", "workload.messages=0"});
    const auto missed = bench.assay(arguments);
    CHECK(missed.code != 0);
    const auto cases = cases_in(contents(bench.directory() / "j.xml"));
    CHECK(cases.back() == "result as expected: failure not_as_expected");
  }
}

TEST_CASE("a profile whose system is not there is an error beside the others, and no old file passes for a new one") {
  const Bench bench;
  bench.write("j.xml", "from yesterday");
  const std::map<std::string, std::string> no_server{{"PATH", "/nonexistent"}};
  const auto ran = bench.assay({"run", profile("redis/streams-aof"), "--junit", "j.xml", "--report", "r.json"}, no_server);
  CHECK(ran.code == 69);
  CHECK(cases_in(contents(bench.directory() / "j.xml")) == std::vector<std::string>{"run: error unavailable"});
  CHECK(bench.assay({"explain", "r.json", "--junit", "-"}).output == contents(bench.directory() / "j.xml"));

  bench.write("j.xml", "from yesterday");
  CHECK(bench.assay(one_trial({"--junit", "j.xml", "--out", bench.write("file", "")})).code == 64);
  CHECK_FALSE(fs::exists(bench.directory() / "j.xml"));
}

TEST_CASE("plain progress is lines on stderr, and none is silence") {
  const Bench bench;
  const auto plain = bench.assay(one_trial({"--progress", "plain", "--quiet"}));
  CHECK(lines_in(plain.errors) == 1);
  CHECK(contains(plain.errors, "embedded/at-least-once  "));
  CHECK_FALSE(contains(plain.errors, "\x1b"));
  CHECK(bench.assay(one_trial({"--progress", "none"})).errors == "");
  CHECK(bench.assay(one_trial({"--progress", "plein"})).code == 64);
}
