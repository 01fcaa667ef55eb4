// When a fault counts as landed, and in which cell.
#include <doctest/doctest.h>

#include "story.hpp"

using namespace assay;

namespace {

const std::string plan_and_send = R"(
  harness plan.message m1
  harness process.start target=broker#1 status=ready
  c session.open
  p send.invoke m1
  p send.ok m1
)";

struct Kill {
  std::string target = "consumer-0", trigger = "consumer-0:C.received#1", point = "C.received", wait_status = "9";
  bool proof = true, successor = true, heal = true;

  std::string text() const {
    const auto names = " kind=kill trigger=" + trigger;
    std::string story = "harness fault.plan" + names + " target=" + target + "\nharness fault.do" + names + " target=" + target +
                        "\nharness process.exit target=" + target + "#1 status=signal_9\n";
    if (proof) story += "harness fault.proof" + names + " target=" + target + "#1 wait_status=" + wait_status +
                        (point.empty() ? "" : " last_point=" + point) + "\n";
    if (successor) story += "harness process.start target=" + target + "#2 status=ready\n";
    if (heal) story += "harness fault.heal" + names + " target=" + target + "\n";
    return story;
  }
};

FaultFinding examined(const std::string& text, Ground ground = {}) {
  const auto judgement = judge(story(text), ground);
  REQUIRE(judgement.fault);
  return *judgement.fault;
}

const std::string works_again = "c#2 session.open\nc#2 deliver m1\n";

std::string why(const Kill& kill, const std::string& after = works_again) {
  return examined(plan_and_send + "c deliver m1\nc passed C.received 1\n" + kill.text() + after).why_not;
}

}  // namespace

TEST_CASE("a trial without a planned fault is the control trial") {
  CHECK_FALSE(judge(story(plan_and_send + good_end()), queue_ground()).fault);
}

TEST_CASE("a kill has landed when it is proven, localised and survived") {
  const auto fault = examined(plan_and_send + "c deliver m1\nc passed C.received 1\n" + Kill{}.text() + works_again);
  CHECK(fault == FaultFinding{.name = "kill:consumer-0@consumer-0:C.received#1",
                              .kind = "kill",
                              .target = "consumer-0",
                              .trigger = "consumer-0:C.received#1",
                              .landed = true,
                              .cell = "C.received",
                              .occurrence = 1,
                              .in_flight = 1,
                              .group_went_on = true});
}

TEST_CASE("a kill has not landed") {
  CHECK(why(Kill{}) == "");
  CHECK(why({.proof = false}) == "no proof of the kill is on record");
  CHECK(why({.wait_status = "15"}) == "the target did not die by SIGKILL");
  CHECK(why({.wait_status = "0"}) == "the target did not die by SIGKILL");
  CHECK(why({.point = ""}) == "no window was passed before it");
  CHECK(why({.point = "C.acked"}) == "it struck at C.acked");
  CHECK(why({.trigger = "consumer-0:C.received#2"}) == "it struck at another occurrence");
  CHECK(why({.successor = false}) == "consumer-0#2 did not become ready");
  CHECK(why({.heal = false}) == "it was not healed");
  CHECK(why(Kill{}, "") == "consumer-0#2 recorded nothing");
  CHECK(why(Kill{}, "c#2 environment level=warn line=x\n") == "consumer-0#2 recorded nothing");
}

TEST_CASE("a fault whose trigger was never reached has not landed and keeps its cell") {
  const auto fault = examined(plan_and_send + "harness fault.plan kind=kill target=consumer-0 trigger=consumer-0:C.acked#9\n" + good_end());
  CHECK_FALSE(fault.landed);
  CHECK(fault.why_not == "its trigger was not reached");
  CHECK(fault.cell == "C.acked");
}

TEST_CASE("the victim's own header must agree with the proof") {
  CHECK(examined(plan_and_send + "c deliver m1\nc passed C.acked 1\n" + Kill{}.text() + works_again).why_not ==
        "the victim's own mark is another window");
}

TEST_CASE("a broker without windows is localised by the agent that triggers") {
  const Kill kill{.target = "broker", .trigger = "producer-0:P.sent_before_ack#1", .point = "P.sent_before_ack"};
  const auto fault = examined(plan_and_send + kill.text() + "c deliver m1\n", {.foreign_broker = true});
  CHECK(fault.landed);
  CHECK(fault.cell == "P.sent_before_ack");
}

TEST_CASE("a random kill counts in the cell of the victim's last window, at its occurrence") {
  const Kill kill{.trigger = "random#4", .point = "C.received"};
  const auto fault = examined(plan_and_send + "c deliver m1\nc passed C.received 7\n" + kill.text() + works_again);
  CHECK(fault.landed);
  CHECK(fault.cell == "C.received");
  CHECK(fault.occurrence == 7);
}

TEST_CASE("a random kill of a foreign broker is classed by what was open around it") {
  const Kill kill{.target = "broker", .trigger = "random#4", .point = ""};
  const auto cell = [&](const std::string& before, const std::string& after) {
    return examined("harness plan.message m1\nharness process.start target=broker#1 status=ready\nc session.open\n" + before +
                        kill.text() + after,
                    {.foreign_broker = true})
        .cell;
  };
  CHECK(cell("p send.invoke m1\n", "p send.indeterminate m1\n") == "broker:send-open");
  CHECK(cell("p send.invoke m1\np send.ok m1\nc deliver m1\nc ack.invoke m1\n", "c ack.indeterminate m1\n") == "broker:ack-open");
  CHECK(cell("p send.invoke m1\np send.ok m1\n", "c deliver m1\n") == "broker:stored-not-taken");
  CHECK(cell("p send.invoke m1\np send.ok m1\nc deliver m1\n", "") == "broker:idle");
  CHECK(cell("", "") == "broker:idle");
}

TEST_CASE("messages in flight are those invoked and not yet acked by a consumer") {
  const auto in_flight = [&](const std::string& before) {
    return examined("harness plan.message m1\nharness plan.message m2\nc session.open\n" + before + Kill{}.text()).in_flight;
  };
  CHECK(in_flight("") == 0);
  CHECK(in_flight("p send.invoke m1\np send.ok m1\np send.invoke m2\n") == 2);
  CHECK(in_flight("p send.invoke m1\np send.ok m1\nc deliver m1\nc ack.invoke m1\nc ack.confirmed m1\np send.invoke m2\n") == 1);
}

TEST_CASE("a clause is exercised by what was in the system when the fault struck") {
  const std::string before = R"(
    harness plan.message m1
    harness plan.message m2
    harness plan.message m3
    c session.open
    p send.invoke m1
    p send.ok m1
    c deliver m1
    c ack.invoke m1
    c ack.confirmed m1
    p send.invoke m2
    p send.ok m2
    c deliver m2
    c passed C.received 2
  )";
  const std::string after = "c#2 session.open\nc#2 deliver m2\np send.invoke m3\np send.ok m3\nc#2 deliver m3\n";
  const Kill kill{.trigger = "consumer-0:C.received#2"};
  const auto judgement = judge(story(before + kill.text() + after + good_end("sink.row m1\nsink.row m2\nsink.row m3")), queue_ground());
  REQUIRE(judgement.fault->why_not == "");
  const auto* loss = judgement.find({Clause::no_loss, Scope::committed});
  CHECK(loss->exercised_calm == 3);
  CHECK(loss->exercised == 1);  // m1 was settled before, m3 came after
  CHECK(judgement.find({Clause::no_dup, Scope::committed})->exercised == 1);
}
