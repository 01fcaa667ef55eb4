// Faults after which the victim ends by itself or goes on: stop, paused, stall.
// When they count as landed, and what a zombie changes in a trial.
#include <doctest/doctest.h>

#include "story.hpp"

using namespace assay;

namespace {

constexpr auto stopped_by_sigstop = "4991";  // 19 << 8 | 0x7f

const std::string begin = R"(
  harness plan.message m1
  harness process.start target=broker#1 status=ready
  c session.open
  p send.invoke m1
  p send.ok m1
  c deliver m1
  c passed C.received 3
)";

std::string replaced(std::string text, const std::string& old, const std::string& fresh) {
  const auto at = text.find(old);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old.size(), fresh);
}

std::string without(const std::string& text, const std::string& line) { return replaced(text, line + "\n", "\n"); }

FaultFinding examined(const std::string& text, Ground ground = {}) {
  const auto judgement = judge(story(text), ground);
  REQUIRE(judgement.fault);
  return *judgement.fault;
}

std::string why(const std::string& text, Ground ground = {}) { return examined(text, ground).why_not; }

// The consumer holds m1 when it is paused; its successor takes m1 over; then the
// zombie goes on and applies and acknowledges what it still holds.
const std::string pause_begins = R"(
harness fault.plan kind=pause target=consumer-0 trigger=consumer-0:C.received#1
harness fault.do kind=pause target=consumer-0 trigger=consumer-0:C.received#1
harness process.stopped target=consumer-0#1 pid=77
harness process.start target=consumer-0#2 status=ready
)";
const std::string successor_works = R"(
c#2 session.open
c#2 deliver m1 redelivered=true count=2
c#2 ack.invoke m1
c#2 ack.confirmed m1
)";
const std::string pause_ends = R"(
harness fault.proof kind=pause target=consumer-0#1 trigger=consumer-0:C.received#1 wait_status=4991 last_point=C.received
harness process.continued target=consumer-0#1
)";
const std::string zombie_acks = "c effect.ok m1\nc ack.invoke m1\nc ack.refused m1\n";
const std::string pause_heals = "harness fault.heal kind=pause target=consumer-0 trigger=consumer-0:C.received#1\n";
const std::string paused = begin + pause_begins + successor_works + pause_ends + zombie_acks + pause_heals;

// good_end, in which the consumer that drains is the successor.
std::string end_beside_zombie(const std::string& zombie_end, const std::string& rows) {
  auto canary = canary_and_backlog();
  for (const std::string line : {"c deliver canary", "c ack.invoke canary", "c ack.confirmed canary"})
    canary = replaced(canary, line, "c#2 " + line.substr(2));
  auto last = replaced(farewell(rows), "target=consumer-0#1 status=exit_0", "target=consumer-0#2 status=exit_0");
  return zombie_end + canary + last;
}
const std::string zombie_finishes = "harness process.exit target=consumer-0#1 status=exit_0\n";

// A broker that is stopped while both agents wait for an answer.
const std::string stall = begin + R"(
c ack.invoke m1
harness plan.message m2
p send.invoke m2
harness fault.plan kind=stall target=broker trigger=producer-0:P.before_send#2
harness fault.do kind=stall target=broker trigger=producer-0:P.before_send#2
harness process.stopped target=broker#1 pid=5
harness fault.proof kind=stall target=broker#1 trigger=producer-0:P.before_send#2 wait_status=4991 last_point=P.before_send
p send.indeterminate m2
c ack.indeterminate m1
harness process.continued target=broker#1
harness fault.heal kind=stall target=broker trigger=producer-0:P.before_send#2
)";

std::string stop(const std::string& wait_status, const std::string& status) {
  const std::string names = " kind=stop trigger=consumer-0:C.received#3";
  return begin + "harness fault.plan target=consumer-0" + names + "\nharness fault.do target=consumer-0" + names +
         "\nharness process.exit target=consumer-0#1 status=" + status + "\nharness fault.proof target=consumer-0#1" + names +
         " wait_status=" + wait_status + " last_point=C.received\nharness process.start target=consumer-0#2 status=ready\n" +
         "harness fault.heal target=consumer-0" + names + "\nc#2 session.open\nc#2 deliver m1\n";
}

}  // namespace

