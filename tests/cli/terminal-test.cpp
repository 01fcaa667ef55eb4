#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "checker/evidence.hpp"
#include "cli/explain.hpp"
#include "cli/text.hpp"
#include "tests/cli/sample-run.hpp"

using namespace assay;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::vector<nlohmann::ordered_json>& all_reports() {
  static const auto made = [] {
    std::vector<nlohmann::ordered_json> reports;
    for (const auto& run : {violated_run(), upheld_run(), inconclusive_run()})
      for (const auto& one : {run, grown(run), hostile(run), hostile(grown(run))}) reports.push_back(one.report());
    return reports;
  }();
  return made;
}

const Look simple{.colour = false, .utf8 = true, .columns = 88};

}  // namespace

TEST_CASE("a violated run shows claim, witness, windows, verdict and how to see it again") {
  CHECK(result_text(violated_run().report(), simple) ==
        R"(  embedded 0.1.0, consumer acknowledges after processing
  exactly-once @ committed under kill                                             seed 7

violated: no-dup @ committed: 12/producer-0/17 took effect twice
  --> runs/7/trials/000012.hist:18

         ms   embedded            consumer-0#1        sink
      0.000   ●─deliver queue/17─▶│                   │
      2.000   │                   ✗ kill at C.effect_before_ack
              │                   ○ #2 restarted      │
      9.000   ●─deliver, 2nd─────▶│                   │
     29.000   │                   │                   ■ first row, by consumer-0#1
     30.000   │                   │                   ■ second row, by consumer-0#2

  = origin redelivery; trial kill:consumer-0@consumer-0:C.effect_before_ack#3
  = passes without the fault: delivered once, 1 row in the sink
  = also at B.ack_recv: 30/producer-0/2 took effect twice

  anomalies of landed faults
  C.effect_before_ack        kill consumer      D 28 of 30
  B.ack_recv                 kill broker        D 2 of 3
  2 other windows                               - 0 of 7
  D duplicated, - none that the claim forbids

violated  exactly-once @ committed                                                19.3 s
  found       117 duplicated of 61,400 messages sent, 2 causes
  evidence    first after 7 landed faults; 1.62 duplicates per landed kill
              lower 95 % bound 0.805 per landed kill of consumer at C.effect_before_ack
  held        at-least-once @ committed, exactly-once @ stored
  also seen   4 misflagged
  not tested  pause, stop, stall, network, node crash, several brokers, 1 window not
              reached
  report      runs/7/report.json
  reproduce   assay run embedded/acknowledge-after-process --seed 7 --only kill:consumer-0@consumer-0:C.effect_before_ack#3
)");
}

TEST_CASE("an upheld run folds its windows and says what the verdict rests on") {
  CHECK(result_text(upheld_run().report(), simple) ==
        R"(  embedded 0.1.0, consumer acknowledges after processing
  exactly-once @ committed under kill                                             seed 7

  anomalies of landed faults
  1 window                   kill producer      - 0 of 10, at least 10 in each
  2 windows                  kill consumer      - 0 of 52, at least 22 in each
  1 window                   kill broker        - 0 of 10, at least 10 in each

upheld  exactly-once @ committed                                                  19.3 s
  evidence    no violation in 72 landed faults over 4 windows, at least 10 in each
              upper 95 % bound 0.259 per landed fault in the weakest window
              0.0408 per landed fault pooled over the tested mix
  exercised   no-dup 300, no-loss 58,020
  not tested  pause, stop, stall, network, node crash, several brokers, 1 window not
              reached
  report      runs/7/report.json
)");
}

TEST_CASE("an inconclusive run says what is missing and what would settle it") {
  CHECK(result_text(inconclusive_run().report(), simple) ==
        R"(  embedded 0.1.0, consumer acknowledges after processing
  exactly-once @ committed under kill                                             seed 7

  anomalies of landed faults
  C.received                 kill consumer      - 0 of 0, 3 needed
  1 other window                                - 0 of 3

inconclusive  exactly-once @ committed                                            19.3 s
  no-loss, no-dup
              not exercised: no fault landed
              settle it: drop --faults none
  no anomaly was seen; that is not yet evidence
  not tested  kill, pause, stop, stall, network, node crash, several brokers, 1 window
              not reached
  report      runs/7/report.json
)");
}

