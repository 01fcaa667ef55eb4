// A pipeline of the user's own stands between producer and consumer and records
// nothing. When its trial has come to rest, when a fault of it has landed, and
// what it is blamed for.
#include <doctest/doctest.h>

#include "checker/cells.hpp"
#include "checker/weigh.hpp"
#include "story.hpp"

using namespace assay;

namespace {

// It may hold a message for 50 ms that neither channel shows.
const Ground through_pipeline{.foreign_broker = true, .foreign_agents = {"pipeline"}, .pipeline_ms = 50};

std::string replaced(std::string text, const std::string& old, const std::string& fresh) {
  const auto at = text.find(old);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old.size(), fresh);
}

std::string without(const std::string& text, const std::string& line) { return replaced(text, line + "\n", "\n"); }

const std::string work = R"(
harness plan.message m1
harness plan.message m2
harness plan.message canary
harness process.start target=pipeline-0#1 status=ready
c session.open
p send.invoke m1
p send.ok m1
p send.invoke m2
p send.ok m2
c deliver m1
)";
const std::string canary = "p send.invoke canary\np send.ok canary\nc deliver canary\n";
const std::string empty = "auditor backlog ready=0 leased=0 delayed=0 prepared=0\n";
const std::string one_left = "auditor backlog ready=1 leased=0 delayed=0 prepared=0\n";
const std::string drained = "harness drain.end empty=true source=backlog\n";
const std::string end_of_all = R"(
harness process.exit target=pipeline-0#1 status=signal_15
harness process.exit target=producer-0#1 status=exit_0
harness process.exit target=consumer-0#1 status=exit_0
auditor sink.row m1
auditor sink.row m2
)";
const std::string audited = empty + "harness process.exit target=auditor#1 status=exit_0\n";
const std::string wait_100_ms = "after 100 ms\n";

// Up to the end_of_all, with what happens in the drain.
std::string trial(const std::string& rest) { return work + "c deliver m2\n" + canary + rest + drained + end_of_all + audited; }

std::string why(const std::string& text, Ground ground = through_pipeline) { return judge(story(text), ground).not_quiescent; }

const std::string too_short = "the channels around the pipeline were not empty for 100 ms after the last delivery";

}  // namespace

TEST_CASE("a pipeline has come to rest when both channels were empty for twice as long as it may hold a message") {
  CHECK(why(trial(empty + wait_100_ms + empty)) == "");
  CHECK(why(trial(empty + empty)) == too_short);
  CHECK(why(trial(empty + "after 99 ms\n" + empty)) == too_short);
  CHECK(why(trial(empty + wait_100_ms)) == too_short);
  CHECK(why(trial(empty + empty), Ground{}) == "");  // the same trial without a pipeline
}

TEST_CASE("what comes out of a pipeline late begins the wait anew") {
  const std::string late = work + canary + empty + wait_100_ms + "c deliver m2\n";
  CHECK(why(late + empty + drained + end_of_all + audited) == too_short);
  CHECK(why(late + empty + "after 99 ms\n" + empty + drained + end_of_all + audited) == too_short);
  CHECK(why(late + empty + wait_100_ms + empty + drained + end_of_all + audited) == "");
  CHECK(why(work + canary + empty + wait_100_ms + empty + drained + "c deliver m2\n" + end_of_all + audited) == too_short);
}

TEST_CASE("a backlog in between begins the wait anew") {
  CHECK(why(trial(empty + wait_100_ms + one_left + empty)) == too_short);
  CHECK(why(trial(empty + wait_100_ms + one_left + empty + wait_100_ms + empty)) == "");
  CHECK(why(trial(empty + wait_100_ms + empty + one_left)) == too_short);
}

TEST_CASE("what comes out of a pipeline after the drain tells that it was not at rest") {
  const auto late = replaced(trial(empty + wait_100_ms + empty), end_of_all + empty, end_of_all + one_left);
  CHECK(why(late) == "something came out of the pipeline after the drain");
}