TEST_CASE("a stop has landed when SIGTERM ended the target, whatever way") {
  CHECK(why(stop("15", "signal_15")) == "");
  CHECK(why(stop("0", "exit_0")) == "");
  CHECK(why(stop("768", "exit_3")) == "");
  CHECK(why(stop("9", "signal_9")) == "the target did not end on SIGTERM");
  CHECK(why(stop(stopped_by_sigstop, "none")) == "the target did not end on SIGTERM");
  CHECK(why(without(stop("15", "signal_15"), "c#2 session.open\nc#2 deliver m1")) == "consumer-0#2 recorded nothing");
}

TEST_CASE("a target that stops in order passes further windows on its way out") {
  const auto orderly = replaced(stop("0", "exit_0"), "c#2 session.open", "c passed C.acked 3\nc#2 session.open");
  const auto fault = examined(orderly);
  CHECK(fault.why_not == "");
  CHECK(fault.name == "stop:consumer-0@consumer-0:C.received#3");
  CHECK(fault.cell == "C.received");
  CHECK(fault.occurrence == 3);
  CHECK(why(replaced(orderly, "c passed C.received 3", "c passed C.received 2")) == "it struck at another occurrence");
}

TEST_CASE("a pause has landed when the successor worked meanwhile and the zombie acted afterwards") {
  CHECK(examined(paused) == FaultFinding{.name = "pause:consumer-0@consumer-0:C.received#1",
                                        .kind = "pause",
                                        .target = "consumer-0",
                                        .trigger = "consumer-0:C.received#1",
                                        .landed = true,
                                        .cell = "C.received",
                                        .occurrence = 1,
                                        .in_flight = 1});
  CHECK(examined(paused + "c#2 deliver m1\n").group_went_on);
  const auto meanwhile = replaced(paused, "harness process.continued", "c#2 deliver m1\nharness process.continued");
  CHECK_FALSE(examined(meanwhile).group_went_on);
}

TEST_CASE("the header of a victim that goes on does not tell at which occurrence a random fault struck") {
  auto random = paused;
  for (std::string::size_type at; (at = random.find("trigger=consumer-0:C.received#1")) != std::string::npos;)
    random.replace(at, 31, "trigger=random#4");
  const auto fault = examined(random);
  CHECK(fault.why_not == "");
  CHECK(fault.cell == "C.received");
  CHECK(fault.occurrence == 0);
}

TEST_CASE("a pause has not landed") {
  CHECK(why(replaced(paused, "wait_status=4991", "wait_status=9")) == "the target was not stopped by SIGSTOP");
  CHECK(why(replaced(paused, "wait_status=4991", "wait_status=5247")) == "the target was not stopped by SIGSTOP");  // SIGTSTP
  CHECK(why(replaced(paused, "wait_status=4991", "")) == "the proof has no wait status");
  CHECK(why(replaced(paused, "last_point=C.received", "last_point=C.acked")) == "it struck at C.acked");
  CHECK(why(without(paused, "harness process.stopped target=consumer-0#1 pid=77")) == "consumer-0#1 was not seen stopped");
  CHECK(why(without(paused, "harness process.continued target=consumer-0#1")) == "consumer-0#1 was not seen to go on");
  CHECK(why(without(paused, "harness process.start target=consumer-0#2 status=ready")) == "consumer-0#2 did not become ready");
  CHECK(why(begin + pause_begins + pause_ends + successor_works + zombie_acks + pause_heals) ==
        "consumer-0#2 recorded nothing while consumer-0#1 was stopped");
  CHECK(why(begin + pause_begins + successor_works + zombie_acks + pause_ends + pause_heals) ==
        "consumer-0#1 recorded nothing after it went on");
  CHECK(why(begin + pause_begins + successor_works + pause_ends + "c environment level=warn line=x\n" + pause_heals) ==
        "consumer-0#1 recorded nothing after it went on");
  CHECK(why(without(paused, "harness fault.heal kind=pause target=consumer-0 trigger=consumer-0:C.received#1")) == "it was not healed");
}

