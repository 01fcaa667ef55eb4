// Clauses that are claimed by name: fifo, lease-exclusive, progress.
#include <doctest/doctest.h>

#include <algorithm>

#include "checker/weigh.hpp"
#include "story.hpp"

using namespace assay;

namespace {

Judgement judged(const std::string& text, Ground ground = queue_ground()) { return judge(story(text), ground); }

const ClauseFinding& finding(const Judgement& judgement, Clause clause) {
  const auto* found = judgement.find({clause, Scope::delivered});
  REQUIRE(found);
  return *found;
}

// "reordered 1/producer-0/1 (overtaken)", for all witnesses of a clause.
std::string found(const Judgement& judgement, Clause clause) {
  std::string text;
  for (const auto& witness : finding(judgement, clause).witnesses)
    text += (text.empty() ? "" : ", ") + std::string(name(witness.anomaly)) + " " + witness.message + " (" + witness.origin + ")";
  return text;
}

const std::string two_in_order = R"(
  harness plan.message m1
  harness plan.message m2
  c session.open
  p send.invoke m1
  p send.ok m1
  p send.invoke m2
  p send.ok m2
)";

std::string fifo_of(const std::string& deliveries, const std::string& sends = two_in_order) {
  return found(judged(sends + deliveries + good_end()), Clause::fifo);
}

std::string kill_of_consumer(const std::string& trigger = "C.received#1") {
  const std::string names = " kind=kill trigger=consumer-0:" + trigger;
  return "harness fault.plan target=consumer-0" + names + "\nharness fault.do target=consumer-0" + names +
         "\nharness process.exit target=consumer-0#1 status=signal_9\nharness fault.proof target=consumer-0#1" + names +
         " wait_status=9 last_point=C.received\nharness process.start target=consumer-0#2 status=ready\nharness fault.heal" + names + "\n";
}

}  // namespace

TEST_CASE("what one producer sent in order is first delivered in that order") {
  CHECK(fifo_of("c deliver m1\nc deliver m2\n") == "");
  CHECK(fifo_of("c deliver m2\nc deliver m1\n") == "reordered 1/producer-0/1 (overtaken)");

  const auto judgement = judged(two_in_order + "c deliver m2\nc deliver m1\n" + good_end());
  const auto& witness = finding(judgement, Clause::fifo).witnesses.at(0);
  CHECK(witness.what == "1/producer-0/1 was delivered after 1/producer-0/2, which was sent after its answer");
  std::string events;
  const auto trial = story(two_in_order + "c deliver m2\nc deliver m1\n");
  for (const auto ref : witness.events) events += short_name(event_at(trial, ref)) + " " + event_at(trial, ref).message + "; ";
  CHECK(events == "send.invoke 1/producer-0/1; send.ok 1/producer-0/1; send.invoke 1/producer-0/2; deliver 1/producer-0/2; "
                  "deliver 1/producer-0/1; ");
}

TEST_CASE("there is no order to keep") {
  SUBCASE("between copies that were given again") {
    CHECK(fifo_of("c deliver m1\nc deliver m2\nc deliver m1 redelivered=true count=2\n") == "");
    CHECK(fifo_of("c deliver m2\nc deliver m1 redelivered=true\n") == "");  // its first delivery nobody recorded
    CHECK(fifo_of("c deliver m2 count=2\nc deliver m1\n") == "");
  }
  SUBCASE("between sessions") { CHECK(fifo_of("c deliver m2\nc1 session.open\nc1 deliver m1\n") == ""); }
  SUBCASE("between producers") {
    CHECK(fifo_of("c deliver n1\nc deliver m1\n", "harness plan.message m1\nharness plan.message n1\nc session.open\n"
                                                  "p send.invoke m1\np send.ok m1\np1 send.invoke n1\np1 send.ok n1\n") == "");
  }
  SUBCASE("between channels") {
    CHECK(fifo_of("c deliver m2\nc deliver m1\n", "harness plan.message m1\nharness plan.message m2\nc session.open\n"
                                                  "p send.invoke m1 channel=a\np send.ok m1\np send.invoke m2 channel=b\np send.ok m2\n") == "");
  }
  SUBCASE("between sends that were open together") {
    CHECK(fifo_of("c deliver m2\nc deliver m1\n", "harness plan.message m1\nharness plan.message m2\nc session.open\n"
                                                  "p send.invoke m1\np send.invoke m2\np send.ok m1\np send.ok m2\n") == "");
  }
}