TEST_CASE("the wait begins after the healing") {
  const std::string fault = "harness fault.plan kind=kill target=pipeline-0 trigger=random#1\n"
                            "harness fault.do kind=kill target=pipeline-0 trigger=random#1\n";
  const std::string heal = "harness fault.heal kind=kill target=pipeline-0 trigger=random#1\n";
  const auto at = [&](const std::string& first, const std::string& second) {
    return work + "c deliver m2\n" + fault + first + heal + canary + second + drained + end_of_all + audited;
  };
  CHECK(why(at("", empty + wait_100_ms + empty)) == "");
  CHECK(why(at(empty + wait_100_ms, empty)) == too_short);
}

TEST_CASE("a pipeline may end as it likes, but not before the drain has ended") {
  const auto whole = trial(empty + wait_100_ms + empty);
  const std::string end = "harness process.exit target=pipeline-0#1 status=signal_15";
  CHECK(why(replaced(whole, "signal_15", "exit_3")) == "");
  CHECK(why(without(whole, end)) == "pipeline-0#1 has no end on record");
  CHECK(why(replaced(without(whole, end), drained, end + "\n" + drained)) == "pipeline-0#1 ended before the drain");
  CHECK(why(without(whole, "harness process.start target=pipeline-0#1 status=ready")) == "no pipeline was started");
}

namespace {

const std::string begin = R"(
harness plan.message m1
harness plan.message canary
harness process.start target=pipeline-0#1 status=ready
c session.open
p send.invoke m1
p send.ok m1
p passed P.before_send 3
)";
const std::string trigger = " target=pipeline-0 trigger=producer-0:P.before_send#1\n";

std::string kill_at(const std::string& kind_of_trigger = trigger, const std::string& last_point = "P.before_send") {
  return "harness fault.plan kind=kill" + kind_of_trigger + "harness fault.do kind=kill" + kind_of_trigger +
         "harness process.exit target=pipeline-0#1 status=signal_9\n" +
         "harness fault.proof kind=kill target=pipeline-0#1 trigger=x#1 wait_status=9" +
         (last_point.empty() ? "" : " last_point=" + last_point) + "\nharness process.start target=pipeline-0#2 status=ready\n" +
         "harness fault.heal kind=kill" + kind_of_trigger;
}

const std::string rest = "c deliver m1\n" + canary + empty + wait_100_ms + empty + drained;
const std::string successor_ends = "harness process.exit target=pipeline-0#2 status=signal_15\n";
const std::string others_end = "harness process.exit target=producer-0#1 status=exit_0\nharness process.exit target=consumer-0#1 status=exit_0\n"
                               "auditor sink.row m1\n" + audited;

FaultFinding examined(const std::string& text) {
  const auto judgement = judge(story(text), through_pipeline);
  REQUIRE(judgement.fault);
  return *judgement.fault;
}

const std::string zombie = begin + "harness fault.plan kind=pause" + trigger + "harness fault.do kind=pause" + trigger +
                           "harness process.stopped target=pipeline-0#1\n"
                           "harness fault.proof kind=pause target=pipeline-0#1 trigger=x#1 wait_status=4991 last_point=P.before_send\n"
                           "harness process.start target=pipeline-0#2 status=ready\nc deliver m1\n"
                           "harness process.continued target=pipeline-0#1\nharness fault.heal kind=pause" + trigger;
const std::string zombie_ends = "harness process.exit target=pipeline-0#1 status=signal_15\n";
const std::string calm = canary + empty + wait_100_ms + empty + drained;

}  // namespace

TEST_CASE("a kill of a pipeline landed when its successor lived to the end of the drain") {
  CHECK(examined(begin + kill_at() + rest + successor_ends + others_end).why_not == "");
  CHECK(examined(begin + kill_at() + successor_ends + rest + others_end).why_not == "pipeline-0#2 did not live to the end of the drain");
  CHECK(examined(begin + kill_at() + rest + others_end).why_not == "pipeline-0#2 did not live to the end of the drain");
  CHECK(examined(without(begin + kill_at() + rest + successor_ends + others_end, "harness process.start target=pipeline-0#2 status=ready")).why_not ==
        "pipeline-0#2 did not become ready");
  CHECK(examined(begin + replaced(kill_at(), "wait_status=9", "wait_status=15") + rest + successor_ends + others_end).why_not ==
        "the target did not die by SIGKILL");
}

