#include <doctest/doctest.h>

#include <algorithm>

#include "cli/junit.hpp"
#include "cli/xml.hpp"
#include "tests/cli/sample-run.hpp"
#include "tests/junit/valid-junit.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

// The sample runs are weighed by hand: their trials do not say which clause broke.
Json with_broken_clause(Json report) {
  for (auto& cell : report["windows"])
    if (cell["violating"] > 0 && !cell["clauses"].empty()) cell["clauses"][0]["violating"] = cell["violating"];
  return report;
}

Json violated() { return with_broken_clause(violated_run().report()); }

Json several(const std::vector<Json>& reports) { return {{"schema", "assay-reports/1"}, {"reports", reports}}; }

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::vector<std::string> outcomes(const Json& report) {
  const std::string xml = junit(report);
  CHECK(faults_in_junit(xml) == "");
  return cases_in(xml);
}

}  // namespace

TEST_CASE("there is one case for each claimed clause and window, and a violating one fails by its anomaly") {
  CHECK(outcomes(violated()) ==
        std::vector<std::string>{"no-dup @ committed, kill producer at P.before_send: passed",
                                 "no-dup @ committed, kill consumer at C.received: passed",
                                 "no-dup @ committed, kill consumer at C.effect_before_ack: failure duplicated",
                                 "no-dup @ committed, kill broker at B.ack_recv: failure duplicated",
                                 "no-loss @ committed, kill producer at P.before_send: passed",
                                 "no-loss @ committed, kill consumer at C.received: passed",
                                 "no-loss @ committed, kill consumer at C.effect_before_ack: passed",
                                 "no-loss @ committed, kill broker at B.ack_recv: passed"});
}

TEST_CASE("a failure repeats its message, the timeline and how to see it again") {
  const std::string xml = junit(violated());
  CHECK(has(xml, R"(<failure type="duplicated" message="violated: no-dup @ committed: 12/producer-0/17 took effect twice; )"
                 R"(28 of 30 landed faults here violated it">violated: no-dup @ committed: 12/producer-0/17 took effect twice; )"
                 R"(28 of 30 landed faults here violated it

      0.000  consumer-0#1    ● delivered, copy queue/17, marked as first
      2.000  harness#1       ✗ kill consumer-0, at consumer-0:C.effect_before_ack#3
      9.000  consumer-0#2    ● delivered, copy queue/17, marked as redelivered
     29.000  auditor#1       ● one row in the sink, written by consumer-0#1
     30.000  auditor#1       ■ one row in the sink, written by consumer-0#2

reproduce: assay run embedded/acknowledge-after-process --seed 7 --only kill:consumer-0@consumer-0:C.effect_before_ack#3
</failure>)"));
  CHECK(has(xml, "reproduce: assay run embedded/acknowledge-after-process --seed 7 --only kill:broker@broker:B.ack_recv#1\n"));
}

TEST_CASE("a window whose witness is of another kind of fault does not borrow it") {
  Json report = violated();
  report["witnesses"][0]["fault"] = "pause:consumer-0@consumer-0:C.effect_before_ack#3";
  CHECK(has(junit(report), "message=\"violated: no-dup @ committed: 28 of 30 landed faults here violated it\">"));
  CHECK(has(junit(report), "the report shows no witness of this case"));
}

TEST_CASE("a violation without any fault is a case of the control trial") {
  Json report = violated();
  report["witnesses"][0]["fault"] = "control";
  report["witnesses"][0]["cell"] = "";
  const auto cases = outcomes(report);
  CHECK(cases[4] == "no-dup @ committed, control trial: failure duplicated");
  CHECK(has(junit(report), "reproduce: assay run embedded/acknowledge-after-process --seed 7 --faults none\n"));
}