TEST_CASE("a restart of the producer keeps the order, a zombie beside its successor has none") {
  const std::string first = "harness plan.message m1\nharness plan.message m2\nc session.open\np send.invoke m1\np send.ok m1\n";
  const std::string second = "p#2 send.invoke m2\np#2 send.ok m2\n";
  const std::string turned = "c deliver m2\nc deliver m1\n";
  CHECK(found(judged(first + "harness process.exit target=producer-0#1 status=signal_9\n" + second + turned), Clause::fifo) ==
        "reordered 1/producer-0/1 (overtaken)");
  CHECK(found(judged(first + second + "p send.invoke m1 attempt=2\n" + turned), Clause::fifo) == "");
  CHECK(found(judged(first + second + "harness process.exit target=producer-0#1 status=exit_0\n" + turned), Clause::fifo) == "");
}

TEST_CASE("order is exercised by consecutive sends with a fault between") {
  const std::string kill_of_producer = R"(
    p passed P.before_send 2
    harness fault.plan kind=kill target=producer-0 trigger=producer-0:P.before_send#2
    harness fault.do kind=kill target=producer-0 trigger=producer-0:P.before_send#2
    harness process.exit target=producer-0#1 status=signal_9
    harness fault.proof kind=kill target=producer-0#1 trigger=producer-0:P.before_send#2 wait_status=9 last_point=P.before_send
    harness process.start target=producer-0#2 status=ready
    harness fault.heal kind=kill target=producer-0
  )";
  const std::string before = "harness plan.message m1\nharness plan.message m2\nharness plan.message m3\n"
                             "harness plan.message m4\nc session.open\np send.invoke m1\np send.ok m1\np send.invoke m4\np send.ok m4\n";
  const std::string after = "p#2 send.invoke m2\np#2 send.ok m2\np#2 send.invoke m3\np#2 send.ok m3\n";
  const auto judgement = judged(before + kill_of_producer + after + "c deliver m1\nc deliver m4\nc deliver m2\nc deliver m3\n");
  REQUIRE(judgement.fault->why_not == "");
  CHECK(finding(judgement, Clause::fifo).exercised_calm == 3);
  CHECK(finding(judgement, Clause::fifo).exercised == 1);
  const auto elsewhere = judged(before + kill_of_producer + after + "c deliver m1\nc deliver m4\nc1 session.open\nc1 deliver m2\nc1 deliver m3\n");
  CHECK(finding(elsewhere, Clause::fifo).exercised == 0);  // no session could have shown it
}

TEST_CASE("no session acknowledges for good what another has been given") {
  const std::string given_twice = R"(
    harness plan.message m1
    c session.open
    p send.invoke m1
    p send.ok m1
    c deliver m1
    c1 session.open
    c1 deliver m1 redelivered=true
  )";
  const auto after = [&](const std::string& acks, Ground ground = queue_ground()) { return judged(given_twice + acks, ground); };
  const std::string stale = "c ack.invoke m1\nc ack.confirmed m1\n";
  CHECK(found(after(stale), Clause::lease_exclusive) == "zombie-write 1/producer-0/1 (stale ack)");
  CHECK(finding(after(stale), Clause::lease_exclusive).witnesses.at(0).what ==
        "1/producer-0/1 was acknowledged for good by consumer-0#1/1 after consumer-1#1/1 had been given it");
  SUBCASE("refused is as it should be, and exercises the clause") {
    const auto refused = after("c ack.invoke m1\nc ack.refused m1\nc1 ack.invoke m1\nc1 ack.confirmed m1\n");
    CHECK(found(refused, Clause::lease_exclusive) == "");
    CHECK(finding(refused, Clause::lease_exclusive).exercised_calm == 1);
  }
  SUBCASE("the ack of the session that holds it now is its own") {
    CHECK(found(after("c1 ack.invoke m1\nc1 ack.confirmed m1\n"), Clause::lease_exclusive) == "");
  }
  SUBCASE("an ack without an answer says nothing") {
    const auto open = after("c ack.invoke m1\nc ack.unconfirmed m1\n");
    CHECK(found(open, Clause::lease_exclusive) == "");
    CHECK(finding(open, Clause::lease_exclusive).exercised_calm == 0);
  }
  SUBCASE("an ack that was under way before may have been first") {
    CHECK(found(judged("harness plan.message m1\nc session.open\np send.invoke m1\np send.ok m1\nc deliver m1\nc ack.invoke m1\n"
                       "c1 session.open\nc1 deliver m1\nc ack.confirmed m1\n"),
                Clause::lease_exclusive) == "");
  }
  SUBCASE("in a fan-out everybody has a copy of his own") {
    CHECK(found(after(stale, {.shape = Ground::Shape::fan_out}), Clause::lease_exclusive) == "");
  }
}

namespace {

const std::string healed = "harness plan.message m1\nharness plan.message canary\nc session.open\np send.invoke m1\np send.ok m1\nc deliver m1\nc passed C.received 1\n" +
                           kill_of_consumer() + "c#2 session.open\n";
const Ground bound{.progress_ms = 500};

std::string progress_of(const std::string& canaries, Ground ground = bound) {
  return found(judged(healed + canaries, ground), Clause::progress);
}

}  // namespace