TEST_CASE("a stall has landed when every agent that lived waited in vain") {
  const auto fault = examined(stall, {.foreign_broker = true});
  CHECK(fault.why_not == "");
  CHECK(fault.cell == "P.before_send");
  CHECK(why(without(stall, "p send.indeterminate m2")) == "producer-0#1 saw no request time out");
  CHECK(why(without(stall, "c ack.indeterminate m1")) == "consumer-0#1 saw no request time out");
  CHECK(why(without(stall, "c ack.indeterminate m1") + "c ack.indeterminate m1\n") == "consumer-0#1 saw no request time out");
  CHECK(why(without(stall, "harness process.continued target=broker#1")) == "broker#1 was not seen to go on");
  CHECK(why(replaced(stall, "wait_status=4991", "wait_status=0")) == "the target was not stopped by SIGSTOP");
  SUBCASE("and asks nothing of one that had ended before") {
    CHECK(why("harness process.exit target=consumer-0#1 status=exit_0\n" + without(stall, "c ack.indeterminate m1")) == "");
  }
}

TEST_CASE("a consumer with nothing to acknowledge feels a stall by a poll without an answer") {
  const auto polled = replaced(without(stall, "c ack.invoke m1"), "c ack.indeterminate m1", "c session.indeterminate asked=1000");
  CHECK(why(polled) == "");
  CHECK(why(without(polled, "c session.indeterminate asked=1000")) == "consumer-0#1 saw no request time out");
  CHECK(why(without(polled, "c session.indeterminate asked=1000") + "c session.indeterminate asked=1000\n") ==
        "consumer-0#1 saw no request time out");
  CHECK(why(replaced(polled, "c session.indeterminate asked=1000", "c session.close")) == "consumer-0#1 saw no request time out");
}

TEST_CASE("a producer that had sent everything is asked for nothing, if somebody else felt the stall") {
  const auto idle = replaced(without(stall, "p send.indeterminate m2"), "p send.invoke m2", "p send.invoke m2\np send.ok m2");
  CHECK(why(idle) == "");
  CHECK(why(without(idle, "c ack.indeterminate m1")) == "consumer-0#1 saw no request time out");
  CHECK(why("harness process.exit target=consumer-0#1 status=exit_0\n" + without(idle, "c ack.indeterminate m1")) ==
        "nobody asked for anything meanwhile");
  SUBCASE("also when the last answer had left the broker before") {
    const auto late = replaced(without(idle, "p send.ok m2"), "c ack.indeterminate m1", "p send.ok m2\nc ack.indeterminate m1");
    CHECK(why(late) == "");
    CHECK(why(without(late, "p send.ok m2")) == "producer-0#1 saw no request time out");
  }
  SUBCASE("but not one that tried meanwhile, though it was refused at once") {
    const auto refused = replaced(idle, "c ack.indeterminate m1", "p send.invoke m3\np send.fail m3\nc ack.indeterminate m1");
    CHECK(why("harness plan.message m3\n" + refused) == "producer-0#1 saw no request time out");
  }
  SUBCASE("and a canary afterwards is no message of the plan") {
    CHECK(why(idle + "harness plan.message canary\np send.invoke canary\np send.ok canary\n") == "");
    CHECK(why(idle + "harness plan.message m3\np send.invoke m3\np send.ok m3\n") == "producer-0#1 saw no request time out");
  }
}

TEST_CASE("a request that was lost sooner than it could time out was not waited for") {
  const auto after = [](const std::string& ms) {
    const auto sent = replaced(stall, "p send.indeterminate m2", "after " + ms + " ms\np send.indeterminate m2\nafter 5 ms");
    return why(sent, {.foreign_broker = true, .request_timeout_ms = 100});
  };
  CHECK(after("100") == "");
  CHECK(after("99") == "producer-0#1 saw no request time out");
}