TEST_CASE("in a violated run only windows with enough faults that came to rest pass") {
  Json report = violated();
  report["windows"][0]["landed"] = 2;
  report["windows"][1]["decided"] = 3;
  report["clauses"][1]["verdict"] = "violated";
  const auto cases = outcomes(report);
  CHECK(cases[0] == "no-dup @ committed, kill producer at P.before_send: error not_exercised");
  CHECK(cases[1] == "no-dup @ committed, kill consumer at C.received: error unresolved");
  CHECK(cases.back() == "no-loss @ committed: failure failure");
}

TEST_CASE("every case of an upheld run passes, and what the profile rules out is a property") {
  const Json report = upheld_run().report();
  for (const auto& one : outcomes(report)) CHECK(one.ends_with(": passed"));
  CHECK(outcomes(report).size() == 8);
  CHECK(has(junit(report), "<property name=\"not applicable no-aborted @ committed\" value=\"the profile rules it out\"/>"));
}

TEST_CASE("a clause without windows has a case of its own") {
  Json report = upheld_run().report();
  report["windows"].clear();
  CHECK(outcomes(report) == std::vector<std::string>{"no-dup @ committed: passed", "no-loss @ committed: passed"});
}

TEST_CASE("a clause that was only observed is a property and fails nothing") {
  Json report = violated();
  report["verdict"] = "upheld";
  report["clauses"][0]["claimed"] = false;
  for (const auto& one : outcomes(report)) CHECK(one.ends_with(": passed"));
  CHECK(has(junit(report), "<property name=\"observed no-dup @ committed\" value=\"violated, 117 violations; could have failed 300 times\"/>"));
}

TEST_CASE("inconclusive is an error, never skipped, and nothing of an inconclusive clause passes") {
  const std::string xml = junit(inconclusive_run().report());
  CHECK(cases_in(xml) == std::vector<std::string>{"no-loss @ committed, kill consumer at C.received: error not_exercised",
                                                  "no-loss @ committed, kill producer at P.before_send: error not_exercised",
                                                  "no-dup @ committed, kill consumer at C.received: error not_exercised",
                                                  "no-dup @ committed, kill producer at P.before_send: error not_exercised"});
  CHECK_FALSE(has(xml, "<skipped"));
  CHECK(has(xml, "message=\"inconclusive: 0 of 3 needed faults landed here\""));
  CHECK(has(xml, "message=\"inconclusive: no-loss @ committed not exercised: no fault landed\""));
  CHECK(has(xml, "settle it: drop --faults none"));
}

TEST_CASE("nothing passes in a run that is inconclusive as a whole") {
  Json report = upheld_run().report();
  report["verdict"] = "inconclusive";
  for (const std::string reason : {"environment", "interrupted"}) {
    report["reason"] = reason;
    const auto cases = outcomes(report);
    CHECK(cases.size() == 9);
    CHECK(cases.front() == "run: error " + reason);
    for (const auto& one : cases) CHECK(one.ends_with(": error " + reason));
  }
  SUBCASE("not even when it has no clause and no window") {
    report["windows"].clear();
    report["clauses"].clear();
    CHECK(outcomes(report) == std::vector<std::string>{"run: error interrupted"});
  }
}

TEST_CASE("whatever a report leaves out, its verdict shows") {
  const auto bare = [](const std::string& verdict) { return Json{{"schema", "assay-report/1"}, {"verdict", verdict}}; };
  CHECK(outcomes(bare("violated")) == std::vector<std::string>{"run: failure failure"});
  CHECK(outcomes(bare("inconclusive")) == std::vector<std::string>{"run: error inconclusive"});
  CHECK(outcomes(bare("upheld")) == std::vector<std::string>{"run: error unknown"});
  CHECK(outcomes(bare("")) == std::vector<std::string>{"run: error unknown"});

  Json contradiction = violated();
  contradiction["verdict"] = "upheld";
  CHECK(outcomes(contradiction).front() == "run: error unknown");
}

