// Clauses about places in a log: fifo of a partition, offset-unique, no-gap, monotone-redelivery.
#include <doctest/doctest.h>

#include "checker/history/log-place.hpp"
#include "checker/judge.hpp"
#include "story.hpp"

using namespace assay;

namespace {

Ground log_ground() { return {.shape = Ground::Shape::log, .rules = {.cumulative_acks = true, .prefetch = 1}}; }

std::string found(const std::string& text, Clause clause, const Ground& ground = log_ground()) {
  const auto judgement = judge(story(text), ground);
  const auto* finding = judgement.find({clause, Scope::delivered});
  REQUIRE(finding);
  std::string words;
  for (const auto& witness : finding->witnesses)
    words += (words.empty() ? "" : ", ") + std::string(name(witness.anomaly)) + " " + witness.message + " (" + witness.origin + ")";
  return words;
}

const std::string three = R"(
  harness plan.message m1
  harness plan.message m2
  harness plan.message m3
  c session.open
  p send.invoke m1
  p send.ok m1 copy=t/0/1
  p send.invoke m2
  p send.ok m2 copy=t/0/2
  p send.invoke m3
  p send.ok m3 copy=t/0/4
)";

const std::string all_given = "c deliver m1 copy=t/0/1\nc deliver m2 copy=t/0/2\nc deliver m3 copy=t/0/4\n";

}  // namespace

TEST_CASE("a copy's name tells its partition and offset") {
  CHECK(log_place("orders/0/17") == LogPlace{"orders/0", 17});
  CHECK(log_place("orders/0/17-9f3a") == LogPlace{"orders/0", 17});
  for (const char* other : {"", "17", "/17", "orders/", "orders/x17", "orders/17x", "orders/-1"}) {
    CAPTURE(other);
    CHECK_FALSE(log_place(other));
  }
  CHECK(log_place(Event{.copy = "uuid", .position = "t/1/3"}) == LogPlace{"t/1", 3});
}

TEST_CASE("in a log one producer's order holds within a partition") {
  CHECK(found(three + all_given + good_end(), Clause::fifo) == "");
  SUBCASE("in its deliveries") {
    CHECK(found(three + "c deliver m2 copy=t/0/2\nc deliver m1 copy=t/0/1\n" + good_end(), Clause::fifo) ==
          "reordered 1/producer-0/1 (overtaken)");
  }
  SUBCASE("in the log itself, whoever reads it") {
    const std::string turned = "harness plan.message m1\nharness plan.message m2\nc session.open\np send.invoke m1\np send.ok m1 copy=t/0/5\n"
                               "p send.invoke m2\np send.ok m2 copy=t/0/3\n";
    CHECK(found(turned + good_end(), Clause::fifo) == "reordered 1/producer-0/2 (in the log)");
  }
  SUBCASE("and not between partitions") {
    const std::string apart = "harness plan.message m1\nharness plan.message m2\nc session.open\np send.invoke m1\np send.ok m1 copy=t/0/5\n"
                              "p send.invoke m2\np send.ok m2 copy=t/1/3\n";
    CHECK(found(apart + "c deliver m2 copy=t/1/3\nc deliver m1 copy=t/0/5\n" + good_end(), Clause::fifo) == "");
  }
  SUBCASE("nor where nobody knows the partition") {
    CHECK(found(three + "c deliver m2 copy=b\nc deliver m1 copy=a\n" + good_end(), Clause::fifo) == "");
  }
}

TEST_CASE("an offset holds one record, whoever looks") {
  CHECK(found(three + all_given + good_end("stored.row m1 copy=t/0/1"), Clause::offset_unique) == "");
  CHECK(found(three + "c deliver m2 copy=t/0/1\n" + good_end(), Clause::offset_unique) ==
        "corrupted 1/producer-0/2 (two records at one offset), duplicated 1/producer-0/2 (one attempt at two offsets)");
  SUBCASE("a fingerprint does not make it another offset") {
    CHECK(found(three + "c deliver m2 copy=t/0/1-ab\n" + good_end(), Clause::offset_unique).starts_with("corrupted 1/producer-0/2"));
  }
  SUBCASE("a resend lies at an offset of its own") {
    const std::string again = "p send.invoke m1 attempt=2\np send.ok m1 attempt=2 copy=t/0/7\nc deliver m1 attempt=2 copy=t/0/7\n";
    CHECK(found(three + again + good_end(), Clause::offset_unique) == "");
  }
  SUBCASE("one attempt at two offsets is the system's doing") {
    CHECK(found(three + "c deliver m1 copy=t/0/1\nc deliver m1 copy=t/0/7\n" + good_end(), Clause::offset_unique) ==
          "duplicated 1/producer-0/1 (one attempt at two offsets)");
  }
}