TEST_CASE("a fault of no kind we know has not landed") {
  CHECK(why(replaced(stop("15", "signal_15"), "kind=stop", "kind=melt")) == "no fault is called melt");
}

TEST_CASE("a trial with a zombie is quiescent once the zombie has finished") {
  const auto whole = paused + end_beside_zombie(zombie_finishes, "sink.row m1 writer=consumer-0#2");
  CHECK(judge(story(whole), queue_ground()).not_quiescent == "");
  CHECK(judge(story(without(whole, "harness process.exit target=consumer-0#1 status=exit_0")), queue_ground()).not_quiescent ==
        "consumer-0#1 was stopped, went on and has no end on record");
  CHECK(judge(story(replaced(whole, "target=consumer-0#1 status=exit_0", "target=consumer-0#1 status=signal_9")), queue_ground())
            .not_quiescent == "consumer-0#1 ended with signal 9");
  CHECK(judge(story(without(whole, "harness process.continued target=consumer-0#1")), queue_ground()).not_quiescent ==
        "consumer-0#1 was stopped and did not go on");
}

TEST_CASE("a broker that was stalled must have gone on before the end") {
  const auto whole = stall + "p send.invoke m2 attempt=2\np send.ok m2 attempt=2\nc deliver m2\n" + good_end("sink.row m1\nsink.row m2");
  CHECK(judge(story(whole), queue_ground()).not_quiescent == "");
  CHECK(judge(story(without(whole, "harness process.continued target=broker#1")), queue_ground()).not_quiescent ==
        "broker#1 was stopped and did not go on");
}

TEST_CASE("what a zombie does counts like what anybody does") {
  SUBCASE("its effect beside its successor's is a duplicate") {
    const auto judgement = judge(story(paused + end_beside_zombie(zombie_finishes, "sink.row m1 writer=consumer-0#2\nsink.row m1 writer=consumer-0#1")),
                                 queue_ground());
    CHECK(judgement.violates({Clause::no_dup, Scope::committed}));
    CHECK_FALSE(judgement.violates({Clause::no_loss, Scope::committed}));
  }
  SUBCASE("refused and without an effect it harms nothing") {
    const auto judgement = judge(story(paused + end_beside_zombie(zombie_finishes, "sink.row m1 writer=consumer-0#2")), queue_ground());
    for (const auto& finding : judgement.clauses) {
      CAPTURE(to_string(finding.clause));
      CHECK((finding.witnesses.empty() || finding.clause == ClauseAt{Clause::no_dup, Scope::delivered}));
      CHECK(finding.unresolved.empty());
    }
  }
  SUBCASE("a send that it leaves open is indeterminate, one that it gets through is owed") {
    const std::string zombie = R"(
      harness plan.message m1
      harness plan.message m2
      c session.open
      p send.invoke m1
      p passed P.sent_before_ack 1
      harness fault.plan kind=pause target=producer-0 trigger=producer-0:P.sent_before_ack#1
      harness fault.do kind=pause target=producer-0 trigger=producer-0:P.sent_before_ack#1
      harness process.stopped target=producer-0#1
      harness process.start target=producer-0#2 status=ready
      p#2 send.invoke m1 attempt=1001
      harness fault.proof kind=pause target=producer-0#1 wait_status=4991 last_point=P.sent_before_ack
      harness process.continued target=producer-0#1
    )";
    const std::string heal = "harness fault.heal kind=pause target=producer-0\n";
    const auto got_through = judge(story(zombie + "p send.ok m1\n" + heal + good_end()), queue_ground());
    CHECK(got_through.fault->why_not == "");
    CHECK(got_through.accounts == Accounts{.planned = 2, .sent = 1, .acked = 1, .unresolved = 1});
    const auto left_open = judge(story(zombie + "p send.invoke m2\n" + heal + good_end()), queue_ground());
    CHECK(left_open.fault->why_not == "");
    CHECK(left_open.accounts == Accounts{.planned = 2, .sent = 2, .unanswered = 2});
  }
}