TEST_CASE("a violation that was expected fails nothing, but is told") {
  Json report = violated();
  report["expected"] = "violated: duplicated";
  report["as_expected"] = true;
  const auto cases = outcomes(report);
  CHECK(cases.size() == 9);
  for (const auto& one : cases) CHECK(one.ends_with(": passed"));
  CHECK(cases.back() == "result as expected: passed");
  CHECK(has(junit(report), "\nas expected: no-dup @ committed, kill consumer at C.effect_before_ack\nviolated: no-dup @ committed"));

  SUBCASE("what was not expected fails beside the real verdicts") {
    report["as_expected"] = false;
    report["expected"] = "violated: lost";
    CHECK(outcomes(report)[2].ends_with("failure duplicated"));
    CHECK(outcomes(report).back() == "result as expected: failure not_as_expected");
    CHECK(has(junit(report), "message=\"the profile expects &quot;violated: lost&quot;, the run came to &quot;violated: duplicated&quot;\""));
  }
  SUBCASE("so does an upheld run of a planted defect") {
    report = upheld_run().report();
    report["as_expected"] = false;
    report["expected"] = "violated: lost";
    CHECK(outcomes(report).back() == "result as expected: failure not_as_expected");
  }
}

TEST_CASE("several reports are several suites, and names stay unique") {
  const std::string xml = junit(several({violated(), upheld_run().report(), upheld_run().report()}));
  CHECK(faults_in_junit(xml) == "");
  const auto cases = cases_in(xml);
  REQUIRE(cases.size() == 24);
  CHECK(cases[16] == "no-dup @ committed, kill producer at P.before_send (3): passed");
  CHECK(junit(several({})) == "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n</testsuites>\n");
}

TEST_CASE("a profile that came to no report is an error") {
  Json reports = several({upheld_run().report()});
  reports["missing"] = {{{"profile", "redis/streams"}, {"reason", "unavailable"}, {"why", "no redis-server in PATH"}}};
  const std::string xml = junit(reports);
  CHECK(faults_in_junit(xml) == "");
  CHECK(cases_in(xml).back() == "run: error unavailable");
  CHECK(has(xml, "no result: no redis-server in PATH"));
}

TEST_CASE("when it was and for how long stands in the report, not on the clock") {
  SampleRun run = upheld_run();
  run.facts.started = "2026-11-20T22:31:07Z";
  CHECK(has(junit(run.report()), "timestamp=\"2026-11-20T22:31:07\" hostname=\"localhost\" tests=\"8\" failures=\"0\" errors=\"0\" skipped=\"0\" time=\"19.340\""));
  run.facts.started = "yesterday";
  CHECK(has(junit(run.report()), "timestamp=\"1970-01-01T00:00:00\""));
}

TEST_CASE("whatever a report holds, the file is valid") {
  for (const SampleRun& run : {violated_run(), upheld_run(), inconclusive_run()})
    for (const SampleRun& made : {grown(run), hostile(run), hostile(grown(run))}) {
      const std::string xml = junit(with_broken_clause(made.report()));
      CHECK(faults_in_junit(xml) == "");
      CHECK(xml.size() < 30'000'000);
      CHECK(std::none_of(xml.begin(), xml.end(), [](unsigned char c) { return c < 0x20 && c != '\n'; }));
    }
}

TEST_CASE("text from outside stays text") {
  CHECK(xml_element("a", {{"b", "</a>\"'&\n\x1b"}}, "]]>\x01<!--\xff\ntwo \xef\xbf\xbf\xe2\x80\xae") ==
        "<a b=\"&lt;/a&gt;&quot;'&amp;\\x0a\\x1b\">]]&gt;\\x01&lt;!--\\xff\ntwo \\u{ffff}\\u{202e}</a>\n");
}

TEST_CASE("no words are used that a test cannot back") {
  for (const SampleRun& run : {violated_run(), upheld_run(), inconclusive_run()})
    for (const char* word : {"proved", "safe", "100 %", "guaranteed"}) CHECK_FALSE(has(junit(run.report()), word));
}
