#include <doctest/doctest.h>

#include "cli/html/html-page.hpp"
#include "tests/cli/sample-run.hpp"
#include "tests/html/read-page.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::size_t times_in(const std::string& text, const std::string& part) { return between(text, part, "").size(); }

std::string diagram_in(const std::string& page) {
  return between(page, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"diagram\"", "</svg>").at(0);
}

Json event(double t_ms, const std::string& process, const std::string& name, const std::string& say) {
  return {{"t_ms", t_ms}, {"process", process},           {"incarnation", 1}, {"event", name},
          {"say", say},   {"file", "trials/000001.hist"}, {"record", 7}};
}

// Each witness by itself.
Json violated() {
  Json report = violated_run().report();
  for (auto& witness : report["witnesses"]) witness["passing"] = nullptr;
  return report;
}

Json beside_a_passing_run() {
  Json report = violated();
  report["witnesses"][0]["passing"] = {
      {"trial", 1},
      {"what", "the same trial without its fault"},
      {"message", "1/producer-0/17"},
      {"events",
       {event(0, "consumer-0", "deliver", "delivered, copy queue/17, marked as first"),
        event(1, "consumer-0", "ack.invoke", "ack, delivery 17"),
        event(2, "consumer-0", "ack.confirmed", "ack confirmed, delivery 17"),
        event(9, "auditor", "sink.row", "one row in the sink, written by consumer-0#1")}},
      {"pairs", {{0, 0}, {3, 3}}},
      {"differs_at", 2}};
  report["witnesses"][0]["passing_reason"] = "";
  return report;
}

Json lost() {
  Json report = violated();
  auto& witness = report["witnesses"][0];
  witness["anomaly"] = "lost";
  witness["clause"] = "no-loss @ committed";
  witness["origin"] = "not stored";
  witness["events"] = {event(0, "producer-0", "send.invoke", "send, attempt 1001"),
                       event(0.4, "producer-0", "send.ok", "send answered, attempt 1001, copy t14/1"),
                       event(0.9, "harness", "fault.proof", "proof of kill broker#9, signal 9, last window B.replied"),
                       event(21.4, "harness", "drain.end", "drain ends, on backlog")};
  return report;
}

}  // namespace

TEST_CASE("a witness is drawn event by event, and told in a table with the place of each") {
  const Json report = violated();
  const std::string page = html_page(report), drawn = diagram_in(page), words = words_in(page);
  CHECK(times_in(drawn, "<g class=\"event") == 5);
  for (const auto& one : report["witnesses"][0]["events"]) CHECK(holds(words, one["say"]));
  CHECK(holds(words, "30.000 auditor#1 sink.row one row in the sink, written by consumer-0#2 trials/000012.hist:18"));
  CHECK(holds(page, "<tr id=\"event-4-row\">"));
  CHECK(holds(drawn, "aria-label=\"30.000 ms, auditor#1: one row in the sink, written by consumer-0#2\""));
}

TEST_CASE("a kill is a cross, and the two effects of a duplicate are joined") {
  const std::string drawn = diagram_in(html_page(violated()));
  CHECK(times_in(drawn, "class=\"cross\"") == 1);
  CHECK(times_in(drawn, "class=\"bracket\"") == 1);
  CHECK(holds(drawn, ">twice</text>"));
  CHECK(times_in(drawn, "class=\"fact bad\"") == 1);
  CHECK(holds(drawn, ">kill, at consumer-0:C.effect_before_ack#3</text>"));
}

TEST_CASE("a loss ends in an empty square that says at which stage") {
  const std::string drawn = diagram_in(html_page(lost()));
  CHECK(times_in(drawn, "class=\"missing\"") == 1);
  CHECK(holds(drawn, ">lost: not stored</text>"));
  CHECK(holds(drawn, ">sink</text>"));
  CHECK(times_in(drawn, "class=\"arrow reply\"") == 1);
  CHECK_FALSE(holds(diagram_in(html_page(violated())), "class=\"missing\""));
}

TEST_CASE("a passing run stands beside, and a band marks where the two part") {
  const std::string page = html_page(beside_a_passing_run()), drawn = diagram_in(page);
  CHECK(faults_in_markup(page) == "");
  CHECK(times_in(drawn, "class=\"band\"") == 1);
  CHECK(times_in(drawn, "<g class=\"event") == 9);
  CHECK(holds(drawn, "id=\"event-0\" data-other=\"passing-0\" data-side=\"here\""));
  CHECK(holds(drawn, "id=\"passing-3\" data-other=\"event-3\" data-side=\"there\""));
  CHECK(holds(words_in(page),
              "On the right a run that passes: the same trial without its fault, message 1/producer-0/17."));
  CHECK(holds(page, "<tr id=\"passing-3-row\">"));
  CHECK_FALSE(holds(diagram_in(html_page(violated())), "class=\"band\""));
}

TEST_CASE("without a passing run the page says why") {
  Json report = violated();
  report["witnesses"][0]["passing"] = nullptr;
  report["witnesses"][0]["passing_reason"] = "it breaks without a fault";
  CHECK(holds(words_in(html_page(report)), "No passing run beside it: it breaks without a fault."));
}

TEST_CASE("a page tells how often a witness came again, and from what it was shrunk") {
  Json report = violated();
  report["witnesses"][0]["replays"] = {{"n", 20}, {"violated", 19}};
  report["shrink"] = {{"from", {{"fault", "kill:broker@random#4"}, {"messages", 100}}},
                      {"to", {{"fault", "kill:consumer-0@consumer-0:C.effect_before_ack#1"}, {"messages", 1}}},
                      {"steps", Json::array()},
                      {"tried", 7}};
  const std::string words = words_in(html_page(report));
  CHECK(holds(words, " 19 of 20 replays violated "));
  CHECK(holds(words,
              "shrunk from kill:broker@random#4 with 100 messages to "
              "kill:consumer-0@consumer-0:C.effect_before_ack#1 with 1 message; 7 plans tried"));
  CHECK_FALSE(holds(words_in(html_page(violated())), "replays"));
}

TEST_CASE("every cause has a panel with its own command, and an id that can be linked to") {
  const std::string page = html_page(violated()), words = words_in(page);
  CHECK(
      holds(page, "<section class=\"witness\" id=\"witness-1\" data-tab=\"kill at C.effect_before_ack: 28 of 30\">"));
  CHECK(holds(page, "<section class=\"witness\" id=\"witness-2\" data-tab=\"kill at B.ack_recv: 2 of 3\">"));
  CHECK(holds(page, "<a class=\"letter found\" href=\"#witness-1\">D</a>"));
  CHECK(holds(words,
              "Reproduce this one assay run embedded/acknowledge-after-process --seed 7 --only "
              "kill:broker@broker:B.ack_recv#1"));
}

TEST_CASE("the picture can be seen where the style was dropped") {
  for (const Json& report : {violated(), lost(), beside_a_passing_run()}) {
    for (const auto& tag : tags_in(html_page(report))) {
      const bool filled = tag.starts_with("<rect") || tag.starts_with("<circle") || tag.starts_with("<path") ||
                          tag.starts_with("<text");
      CAPTURE(tag);
      if (filled) CHECK(holds(tag, " fill=\""));
      if (tag.starts_with("<line")) CHECK(holds(tag, " stroke=\"#"));
    }
  }
}
