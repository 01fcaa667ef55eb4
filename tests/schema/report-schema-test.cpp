#include <doctest/doctest.h>

#include "cli/schema.hpp"
#include "cli/text.hpp"
#include "tests/cli/sample-run.hpp"
#include "tests/schema/report-check.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

bool fits(const Json& report) { return schema_faults(report).empty(); }

// A report with one value replaced.
Json with(Json report, const char* pointer, const Json& value) {
  report[Json::json_pointer(pointer)] = value;
  return report;
}

std::string misfit(const char* pointer, const Json& value) {
  return joined(schema_faults(with(violated_run().report(), pointer, value)), "; ");
}

// The report of a run whose numbers add up.
Json sound() {
  Json report = upheld_run().report();
  report["accounts"]["planned"] = report["accounts"]["acked"] = report["accounts"]["sent"];
  report["faults"] = {{"planned", 72}, {"landed", 72}, {"not_landed", 0}, {"why_not", Json::array()}};
  report["trials"]["run"] = 73;
  for (Json& window : report["windows"]) window["landed"] = window["planned"] = 14;
  for (Json& window : report["windows"]) window["occurrences"] = window["decided"] = 14;
  report["bounds"]["decided"] = 4 * 14;
  report["bounds"]["cells"] = report["bounds"]["windows"] = 4;
  return report;
}

std::string sums_off(const char* pointer, const Json& value) { return joined(sum_faults(with(sound(), pointer, value)), "; "); }

}  // namespace

TEST_CASE("reports of every verdict fit their schema, and so do the longest and the most hostile") {
  for (const auto& run : {violated_run(), upheld_run(), inconclusive_run()}) {
    run.report();  // checks itself
    grown(run).report();
    hostile(run).report();
  }
}

TEST_CASE("no field of a report may be missing, and none may be null but where the report says so") {
  const Json report = violated_run().report();
  for (const auto& field : report.items()) {
    CAPTURE(field.key());
    Json without = report;
    without.erase(field.key());
    CHECK_FALSE(fits(without));
    CHECK(fits(with(report, ("/" + field.key()).c_str(), nullptr)) == (field.key() == "power" || field.key() == "as_expected" || field.key() == "shrink"));
  }
}

TEST_CASE("fields that are not known yet are welcome, at every depth") {
  Json report = violated_run().report();
  for (const char* place : {"", "/system", "/claim", "/clauses/0", "/windows/0", "/bounds", "/witnesses/0/events/0", "/accounts"})
    report[Json::json_pointer(std::string(place) + "/later")] = {{"any", "thing"}};
  CHECK(fits(report));
}

TEST_CASE("words that are none of a report's are refused") {
  CHECK(misfit("/schema", "assay-report/2") != "");
  CHECK(misfit("/verdict", "fine") != "");
  CHECK(misfit("/evidence", "hearsay") != "");
  CHECK(misfit("/claim/guarantee", "twice") != "");
  CHECK(misfit("/claim/scope", "everywhere") != "");
  CHECK(misfit("/clauses/0/id", "no-fun") != "");
  CHECK(misfit("/clauses/0/verdict", "maybe") != "");
  CHECK(misfit("/windows/0/anomalies", {"odd"}) != "");
  CHECK(misfit("/anomalies/odd", {{"count", 1}, {"forbidden", false}}) != "");
  CHECK(misfit("/witnesses/0/anomaly", "odd") != "");
  CHECK(misfit("/bounds/basis", "feeling") != "");
  CHECK(misfit("/windows/0/upper", 1.5) != "");
  CHECK(misfit("/accounts/lost", -1) != "");
  CHECK(misfit("/accounts/lost", "none") != "");
}

TEST_CASE("a verdict and its reason go together") {
  CHECK(misfit("/reason", "unresolved") != "");
  CHECK(misfit("/verdict", "inconclusive") != "");
  CHECK(misfit("/verdict", "upheld") != "");  // there are witnesses
  CHECK(misfit("/witnesses", Json::array()) != "");
  CHECK(misfit("/clauses/0/violations", 0) != "");
  CHECK(misfit("/clauses/1/reason", "environment") != "");
  const Json inconclusive = inconclusive_run().report();
  CHECK(fits(inconclusive));
  CHECK_FALSE(fits(with(inconclusive, "/reason", "")));
  CHECK_FALSE(fits(with(inconclusive, "/verdict", "upheld")));
}

TEST_CASE("bounds are for draws alone") {
  const Json report = upheld_run().report();
  REQUIRE(report["bounds"]["widest"].is_number());
  CHECK_FALSE(fits(with(report, "/bounds/basis", "enumeration")));
}

TEST_CASE("several reports in one file fit, and each of them must") {
  const Json one = upheld_run().report(), other = violated_run().report();
  const Json none = Json::array();
  CHECK(fits({{"schema", "assay-reports/1"}, {"reports", {one, other}}, {"missing", none}}));
  CHECK(fits({{"schema", "assay-reports/1"}, {"reports", none}, {"missing", {{{"profile", "a"}, {"reason", "unavailable"}, {"why", "b"}}}}}));
  CHECK_FALSE(fits({{"schema", "assay-reports/1"}, {"reports", {one}}, {"missing", {{{"profile", "a"}}}}}));
  CHECK_FALSE(fits({{"schema", "assay-reports/1"}, {"reports", {one, with(other, "/verdict", "fine")}}, {"missing", none}}));
  CHECK_FALSE(fits({{"schema", "assay-reports/1"}}));
  CHECK_FALSE(fits({{"reports", {one}}}));
}

TEST_CASE("numbers of a report that contradict each other are found") {
  CHECK(joined(sum_faults(sound()), "; ") == "");
  CHECK(sums_off("/accounts/acked", 3) == "accounts: sent = acked + failed + unanswered");
  CHECK(sums_off("/accounts/recovered", 1) == "accounts: recovered <= unanswered");
  CHECK(sums_off("/accounts/redeliveries", 1) == "accounts: redeliveries <= deliveries");
  CHECK(sums_off("/accounts/lost", 1'000'000) == "accounts: lost <= acked");
  CHECK(sums_off("/accounts/planned", 1) == "accounts: sent <= planned");
  CHECK(sums_off("/faults/not_landed", 1) == "faults: planned = landed + not_landed");
  CHECK(sums_off("/trials/run", 71) == "trials: run >= planned faults");
  CHECK(sums_off("/trials/unresolved_count", 1) == "trials: unresolved lists all, or 100");
  CHECK(sums_off("/windows/0/planned", 13) == "window P.before_send: landed <= planned");
  CHECK(sums_off("/windows/0/occurrences", 15) == "window P.before_send: occurrences <= landed");
  CHECK(sums_off("/windows/0/violating", 1) == "window P.before_send: violating with anomalies");
  CHECK(sums_off("/windows/0/decided", 13) == "bounds: decided = the sum over windows with a floor");
  CHECK(sums_off("/bounds/cells", 5) == "bounds: cells = windows with a floor");
  CHECK(sums_off("/clauses/0/verdict", "inconclusive") == "verdict: upheld where all claimed clauses are");
  CHECK(sums_off("/clauses/0/verdict", "violated") ==
        "verdict: violated where a claimed clause is; verdict: upheld where all claimed clauses are");
  CHECK(sums_off("/anomalies/lost", {{"count", 1}, {"forbidden", true}}) ==
        "anomalies: one is forbidden where the verdict is violated");
  CHECK(sums_off("/sweep", {{"landed", 1}, {"planned", 0}, {"cells", Json::array()}}) == "sweep: landed = the sum over its cells");
}
