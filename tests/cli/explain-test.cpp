#include <doctest/doctest.h>

#include "cli/explain-profile.hpp"
#include "cli/explain-topic.hpp"
#include "cli/text.hpp"
#include "tests/cli/sample-run.hpp"

using namespace assay;

namespace {

constexpr Look simple{.colour = false, .utf8 = true, .columns = 88};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a clause is explained with its verdict, where it broke, and what shows it") {
  auto report = violated_run().report();
  report["windows"][2]["clauses"] = {{{"clause", "no-dup @ committed"}, {"violating", 28}}};
  report["windows"][3]["clauses"] = {{{"clause", "no-dup @ committed"}, {"violating", 2}}};
  CHECK(explain_clause(report, "no-dup", simple) == R"(no-dup @ committed
  means       no message is there more than once; what counts is the effect, a row in
              the sink
  verdict     violated
  exercised   300 times, floor 30 (landed faults after which the group went on
              receiving)
  faults      72 landed faults
  violations  117
  broken at   C.effect_before_ack, kill of consumer: 28 of 30 landed faults
  broken at   B.ack_recv, kill of broker: 2 of 3 landed faults
  held        after all 7 landed faults in 2 cells (window, kind, target); upper 95 %
              bound 0.632 per landed fault in the weakest clean one
  witness 1   12/producer-0/17 took effect twice; origin redelivery; at
              C.effect_before_ack
  witness 2   30/producer-0/2 took effect twice; origin redelivery; at B.ack_recv
)");
}

TEST_CASE("an open clause says what would settle it, one that was not judged says so") {
  const auto text = explain_clause(inconclusive_run().report(), "no-loss @ committed", simple);
  CHECK(has(text, "  verdict     inconclusive, not exercised: no fault landed\n"));
  CHECK(has(text, "  settle it   drop --faults none\n"));
  CHECK(has(explain_clause(violated_run().report(), "fifo", simple), "  verdict     none: this run did not judge it\n"));
}

TEST_CASE("a window is explained with who passes it, what struck there, and how to strike it once") {
  CHECK(explain_window(violated_run().report(), "C.effect_before_ack", simple) == R"(C.effect_before_ack
  means       the effect is committed and the ack not yet sent
  passed by   consumer, here in the role acknowledge-after-process

kill of consumer
  faults      planned 30, landed 30 at 30 different occurrences, floor 3
  violating   28: duplicated
  bound       upper 95 % bound 0.988, lower 0.805 per landed fault, from 30
  strike it   assay run embedded/acknowledge-after-process --seed 7 --only kill:consumer-0@consumer-0:C.effect_before_ack#1
)");
  const auto once = [](SampleRun run, const std::string& window) { return explain_window(run.report(), window, simple); };
  CHECK(has(once(violated_run(), "C.acked"), "not tested  the control trial of this run did not pass it\n"));
  CHECK(has(once(violated_run(), "B.appended"), "not tested  this run planned no fault here\n"));
  CHECK(has(once(inconclusive_run(), "P.before_send"), "--only kill:producer-0@producer-0:P.before_send#1\n"));
  CHECK(has(once(upheld_run(), "broker:idle"), "no command aims at it"));
}

TEST_CASE("a topic is a clause, a window or a message, and any other word is told its neighbour") {
  const auto report = violated_run().report();
  CHECK(topic_of(report, "no-dup") == Topic::clause);
  CHECK(topic_of(report, "no-dup @ committed") == Topic::clause);
  CHECK(topic_of(report, "fifo") == Topic::clause);
  CHECK(topic_of(report, "C.effect_before_ack") == Topic::window);
  CHECK(topic_of(report, "12/producer-0/17") == Topic::message);
  CHECK_THROWS_WITH_AS(topic_of(report, "no-dupp"), "explain: no clause, window or message is called \"no-dupp\"; did you mean no-dup?", UsageError);
  CHECK_THROWS_WITH_AS(topic_of(report, "C.recieved"), "explain: no clause, window or message is called \"C.recieved\"; did you mean C.received?", UsageError);
  CHECK_THROWS_AS(topic_of(report, "\x1b[2J"), UsageError);
}

TEST_CASE("no explanation lets a foreign byte through") {
  for (const auto& run : {violated_run(), inconclusive_run()}) {
    const auto report = hostile(run).report();
    std::string text = explain_clause(report, "no-loss", simple) + explain_clause(report, "no-dup", simple);
    for (const auto& cell : report["windows"]) text += explain_window(report, cell["window"], simple);
    for (const char* bad : {"\x1b", "\x07", "\r", "\xe2\x80\xae", "\xc2\x9b"}) CHECK_FALSE(has(text, bad));
  }
}

TEST_CASE("a profile is explained before it runs") {
  const auto profile = load_profile(std::string(ASSAY_SOURCE_DIR) + "/profiles/embedded/at-least-once.json");
  auto plan = make_plan(profile, system_of(profile), 1, "");
  plan.system["version"] = "0.1.0";
  CHECK(explain_profile(plan, "embedded/at-least-once", simple) == R"(embedded/at-least-once
  about       The embedded broker, whose consumers process a message and then
              acknowledge it.
  claim       at-least-once @ committed
              no-loss: every acknowledged message is there at the end
              no-phantom: nothing is there that nobody sent
              no-corruption: what is there is what was sent
  broker      embedded 0.1.0; assay starts it, with data of its own for each job
  producers   1, retry-until-acknowledged: sends each message until the system answers
              that it has it
  consumers   1, acknowledge-after-process: processes a message, then acknowledges it
  workload    100 messages of 64 bytes in each trial, 1 in flight
  faults      kill, pause of broker, consumer, producer, one in a trial; kills at 10
              random moments of each
  at windows  P.before_send, B.recv, B.appended, B.durable_before_reply, B.replied,
              P.sent_before_ack, P.acked_before_cursor, P.cursor_saved, C.received,
              C.effect_before_ack, B.ack_recv, B.ack_durable_before_reply, C.acked
  floors      3 landed faults for each window, kind and target; for each clause 30
              landed faults and 30 chances to fail
  trials      a control trial without a fault, then about 90; more where faults do not
              land or floors are not reached
  not tested  stop, stall, network, node crash, several brokers
  expected    upheld
  run it      assay run embedded/at-least-once
)");
}