TEST_CASE("after the healing a canary comes through within the bound") {
  CHECK(progress_of("p send.invoke canary\np send.ok canary\nafter 400 ms\nc#2 deliver canary\n") == "");
  CHECK(progress_of("p send.invoke canary\np send.ok canary\nafter 501 ms\nc#2 deliver canary\n") ==
        "stuck 1/producer-0/canary-1 (late)");
  CHECK(progress_of("p send.invoke canary\np send.ok canary\nafter 501 ms\nharness drain.end empty=false\n") ==
        "stuck 1/producer-0/canary-1 (answered, not delivered)");
  CHECK(progress_of("p send.invoke canary\nafter 501 ms\nharness drain.end empty=false\n") == "stuck 1/producer-0/canary-1 (not answered)");
  SUBCASE("the time before it was sent does not count") {
    CHECK(progress_of("after 9000 ms\np send.invoke canary\np send.ok canary\nafter 400 ms\nc#2 deliver canary\n") == "");
  }
  SUBCASE("without consumers its answer is what comes through") {
    const Ground alone{.has_consumers = false, .progress_ms = 500};
    CHECK(progress_of("p send.invoke canary\nafter 400 ms\np send.ok canary\n", alone) == "");
    CHECK(progress_of("p send.invoke canary\nafter 501 ms\np send.ok canary\n", alone) == "stuck 1/producer-0/canary-1 (late)");
  }
}

TEST_CASE("a canary may be lost where a later one comes through in time") {
  const std::string two = "harness plan.message canary2\np send.invoke canary\np send.ok canary\nafter 100 ms\n"
                          "p send.invoke canary2\np send.ok canary2\n";
  CHECK(progress_of(two + "after 300 ms\nc#2 deliver canary2\n") == "");
  CHECK(progress_of(two + "after 450 ms\nc#2 deliver canary2\n") == "stuck 1/producer-0/canary-1 (late)");
}

TEST_CASE("a history that ends too early cannot tell whether anything was stuck") {
  const auto unresolved = [](const std::string& canaries) {
    const auto judgement = judged(healed + canaries, bound);
    CHECK(finding(judgement, Clause::progress).witnesses.empty());
    return finding(judgement, Clause::progress).unresolved.at(0);
  };
  CHECK(unresolved("p send.invoke canary\nafter 400 ms\nharness drain.end empty=false\n") ==
        "the canaries of producer-0: the history ends within the bound");
  CHECK(unresolved("p send.invoke canary\nafter 501 ms\n") == "the canaries of producer-0: the history ends within the bound");
  CHECK(unresolved("") == "no canary was sent after the healing");
  const std::string early = "harness plan.message canary\nc session.open\np send.invoke canary\nc passed C.received 1\n" + kill_of_consumer() +
                            "after 501 ms\nharness drain.end empty=false\n";
  CHECK(finding(judged(early, bound), Clause::progress).unresolved.at(0) == "no canary was sent after the healing");
}

TEST_CASE("what is stuck violates progress, and what is missing stays unresolved") {
  const auto stuck = judged(healed + "p send.invoke canary\np send.ok canary\nafter 501 ms\nharness drain.end empty=false\n", bound);
  CHECK_FALSE(stuck.quiescent);
  const auto* loss = stuck.find({Clause::no_loss, Scope::committed});
  CHECK(loss->witnesses.empty());
  CHECK(loss->unresolved.size() == 1);

  Terms terms{.claim = parse_claim("at-least-once @ committed + progress"), .kinds = {"kill"}, .targets = {"consumer"}, .ground = bound};
  const auto weighing = weigh({stuck}, terms, false);
  CHECK(weighing.verdict == Verdict::violated);
  CHECK(weighing.forbidden == std::set<std::string>{"stuck"});
  CHECK(weighing.anomalies == std::map<std::string, std::int64_t>{{"stuck", 1}});
  SUBCASE("which only matters to whoever claims it") {
    terms.claim = parse_claim("at-least-once @ committed");
    CHECK(weigh({stuck}, terms, false).verdict == Verdict::inconclusive);
  }
}

TEST_CASE("without a bound progress can never fail and is never upheld") {
  const auto judgement = judged(healed + "p send.invoke canary\nafter 9000 ms\nharness drain.end empty=false\n", {});
  CHECK(judgement.find({Clause::progress, Scope::delivered}) == nullptr);
  const Terms terms{.claim = parse_claim("at-least-once @ committed + progress"), .kinds = {"kill"}, .targets = {"consumer"}};
  const auto weighing = weigh({judgement}, terms, false);
  const auto progress = std::find_if(weighing.clauses.begin(), weighing.clauses.end(),
                                     [](const auto& c) { return c.clause.clause == Clause::progress; });
  REQUIRE(progress != weighing.clauses.end());
  CHECK(progress->reason == Reason::unresolved);
  CHECK(progress->detail == "no bound is declared, so nothing is ever too late");
}
