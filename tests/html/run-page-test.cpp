// The run over time: the chart, what is said of it, and its table.
#include <doctest/doctest.h>

#include "cli/html/html-page.hpp"
#include "tests/cli/sample-run.hpp"
#include "tests/html/read-page.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Ten slices of 100 ms; a fault in trial 12 at 0.32 s, healed at 0.35 s.
SampleRun paced() {
  auto run = violated_run();
  for (std::size_t i = 0; i < run.judgements.size(); ++i)
    if (!run.judgements[i].fault) run.judgements[i].trial = 1;
  auto& pace = run.facts.pace;
  pace = {.from = 5'000'000'000, .slice_ns = 100'000'000, .slices = std::vector<Slice>(10), .trials = {}};
  for (auto& slice : pace.slices) slice = {.acked = 20, .effects = 20, .redelivered = 0, .duplicated = 0, .underway = 50'000'000};
  pace.slices[4].redelivered = pace.slices[4].duplicated = 3;
  pace.trials[1] = {.from = 5'000'000'000, .to = 5'200'000'000, .struck = std::nullopt, .healed = std::nullopt};
  pace.trials[12] = {.from = 5'200'000'000, .to = 6'000'000'000, .struck = 5'320'000'000, .healed = 5'350'000'000};
  return run;
}

std::string chart_of(const std::string& page) {
  const auto charts = between(page, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\"", "</svg>");
  return charts.size() == 1 ? charts[0] : "";
}

}  // namespace

TEST_CASE("the run is drawn, told and tabled") {
  const std::string page = html_page(paced().report()), words = words_in(page), chart = chart_of(page);
  CHECK(faults_in_markup(page) == "");
  REQUIRE(chart != "");
  for (const char* row : {">effects<", ">in flight<", ">redelivered<", ">faults<", ">control<"}) CHECK(holds(chart, row));
  CHECK_FALSE(holds(chart, ">acknowledged<"));
  CHECK(holds(chart, "class=\"fault\""));  // one fault is a band
  CHECK(holds(chart, "class=\"repeat bad\""));
  CHECK(holds(words, "1.00 s: 200 effects, 1 of 1 fault landed, 3 deliveries were repeats, 3 effects were one too many."));
  CHECK(holds(words, "control 0.00 0.20 40 40 0 0 0 0 "));
}

TEST_CASE("a series that is zero throughout is no row") {
  auto run = paced();
  for (auto& slice : run.facts.pace.slices) slice.redelivered = slice.duplicated = 0;
  CHECK_FALSE(holds(chart_of(html_page(run.report())), ">redelivered<"));
  for (auto& slice : run.facts.pace.slices) slice.effects = 0;
  const auto chart = chart_of(html_page(run.report()));
  CHECK_FALSE(holds(chart, ">effects<"));
  CHECK(holds(chart, ">acknowledged<"));
}

TEST_CASE("a report that tells nothing of time has no chart, and neither has one of before") {
  auto report = violated_run().report();
  CHECK_FALSE(holds(html_page(report), "class=\"chart\""));
  report.erase("series");
  report.erase("phases");
  report["faults"].erase("struck");
  CHECK(faults_in_markup(html_page(report)) == "");
  CHECK_FALSE(holds(html_page(report), "class=\"chart\""));
}

TEST_CASE("many faults are ticks and no bands") {
  auto report = paced().report();
  const Json strike = report["faults"]["struck"][0];
  for (int i = 0; i < 80; ++i) report["faults"]["struck"].push_back(strike);
  const auto chart = chart_of(html_page(report));
  CHECK_FALSE(holds(chart, "class=\"fault"));
  CHECK(holds(chart, "class=\"tick"));
}

TEST_CASE("a chart draws whatever numbers a report has") {
  for (const auto& odd : {Json("x"), Json(-5), Json(1e300), Json(nullptr)}) {
    auto report = paced().report();
    report["series"]["effects"][3] = odd;
    report["series"]["in_flight"][2] = odd;
    report["phases"][0]["to_ns"] = odd;
    report["faults"]["struck"][0]["at_ns"] = odd;
    const std::string page = html_page(report);
    CHECK(faults_in_markup(page) == "");
    CHECK_FALSE(holds(chart_of(page), "nan"));
    CHECK_FALSE(holds(chart_of(page), "inf"));
  }
}
