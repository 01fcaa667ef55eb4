#include <doctest/doctest.h>

#include <algorithm>
#include <regex>
#include <sstream>

#include "cli/markdown.hpp"
#include "cli/sequence.hpp"
#include "cli/summary.hpp"
#include "cli/text.hpp"
#include "tests/cli/sample-run.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::vector<SampleRun> every_kind() { return {violated_run(), upheld_run(), inconclusive_run()}; }

// Without what is shown as it is, between backticks.
std::string outside_code(const std::string& text) {
  static const std::regex code("```[a-z]*\\n[^]*?\\n```|`[^`\\n]*`");
  return std::regex_replace(text, code, "");
}

Json suite(const std::vector<Json>& reports) { return {{"schema", "assay-reports/1"}, {"reports", reports}, {"missing", Json::array()}}; }

}  // namespace

TEST_CASE("a summary begins with verdict, claim and what happened") {
  const std::string text = summary(violated_run().report());
  CHECK(text.starts_with(R"(### violated: exactly-once @ committed (embedded/acknowledge-after-process)

embedded 0.1.0 violated exactly-once @ committed under kill: 12/producer-0/17 took effect twice. In all 117 duplicated; 2 causes. )"));
  CHECK(holds(text, R"(
| found | 117 duplicated of 61,400 messages sent, 2 causes |
| held | at-least-once @ committed, exactly-once @ stored |
)"));
  CHECK(holds(text, R"(```sh
assay run embedded/acknowledge-after-process --seed 7 --only kill:consumer-0@consumer-0:C.effect_before_ack#3
```)"));
}

TEST_CASE("a witness is drawn as a sequence of what went from whom to whom") {
  const Json report = violated_run().report();
  CHECK(sequence_diagram(report, report["witnesses"][0]) == R"(sequenceDiagram
  participant l0 as embedded
  participant l1 as consumer-0
  participant l2 as sink
  l0->>l1: delivered, copy queue/17, marked as first
  Note over l0,l2: kill consumer-0, at consumer-0 C.effect_before_ack 3
  Note over l1: incarnation 2
  l0->>l1: delivered, copy queue/17, marked as redelivered
  Note over l2: one row in the sink, written by consumer-0 1
  rect rgba(213, 94, 0, 0.18)
  Note over l2: one row in the sink, written by consumer-0 2
  end
)");
  CHECK(sequence_diagram(report, report["witnesses"][1]) == "");
}

TEST_CASE("a long witness is folded, and one with too many lanes is not drawn") {
  Json witness = violated_run().report()["witnesses"][0];
  while (witness["events"].size() < 100) witness["events"].push_back(witness["events"][0]);
  const std::string folded_diagram = sequence_diagram(violated_run().report(), witness);
  CHECK(holds(folded_diagram, ": 71 more events\n"));
  CHECK(std::count(folded_diagram.begin(), folded_diagram.end(), '\n') < 50);
  for (auto& event : witness["events"]) event["say"] = "long words " + std::string(1'000, 'w'), event["incarnation"] = &event - &witness["events"][0];
  CHECK(sequence_diagram(violated_run().report(), witness).size() < 5'000);
  for (std::size_t i = 0; i < 9; ++i) witness["events"][i * 2]["process"] = "consumer-" + std::to_string(i);
  CHECK(sequence_diagram(violated_run().report(), witness) == "");
}

TEST_CASE("mermaid is given nothing that it could read as its own") {
  CHECK(mermaid_label("a;b#c\n%% end:\"<script>`") == "a b c -end- script");
  CHECK(mermaid_label("\xe2\x80\xae") == "-");
  CHECK(mermaid_label("ended, drain ends") == "ended, drain ends");
  CHECK(mermaid_label(std::string(10'000, 'w')).size() <= 60);
  CHECK(mermaid_label("delivered, copy t5/203, attempt 2001, marked as first, delivery 1 by the count") == "delivered, copy t5/203, attempt 2001, marked as first");
  CHECK(mermaid_label("C.effect_before_ack, 12/producer-0") == "C.effect_before_ack, 12/producer-0");
}

TEST_CASE("windows that broke have a row each, the others share one, and each count says of how many") {
  CHECK(holds(summary(violated_run().report()), R"(
| anomalies of landed faults | kill |
|---|---|
| `C.effect_before_ack` consumer | **D** 28 of 30 |
| `B.ack_recv` broker | **D** 2 of 3 |
| other windows | - 0 of 7 in 2 cells, at least 3 in each |

D duplicated, - none that the claim forbids
)"));
  CHECK(holds(summary(inconclusive_run().report()), "| `C.received` consumer | - 0 of 0, 3 needed |\n"));
  CHECK(holds(summary(upheld_run().report()), "| all windows | - 0 of 72 in 4 cells, at least 10 in each |\n"));
}

TEST_CASE("an inconclusive summary says first what would settle it, and never sounds like success") {
  const std::string text = summary(inconclusive_run().report());
  CHECK(holds(text, "- no-loss, no-dup: not exercised: no fault landed\n  settle it: `drop --faults none`\n"));
  CHECK(text.find("settle it") < text.find("| held |"));
  const std::string heading = text.substr(0, text.find("\n\n|"));
  for (const char* word : {"upheld", "passed", "success"}) CHECK_FALSE(holds(heading, word));
}

TEST_CASE("each bound says to what faults it refers") {
  CHECK(holds(summary(upheld_run().report()), "no violation in 72 landed faults over 4 windows, at least 10 in each; upper 95 % bound 0.259 per landed "
                                              "fault in the weakest window; 0.0408 per landed fault pooled over the tested mix; 72 of 73 faults landed"));
}

TEST_CASE("lowered floors and what was expected are told") {
  SampleRun run = violated_run();
  run.weighing.lowered_floors = {"3 -> 1 landed faults per window"};
  run.plan.profile.expect = {.verdict = Verdict::violated, .anomalies = {"lost"}, .reason = ""};
  run.facts.as_expected = false;
  const std::string text = summary(run.report());
  CHECK(holds(text, "| floors lowered | 3 -&gt; 1 landed faults per window |"));
  CHECK(holds(text, "The profile expects `violated: lost`; it came otherwise."));
}

TEST_CASE("several profiles have a line each, and a section if they were not upheld") {
  Json reports = suite({upheld_run().report(), violated_run().report(), inconclusive_run().report()});
  reports["missing"] = {{{"profile", "redis/streams"}, {"reason", "unavailable"}, {"why", "no redis-server in PATH"}}};
  const std::string text = summary(reports);
  CHECK(text.starts_with(R"(### assay: 1 violated, 1 inconclusive, 1 upheld, 1 without a result

| verdict | profile | claim | |
|---|---|---|---|
| **no result** | redis/streams | | no redis-server in PATH |
| upheld | embedded/acknowledge-after-process | exactly-once @ committed |  |
| violated | embedded/acknowledge-after-process | exactly-once @ committed | 117 duplicated |
| inconclusive | embedded/acknowledge-after-process | exactly-once @ committed | not exercised: no fault landed |
)"));
  CHECK(holds(text, "\n### violated: "));
  CHECK(holds(text, "\n### inconclusive: "));
  CHECK_FALSE(holds(text, "\n### upheld: "));

  SUBCASE("what came as expected needs no section") {
    for (auto& report : reports["reports"]) report["as_expected"] = true;
    CHECK_FALSE(holds(summary(reports), "\n### violated: "));
    CHECK(holds(summary(reports), "| violated, as expected | "));
  }
  SUBCASE("an upheld run that was expected to break has one") {
    reports["reports"][0]["as_expected"] = false;
    CHECK(holds(summary(reports), "\n### upheld: "));
    CHECK(holds(summary(reports), "| upheld, **not as expected** | "));
  }
}

TEST_CASE("a page that is full leaves sections out whole, and names them") {
  std::vector<Json> many;
  for (int i = 0; i < 40; ++i) {
    many.push_back(violated_run().report());
    many.back()["profile"]["name"] = "profile-" + std::to_string(i);
  }
  const std::string text = summary(suite(many));
  CHECK(text.size() < 60'000);
  CHECK(holds(text, "Left out, for this page is full ("));
  CHECK(holds(text, "profile-39.\n"));
  CHECK_FALSE(holds(text, "(profile-39)"));

  const std::string crowd = summary(suite(std::vector<Json>(1000, upheld_run().report())));
  CHECK(crowd.size() < 60'000);
  CHECK(holds(crowd, "1,000 upheld"));
  CHECK(holds(crowd, "more profiles"));
}

TEST_CASE("whatever a report holds, the summary keeps its shape") {
  for (const SampleRun& run : every_kind())
    for (const SampleRun& made : {grown(run), hostile(run), hostile(grown(run))}) {
      const std::string text = summary(made.report());
      CHECK(text.size() < 60'000);
      CHECK(valid_utf8(text) == text);
      CHECK(std::none_of(text.begin(), text.end(), [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; }));
      for (const char* mark : {"\xe2\x80\xae", "\xef\xbb\xbf"}) CHECK_FALSE(holds(text, mark));
      CHECK_FALSE(holds(outside_code(text), "</script"));
      std::istringstream lines(text);
      int fences = 0, open = 0, close = 0;
      for (std::string line; std::getline(lines, line);) {
        fences += line.starts_with("```");
        open += line.starts_with("<details>");
        close += line.starts_with("</details>");
      }
      CHECK(fences % 2 == 0);
      CHECK(open == close);
    }
}

TEST_CASE("text from outside stays in its cell, calls nobody and links to nothing") {
  CHECK(prose("a|b `c` *d* _e_ <f> [g](h) \\ ~") == "a\\|b \\`c\\` \\*d\\* \\_e\\_ &lt;f&gt; \\[g\\](h) \\\\ \\~");
  CHECK(prose("@team #12 https://x www.y") == "@&#8203;team \\#&#8203;12 https:&#8203;//x www&#8203;.y");
  CHECK(prose("exactly-once @ committed") == "exactly-once @ committed");
  CHECK(prose("line\nbreak \x1b[2J") == "line\\\\x0abreak \\\\x1b\\[2J");
  CHECK(prose("- item") == "\\- item");
  CHECK(columns_of(prose(std::string(10'000, 'w'))) <= 300);
  CHECK(code_span("a|b`c\n") == "`a\\x7cb\\x60c\\x0a`");
  CHECK(code_span("") == "");
  CHECK(fenced("text", "```\nevil\n````") == "`````text\n```\nevil\n````\n`````\n");
}

TEST_CASE("no words are used in a summary that a test cannot back") {
  for (const SampleRun& run : every_kind())
    for (const char* word : {"proved", "safe", "100 %", "guaranteed"}) CHECK_FALSE(holds(summary(run.report()), word));
}