TEST_CASE("a session passes over nothing") {
  CHECK(found(three + all_given + good_end(), Clause::no_gap) == "");  // nothing lies at 3
  const std::string stored = "stored.row m1 copy=t/0/1\nstored.row m2 copy=t/0/2\nstored.row m3 copy=t/0/4";
  const std::string jump = three + "c deliver m1 copy=t/0/1\nc deliver m3 copy=t/0/4\n";
  CHECK(found(jump + good_end(stored), Clause::no_gap) == "skipped 1/producer-0/2 (within a session)");
  SUBCASE("unless nobody could read it") {
    CHECK(found(jump + good_end("stored.row m2 copy=t/0/2 committed=false"), Clause::no_gap) == "");
    CHECK(found(jump + good_end(), Clause::no_gap) == "");  // acknowledged, and not in the log: that is a loss
  }
  SUBCASE("or another of the group had been given it") {
    CHECK(found(three + "c deliver m1 copy=t/0/1\nc1 session.open\nc1 deliver m2 copy=t/0/2\nc deliver m3 copy=t/0/4\n" + good_end(stored),
                Clause::no_gap) == "");
  }
  SUBCASE("or partitions were assigned anew in between") {
    CHECK(found(three + "c deliver m1 copy=t/0/1\nc session.assign\nc deliver m3 copy=t/0/4\n" + good_end(stored), Clause::no_gap) == "");
  }
}

TEST_CASE("a session begins where the group stood, and goes forward") {
  const std::string first = three + "c deliver m1 copy=t/0/1\nc ack.invoke m1\nc ack.confirmed m1\nc#2 session.open\n";
  const std::string stored = "stored.row m1 copy=t/0/1\nstored.row m2 copy=t/0/2\nstored.row m3 copy=t/0/4";
  const auto of = [&](const std::string& text) { return found(text + good_end(stored), Clause::monotone_redelivery); };
  CHECK(of(first + "c#2 deliver m2 copy=t/0/2\nc#2 deliver m3 copy=t/0/4\n") == "");
  SUBCASE("not before what was committed") {
    CHECK(of(first + "c#2 deliver m1 copy=t/0/1\n") == "redelivered-after-ack 1/producer-0/1 (began before the committed position)");
  }
  SUBCASE("again from what was not") {
    CHECK(of(three + "c deliver m1 copy=t/0/1\nc#2 session.open\nc#2 deliver m1 copy=t/0/1\n") == "");
  }
  SUBCASE("where a late commit may have set it back") {
    CHECK(of(three + "c deliver m1 copy=t/0/1\nc ack.invoke m1\nc deliver m2 copy=t/0/2\nc1 session.open\nc1 deliver m3 copy=t/0/4\n"
                     "c1 ack.invoke m3\nc1 ack.confirmed m3\nc#2 session.open\nc#2 deliver m2 copy=t/0/2\n") == "");
  }
  SUBCASE("not beyond what was given before") {
    CHECK(of(first + "c#2 deliver m3 copy=t/0/4\n") == "skipped 1/producer-0/2 (jumped forward)");
  }
  SUBCASE("not backwards") {
    CHECK(of(three + "c deliver m2 copy=t/0/2\nc deliver m1 copy=t/0/1\n") == "reordered 1/producer-0/1 (backwards)");
    CHECK(of(three + "c deliver m2 copy=t/0/2\nc session.assign\nc deliver m1 copy=t/0/1\n") == "");
  }
}

TEST_CASE("without a log there are no places to speak of") {
  const auto judgement = judge(story(three + all_given + good_end()), queue_ground());
  for (const auto clause : {Clause::offset_unique, Clause::no_gap, Clause::monotone_redelivery})
    CHECK(judgement.find({clause, Scope::delivered}) == nullptr);
}