TEST_CASE("a run without evidence as a whole says so before its clauses") {
  SampleRun run = inconclusive_run();
  run.weighing.reason = Reason::interrupted;
  run.weighing.detail = "the run was stopped before its plan was done";
  const std::string text = result_text(run.report(), simple);
  CHECK(has(text, "  run         interrupted: the run was stopped before its plan was done\n"));
  CHECK(has(text, "  settle it: run again, with a longer --timeout or none\n"));
}

TEST_CASE("the evidence of an upheld run is three lines at most") {
  const auto evidence = [](const SampleRun& run) {
    const auto lines = lines_of(result_text(run.report(), simple));
    const auto first = std::find_if(lines.begin(), lines.end(), [](const auto& l) { return l.starts_with("  evidence"); });
    const auto last = std::find_if(first, lines.end(), [](const auto& l) { return l.starts_with("  exercised"); });
    return std::vector<std::string>(first, last);
  };
  SampleRun run = upheld_run();
  run.weighing.cells[1].window = run.weighing.cells[0].window;
  measure(run.weighing, run.judgements, run.plan.terms);
  SUBCASE("cells are counted where a window has several") {
    CHECK(evidence(run) == std::vector<std::string>{
                               "  evidence    no violation in 72 landed faults over 4 cells, at least 10 in each",
                               "              upper 95 % bound 0.259 per landed fault in the weakest cell",
                               "              0.0408 per landed fault pooled over the tested mix"});
  }
  SUBCASE("a bound that was asked for is what they end with") {
    run.plan.terms.until_p = 0.3;
    CHECK(evidence(run) == std::vector<std::string>{
                               "  evidence    no violation in 72 landed faults over 4 cells, at least 10 in each",
                               "              upper 95 % bound 0.259 per landed fault in the weakest cell",
                               "              each below 0.3 by itself; all at once below 0.355, pooled 0.0408"});
  }
  SUBCASE("an enumeration is called one") {
    run.plan.sweep = true;
    run.judgements.resize(2);
    CHECK(evidence(run) == std::vector<std::string>{
                               "  evidence    no violation in 72 landed faults over 4 cells, at least 10 in each",
                               "              an enumeration: bounds need independent draws"});
  }
}

TEST_CASE("an anomaly of the control trial came before any fault") {
  SampleRun run = violated_run();
  run.weighing.bounds.faults_until_violation = 0;
  run.weighing.bounds.duplicates_per_kill = 0;
  CHECK(has(result_text(run.report(), simple), "  evidence    first before any fault landed\n"));
}

TEST_CASE("no enumeration prints a bound anywhere") {
  for (SampleRun run : {violated_run(), upheld_run()}) {
    run.plan.sweep = true;
    run.judgements.resize(2);
    const auto report = run.report();
    const auto all = result_text(report, simple) + explain_verdict(report, simple) + report["statement"].get<std::string>();
    CHECK(!has(all, "95 %"));
    CHECK(has(all, "an enumeration: bounds need independent draws"));
  }
}

TEST_CASE("explain bounds every window") {
  SampleRun run = upheld_run();
  run.plan.terms.until_p = 0.2;
  CHECK(has(explain_verdict(run.report(), simple), "upper 95 % bound 0.127 per landed fault, from 22; below 0.2\n"));
  CHECK(has(explain_verdict(run.report(), simple), "upper 95 % bound 0.259 per landed fault, from 10; not below 0.2\n"));
  CHECK(has(explain_verdict(run.report(), simple), "upper 95 % bound 0.451 per landed fault, from 5\n"));
  CHECK(has(explain_verdict(violated_run().report(), simple),
            "upper 95 % bound 0.988, lower 0.805 per landed fault, from 30\n"));
  CHECK(has(explain_verdict(inconclusive_run().report(), simple), "no bound: nothing landed here that came to rest\n"));
}

TEST_CASE("a lowered floor stands in the verdict line") {
  SampleRun run = upheld_run();
  run.weighing.lowered_floors = {"3 -> 1 per window"};
  CHECK(has(result_text(run.report(), simple), "upheld  exactly-once @ committed (floors lowered: 3 -> 1 per window)"));
}