TEST_CASE("a pause of a pipeline landed when both lived to the end of the drain") {
  CHECK(examined(zombie + calm + zombie_ends + successor_ends + others_end).why_not == "");
  CHECK(judge(story(zombie + calm + zombie_ends + successor_ends + others_end), through_pipeline).not_quiescent == "");
  CHECK(examined(zombie + zombie_ends + calm + successor_ends + others_end).why_not == "pipeline-0#1 did not live to the end of the drain");
  CHECK(examined(zombie + successor_ends + calm + zombie_ends + others_end).why_not == "pipeline-0#2 did not live to the end of the drain");
  CHECK(judge(story(zombie + zombie_ends + calm + successor_ends + others_end), through_pipeline).not_quiescent ==
        "pipeline-0#1 was stopped, went on and ended before the drain");
  const std::string started = "harness process.start target=pipeline-0#2 status=ready";
  const auto late = replaced(without(zombie, started), "harness fault.heal", started + "\nharness fault.heal");
  CHECK(examined(late + calm + zombie_ends + successor_ends + others_end).why_not == "pipeline-0#2 was not there while pipeline-0#1 was stopped");
}

TEST_CASE("a random kill of a pipeline is classed by whether a message was on its way through") {
  const std::string random = " target=pipeline-0 trigger=random#1\n";
  const auto cell = [&](const std::string& before, const std::string& after) {
    return examined(begin + before + kill_at(random, "") + after + calm + successor_ends + others_end).cell;
  };
  CHECK(cell("", "c deliver m1\n") == "pipeline:holding");
  CHECK(cell("c deliver m1\n", "") == "pipeline:idle");
}

TEST_CASE("a pipeline is blamed for what did not come out of it, and for what came out twice") {
  const auto origins = [](const std::string& text) {
    std::string said;
    for (const auto& clause : judge(story(text), through_pipeline).clauses)
      if (clause.clause.scope == Scope::committed)
        for (const auto& witness : clause.witnesses) said += witness.what + ": " + witness.origin + "; ";
    return said;
  };
  const auto lost = begin + canary + empty + wait_100_ms + empty + drained +
                    "harness process.exit target=pipeline-0#1 status=signal_15\n" + without(others_end, "auditor sink.row m1");
  CHECK(origins(lost) == "1/producer-0/1 was acknowledged and never took effect: never came out of the pipeline; ");
  const auto twice = begin + "c deliver m1 copy=q/1\nc deliver m1 copy=q/2\n" + canary + empty + wait_100_ms + empty + drained +
                     "harness process.exit target=pipeline-0#1 status=signal_15\n" + "auditor sink.row m1\n" + others_end;
  CHECK(origins(twice) == "1/producer-0/1 took effect twice: pipeline; ");
  const auto sent_again = "p send.invoke m1 attempt=2\np send.ok m1 attempt=2\n" + canary;  // which of the two came out twice?
  CHECK(origins(replaced(twice, canary, sent_again)) == "1/producer-0/1 took effect twice: producer-retry or pipeline; ");
}

TEST_CASE("a pipeline is a target at every window of producers and consumers") {
  Judgement control{.trial = 1};
  control.reached["P.before_send"].insert("producer-0");
  control.reached["C.received"].insert("consumer-0");
  const Terms terms{.claim = parse_claim("exactly-once @ committed"), .kinds = {"kill", "pause"}, .targets = {"pipeline"},
                    .ground = through_pipeline};
  std::string cells;
  for (const auto& cell : relevant_cells(control, terms)) cells += cell.kind + " " + cell.target + " at " + cell.window + "; ";
  CHECK(cells == "kill pipeline at P.before_send; pause pipeline at P.before_send; kill pipeline at C.received; pause pipeline at C.received; ");
}
