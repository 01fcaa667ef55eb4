#include <doctest/doctest.h>

#include "checker/history/files.hpp"
#include "cli/html/html-page.hpp"
#include "cli/report-text.hpp"
#include "cli/text.hpp"
#include "tests/cli/sample-run.hpp"
#include "tests/html/read-page.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::vector<SampleRun> every_kind() { return {violated_run(), upheld_run(), inconclusive_run()}; }

Json suite(const std::vector<Json>& reports) {
  return {{"schema", "assay-reports/1"}, {"reports", reports}, {"missing", Json::array()}};
}

// Holding it against the schema takes long: once for all.
const Json& grown_report() {
  static const Json report = grown(violated_run()).report();
  return report;
}

// As base64, the way a policy has it.
std::string source_of(const std::string& text) {
  const TemporaryDirectory folder;
  std::ofstream(folder / "text", std::ios::binary) << text;
  const Command sum{
      .argv = {"sh", "-c", "openssl dgst -sha256 -binary \"$1\" | base64", "sh", (folder / "text").string()}};
  std::string base64 = run_to_end(sum, Deadline::in(std::chrono::seconds(30))).output;
  base64.erase(base64.find_last_not_of('\n') + 1);
  return "'sha256-" + base64 + "'";
}

}  // namespace

TEST_CASE("a page is well-formed, and the same bytes again") {
  for (const SampleRun& run : every_kind()) {
    const Json report = run.report();
    const std::string page = html_page(report);
    CHECK(faults_in_markup(page) == "");
    CHECK(html_page(report) == page);
    CHECK(heading_of(page) != "");
    CHECK(page.size() < 200'000);
  }
}

TEST_CASE("the page says first what happened, and how to see it again") {
  const std::string page = html_page(violated_run().report()), words = words_in(page);
  CHECK(holds(page, "<title>violated: exactly-once @ committed on embedded \xC2\xB7 assay</title>"));
  CHECK(heading_of(page) ==
        "embedded 0.1.0 violated exactly-once @ committed under kill: 12/producer-0/17 took effect twice.");
  CHECK(holds(words,
              "In all 117 duplicated; 2 causes. In trial 12 consumer-0 was killed at C.effect_before_ack (the effect is "
              "committed and the ack not yet sent), and 12/producer-0/17 took effect twice: the system delivered it again "
              "(origin redelivery)."));
  CHECK(holds(words, "Claimed exactly-once @ committed under kill profile embedded/acknowledge-after-process"));
  CHECK(holds(words, "What held at-least-once @ committed, exactly-once @ stored"));
  CHECK(holds(words, "Evidence 117 duplicated of 61,400 messages sent, 2 causes"));
  CHECK(holds(words,
              "Reproduce assay run embedded/acknowledge-after-process --seed 7 --only "
              "kill:consumer-0@consumer-0:C.effect_before_ack#3 "));
}

TEST_CASE("verdict, clauses, windows and the command are there without style and script") {
  for (const SampleRun& run : every_kind()) {
    const Json report = run.report();
    const std::string words = words_in(html_page(report));
    CHECK(holds(words, " " + report["verdict"].get<std::string>() + " "));
    CHECK(holds(words, command_line(report["reproduce"])));
    for (const auto& clause : report["clauses"])
      CHECK(holds(words, clause_name(clause) + " " + clause["words"].get<std::string>()));
    for (const auto& cell : report["windows"]) {
      CHECK(holds(words, cell["window"]));
      CHECK(holds(words, grouped(cell["violating"]) + " of " + grouped(cell["landed"]) + " "));
    }
  }
}

TEST_CASE("a window has its bound beside its count, and those that were not struck have a row") {
  const std::string words = words_in(html_page(violated_run().report()));
  CHECK(holds(words, "C.effect_before_ack the effect is committed and the ack not yet sent D 28 of 30 p above 0.805 "));
  CHECK(holds(words, "C.acked "));
  CHECK(holds(words, "\xC2\xB7 not reached"));
  CHECK(holds(words_in(html_page(inconclusive_run().report())), "\xE2\x80\x93 0 of 0 3 needed"));
}

TEST_CASE("an inconclusive page never sounds like success, and says what would settle it before anything else") {
  const std::string page = html_page(inconclusive_run().report()), words = words_in(page);
  for (const char* word : {"upheld", "passed", "success"}) {
    CHECK_FALSE(holds(heading_of(page), word));
    CHECK_FALSE(holds(between(page, "<title>", "</title>").at(0), word));
  }
  CHECK(holds(words, "no-loss, no-dup: not exercised: no fault landed; to settle it: drop --faults none"));
  CHECK(words.find("to settle it") < words.find("What held"));
}

TEST_CASE("what an inconclusive run came across is told, and is no evidence") {
  SampleRun run = inconclusive_run();
  run.weighing.anomalies = {{"duplicated", 3}};
  run.weighing.forbidden = {"duplicated"};
  CHECK(holds(words_in(html_page(run.report())),
              "Evidence 72 of 73 faults landed seen: 3 duplicated, but not as evidence"));
}

TEST_CASE("a page runs nothing but its own style and script, and asks nobody") {
  const std::string page = html_page(violated_run().report());
  const auto styles = between(page, "<style>", "</style>"), scripts = between(page, "<script>", "</script>");
  REQUIRE(styles.size() == 1);
  REQUIRE(scripts.size() == 1);
  CHECK(styles[0] == contents(ASSAY_SOURCE_DIR "/cli/html/page.css"));
  CHECK(scripts[0] == contents(ASSAY_SOURCE_DIR "/cli/html/page.js"));
  CHECK(between(page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"") ==
        std::vector<std::string>{"default-src 'none'; style-src " + source_of(styles[0]) + "; script-src " +
                                 source_of(scripts[0]) + "; base-uri 'none'; form-action 'none'"});
  for (const char* caller : {" src=", "url(", "@import", "fetch(", "XMLHttpRequest", "innerHTML"})
    CHECK_FALSE(holds(page, caller));
  for (const auto& link : between(page, "href=\"", "\"")) CHECK(link.starts_with("#"));
}

TEST_CASE("every link leads to a place in the page, and no name is there twice") {
  Json violated = violated_run().report();
  violated["witnesses"][1]["events"] = violated["witnesses"][0]["events"];
  for (const Json& report : {violated, upheld_run().report(), suite({violated, violated})}) {
    const std::string page = html_page(report);
    auto names = between(page, " id=\"", "\"");
    std::sort(names.begin(), names.end());
    CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
    for (const auto& link : between(page, "href=\"#", "\"")) {
      CAPTURE(link);
      CHECK(std::binary_search(names.begin(), names.end(), link));
    }
  }
}

TEST_CASE("whatever a report holds, nothing of it becomes markup") {
  std::vector<Json> reports{grown_report(), hostile(grown(violated_run())).report()};
  for (const SampleRun& run : every_kind()) reports.push_back(hostile(run).report());
  for (const Json& report : reports) {
    const std::string page = html_page(report);
    CHECK(page.size() <= 1'000'000);
    CHECK(faults_in_markup(page) == "");
    CHECK(valid_utf8(page) == page);
    CHECK(std::none_of(page.begin(), page.end(), [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; }));
    for (const char* mark : {"\xe2\x80\xae", "\xef\xbb\xbf"}) CHECK_FALSE(holds(page, mark));
    CHECK(between(page, "<script", ">").size() == 1);
    CHECK(between(page, "</script", ">").size() == 1);
    CHECK(between(page, "<style", ">").size() == 1);
    for (const auto& name : attributes_in(page)) {
      CAPTURE(name);
      CHECK(name != "style");
      CHECK_FALSE(name.starts_with("on"));
    }
  }
}

TEST_CASE("a page that grows too large leaves out witnesses and says so, but no clause and no window") {
  Json report = grown_report();
  for (auto& event : report["witnesses"][0]["events"]) event["say"] = std::string(300, 's');
  for (std::size_t i = 1; i < 8; ++i) report["witnesses"][i]["events"] = report["witnesses"][0]["events"];
  for (int i = 0; i < 1'500; ++i)
    report["windows"].push_back(report["windows"][0]),
        report["windows"].back()["window"] = "P.window_" + std::to_string(i);
  const std::string page = html_page(report), words = words_in(page);
  CHECK(page.size() <= 1'000'000);
  CHECK(holds(words, "left out to keep this page below 1 MB: witnesses"));
  CHECK(holds(words, "P.window_1499 "));
  CHECK(between(page, "<tr data-verdict=", ">").size() == report["clauses"].size());
}

TEST_CASE("several profiles have a line and a section each") {
  Json reports = suite({upheld_run().report(), violated_run().report(), inconclusive_run().report()});
  reports["missing"] = {{{"profile", "some/profile"}, {"reason", "unavailable"}, {"why", "no server in PATH"}}};
  const std::string page = html_page(reports), words = words_in(page);
  CHECK(faults_in_markup(page) == "");
  CHECK(heading_of(page) == "1 violated, 1 inconclusive, 1 upheld, 1 without a result");
  CHECK(holds(words, "no result some/profile no server in PATH"));
  CHECK(holds(page, "<section id=\"p2-witness\">"));

  const std::string crowd = html_page(suite(std::vector<Json>(300, violated_run().report())));
  CHECK(crowd.size() <= 1'000'000);
  CHECK(heading_of(crowd) == "300 violated");
  CHECK(faults_in_markup(crowd) == "");
}

TEST_CASE("a history of others has inputs instead of trials, and says what was not judged") {
  Json report = violated_run().report();
  report["evidence"] = "history";
  report["checked"] = {
      {"inputs", {{{"name", "sent.txt"}, {"as", "sent"}, {"ids", 4}, {"empty", 0}}}},
      {"complete", true},
      {"not_judged", {{{"clause", "fifo"}, {"unlock", "JSON lines with `time` on every line"}, {"claimed", false}}}}};
  for (auto& event : report["witnesses"][0]["events"]) event["t_ms"] = 0, event["incarnation"] = 0;
  report["witnesses"][0]["passing"] = nullptr;  // a history has no other trial
  const std::string page = html_page(report), words = words_in(page);
  CHECK(faults_in_markup(page) == "");
  CHECK(holds(words, "Not judged fifo "));
  CHECK(holds(words, "sent.txt sent 4 ids "));
  CHECK(holds(words, "fifo give JSON lines with `time` on every line observed only"));
  for (const char* ours : {"retry-until-acknowledged", "faults landed", "0.000", "consumer-0#0", "Trial 12"})
    CHECK_FALSE(holds(words, ours));
}

TEST_CASE("what was expected is told, and floors that were lowered") {
  SampleRun run = violated_run();
  run.weighing.lowered_floors = {"3 -> 1 landed faults per window"};
  run.plan.profile.expect = {.verdict = Verdict::violated, .anomalies = {"lost"}, .reason = ""};
  run.facts.as_expected = false;
  const std::string words = words_in(html_page(run.report()));
  CHECK(holds(words, "expected: violated: lost; it came otherwise"));
  CHECK(holds(words, "floors lowered: 3 -> 1 landed faults per window"));
}

TEST_CASE("no words are used in a page that a test cannot back") {
  for (const SampleRun& run : every_kind())
    for (const char* word : {"proved", "safe", "100 %", "guaranteed", "guarantees"})
      CHECK_FALSE(holds(html_page(run.report()), word));
}