TEST_CASE("a result has at most 40 lines of 88 columns, but its reproduce line is whole") {
  for (const auto& report : all_reports()) {
    for (const int columns : {20, 60, 88, 300}) {
      const auto lines = lines_of(result_text(report, {.colour = false, .utf8 = columns != 60, .columns = columns}));
      CAPTURE(report["verdict"]);
      CAPTURE(columns);
      CHECK(lines.size() <= 40);
      for (const auto& line : lines)
        if (!line.starts_with("  reproduce ")) CHECK(columns_of(line) <= std::clamp(columns, 40, 88));
      if (report["verdict"] == "violated")
        CHECK(lines.back() == "  reproduce   " + command_line(report["reproduce"].get<std::vector<std::string>>()));
    }
  }
}

TEST_CASE("a narrow terminal has a line for each event of a witness, in few words") {
  CHECK(has(result_text(violated_run().report(), {.colour = false, .utf8 = true, .columns = 60}), R"(
      0.000  consumer-0#1    ● delivered, copy queue/17
      2.000  consumer-0      ✗ kill at C.effect_before_ack
      9.000  consumer-0#2    ● delivered, copy queue/17, ag…
     29.000  auditor#1       ● row, by consumer-0#1
     30.000  auditor#1       ■ row, by consumer-0#2
)"));
}

TEST_CASE("a long witness is folded in the middle and keeps its end") {
  const auto report = grown(violated_run()).report();
  for (const int columns : {79, 80}) {
    const auto lines = lines_of(result_text(report, {.colour = false, .utf8 = true, .columns = columns}));
    const auto folded = std::find_if(lines.begin(), lines.end(), [](const auto& line) { return line.ends_with(" more events"); });
    REQUIRE(folded != lines.end());
    CHECK(has(*(folded + 1), "deliver"));
  }
  CHECK(has(result_text(report, {.colour = false, .utf8 = true, .columns = 79}), "■"));
}

TEST_CASE("the first cause is told in full and each other in a line, as far as 40 lines go; or all of them") {
  SampleRun run = violated_run();
  for (int i = 0; i < 20; ++i) run.weighing.found.push_back(run.weighing.found.back());
  const auto report = run.report();
  const auto brief = result_text(report, simple), whole = result_text(report, simple, Extent::whole);
  CHECK(lines_of(brief).size() == 40);
  CHECK(has(brief, "  = also at B.ack_recv: 30/producer-0/2 took effect twice\n"));
  CHECK(has(brief, " more causes, with --all: B.ack_recv, "));
  const auto causes_in = [](const std::string& text) {
    const auto lines = lines_of(text);
    return std::count_if(lines.begin(), lines.end(), [](const auto& line) { return line.starts_with("violated: no-dup"); });
  };
  CHECK(causes_in(brief) == 1);
  CHECK(causes_in(whole) == 22);
  CHECK_FALSE(has(whole, "--all"));
  CHECK(has(whole, "  P.before_send              kill producer      - 0 of 3\n"));
  CHECK(has(result_text(upheld_run().report(), simple, Extent::whole), "  C.effect_before_ack        kill consumer      - 0 of 30\n"));

  const auto explained = explain_verdict(report, simple);
  CHECK(has(explained, "  = also at B.ack_recv: 30/producer-0/2 took effect twice\n"));
  CHECK_FALSE(has(explained, "trial       30 "));
  CHECK(has(explain_verdict(report, simple, Extent::whole), "trial       30 kill:broker@broker:B.ack_recv#1\n"));
}

TEST_CASE("no raw byte of a foreign text reaches the terminal") {
  const auto harmless = [](const std::string& text) {
    for (const char* bad : {"\x1b", "\x07", "\r", "\xe2\x80\xae", "\xc2\x9b", "\xef\xbb\xbf", "\xff"})
      if (has(text, bad)) return false;
    return true;
  };
  for (const auto& report : all_reports()) {
    CHECK(harmless(result_text(report, simple)));
    CHECK(harmless(quiet_text(report, simple)));
    CHECK(harmless(suite_line(report, simple)));
    CHECK(harmless(explain_verdict(report, simple)));
    CHECK(lines_of(suite_line(report, simple)).size() == 1);
  }
  for (const auto& trial : hostile(violated_run()).trials) CHECK(harmless(timeline(trial, events_of(trial, "12/producer-0/17"), simple)));
}

TEST_CASE("no output claims more than a test can show") {
  for (const auto& run : {violated_run(), upheld_run(), inconclusive_run(), grown(violated_run())}) {
    const auto report = run.report();
    const std::string all = report.dump() + result_text(report, simple) + quiet_text(report, simple) +
                            suite_line(report, simple) + explain_verdict(report, simple) +
                            timeline(sample_trial(), events_of(sample_trial(), "12/producer-0/17"), simple);
    for (const std::string word : {"proved", "guarantees", "guaranteed", "safe", "verified", "100 %", "100%"}) {
      CAPTURE(word);
      CHECK(!has(all, word));
    }
  }
}

TEST_CASE("colour is used only where it is wanted") {
  for (const auto& report : all_reports()) {
    CHECK(!has(result_text(report, simple), "\x1b"));
    CHECK(has(result_text(report, {.colour = true, .utf8 = true, .columns = 88}), "\x1b[1;38;5;"));
  }
}

TEST_CASE("without UTF-8 every byte is ASCII") {
  const Look plain{.colour = false, .utf8 = false, .columns = 88};
  for (const auto& report : all_reports()) {
    const std::string all = result_text(report, plain) + suite_line(report, plain) + explain_verdict(report, plain);
    CHECK(std::all_of(all.begin(), all.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  }
}

TEST_CASE("quiet is the verdict, and how to reproduce a violation") {
  CHECK(lines_of(quiet_text(upheld_run().report(), simple)).size() == 1);
  const auto lines = lines_of(quiet_text(violated_run().report(), simple));
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].starts_with("violated  exactly-once @ committed"));
  CHECK(lines[1].starts_with("  reproduce   assay run "));

  auto kept = violated_run().report();
  kept["report"] = "";
  kept["directory"] = "/tmp/assay-run-abc";
  CHECK(has(quiet_text(kept, simple), "\n  kept in     /tmp/assay-run-abc\n"));
}

TEST_CASE("a suite has a line for each profile") {
  CHECK(suite_line(violated_run().report(), simple) ==
        "violated      embedded/acknowledge-after-process   117 duplicated                 19.3 s\n");
  CHECK(suite_line(inconclusive_run().report(), simple) ==
        "inconclusive  embedded/acknowledge-after-process   not exercised: no fault landed 19.3 s\n");
}

TEST_CASE("explain shows every clause, window and trial that a result folds") {
  const std::string text = explain_verdict(inconclusive_run().report(), simple);
  for (const std::string part : {"no-loss @ committed: inconclusive, not exercised: no fault landed",
                           "every acknowledged message is there at the end", "settle it: drop --faults none",
                           "P.before_send", "- 0 of 3\n", "planned 3,",
                           "not landed  13 kill:broker@random#4: the run was over", "C.acked: not reached",
                           "repeated    13 kill:broker@random#4: did not land"}) {
    CAPTURE(part);
    CHECK(has(text, part));
  }
  CHECK(has(explain_verdict(upheld_run().report(), simple), "no-aborted @ committed: not applicable\n"));
}

TEST_CASE("a report of another kind or none at all still prints") {
  for (const char* text : {"null", "{}", "[]", R"({"verdict": 3, "witnesses": [{}], "windows": [7], "clauses": "x"})",
                           R"({"verdict": "violated", "witnesses": [null]})"}) {
    const auto report = nlohmann::ordered_json::parse(text);
    CHECK(!result_text(report, simple).empty());
    CHECK(!explain_verdict(report, simple).empty());
    CHECK(!suite_line(report, simple).empty());
  }
}

TEST_CASE("the events of a message are its own, the acks of its deliveries, and what happened meanwhile") {
  CHECK(timeline(sample_trial(), events_of(sample_trial(), "12/producer-0/17"), simple) ==
        R"(      0.000  harness#1       ● planned                                                     trials/000012.hist:1
      1.000  harness#1       ● plan: kill consumer-0, at consumer-0:C.effect_before_ack#3  trials/000012.hist:2
      8.000  producer-0#1    ● send                                                        trials/000012.hist:9
      9.000  producer-0#1    ● send answered, copy queue/17                                trials/000012.hist:10
     10.000  consumer-0#1    ● delivered, copy queue/17, marked as first                   trials/000012.hist:12
     12.000  harness#1       ✗ kill consumer-0, at consumer-0:C.effect_before_ack#3        trials/000012.hist:4
     13.000  harness#1       ● consumer-0#1 ended, signal 9                                trials/000012.hist:5
     14.000  harness#1       ● consumer-0#2 started, ready                                 trials/000012.hist:6
     15.000  harness#1       ● kill consumer-0 is over                                     trials/000012.hist:7
     19.000  consumer-0#2    ● delivered, copy queue/17, marked as redelivered             trials/000012.hist:13
     21.000  consumer-0#2    ● ack, delivery 17                                            trials/000012.hist:15
     22.000  consumer-0#2    ● ack confirmed, delivery 17                                  trials/000012.hist:16
     39.000  auditor#1       ● one row in the sink, written by consumer-0#1                trials/000012.hist:17
     40.000  auditor#1       ● one row in the sink, written by consumer-0#2                trials/000012.hist:18
)");
  CHECK(events_of(sample_trial(), "12/producer-0/99").empty());
  CHECK(events_of(sample_trial(), "").empty());
}

TEST_CASE("an ack belongs to a message by its session and its tag") {
  const auto count = [](const Trial& trial) { return events_of(trial, "12/producer-0/17").size(); };
  Trial trial = sample_trial();
  Event& ack = trial.recordings[3].events[2];
  CHECK(count(trial) == 14);
  SUBCASE("another session") { ack.session = "s9"; }
  SUBCASE("another tag") { ack.tag = "16"; }
  SUBCASE("no tag and another position") { ack.tag.clear(); }
  CHECK(count(trial) == 13);
}

TEST_CASE("foreign text is made printable letter by letter") {
  CHECK(printable("plain ünïcödé 語") == "plain ünïcödé 語");
  CHECK(printable("a\x1b[31m\n\t") == "a\\x1b[31m\\x0a\\x09");
  CHECK(printable("\xff\xc3(\xed\xa0\x80\xc0\xaf") == "\\xff\\xc3(\\xed\\xa0\\x80\\xc0\\xaf");
  CHECK(printable("\xe2\x80\xae\xe2\x81\xa6\xc2\x85") == "\\u{202e}\\u{2066}\\u{0085}");
  CHECK(printable(std::string("a\0b", 3)) == "a\\x00b");
  CHECK(printable("\xf0\x9f\x92\xa5\xf4\x90\x80\x80") == "\xf0\x9f\x92\xa5\\xf4\\x90\\x80\\x80");
}

TEST_CASE("cutting counts columns, not bytes") {
  CHECK(columns_of("語a") == 3);
  CHECK(cut("語語語", 5, simple) == "語語…");
  CHECK(cut("語語語", 4, simple) == "語…");
  CHECK(cut("abcdef", 5, {.colour = false, .utf8 = false, .columns = 88}) == "ab...");
  CHECK(cut_middle("/a/very/long/path/report.json", 15, simple) == "/a/v…eport.json");
}

TEST_CASE("a shell reads a quoted argument back as it was") {
  CHECK(shell_quoted("kill:broker@producer-0:P.before_send#3") == "kill:broker@producer-0:P.before_send#3");
  CHECK(shell_quoted("exactly-once @ stored") == "'exactly-once @ stored'");
  CHECK(shell_quoted("it's") == "'it'\\''s'");
  CHECK(shell_quoted("") == "''");
  CHECK(shell_quoted("#x") == "'#x'");
  CHECK(shell_quoted("a\x1b'\n") == "$'a\\033\\'\\012'");
}

TEST_CASE("numbers are grouped by thousands") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(-1234567) == "-1,234,567");
  CHECK(counted(1, "window") == "1 window");
  CHECK(counted(2, "window") == "2 windows");
}
