// What each clause finds in a trial, and what it must leave alone.
#include <doctest/doctest.h>

#include "story.hpp"

using namespace assay;

namespace {

Judgement judged(const std::string& text) { return judge(story(text), queue_ground()); }

std::vector<Witness> witnesses(const Judgement& judgement, Clause clause, Scope scope) {
  const auto* finding = judgement.find({clause, scope});
  REQUIRE(finding);
  return finding->witnesses;
}

// "lost 1/producer-0/1 (not stored)", for all witnesses of a clause.
std::string found(const Judgement& judgement, Clause clause, Scope scope) {
  std::string text;
  for (const auto& witness : witnesses(judgement, clause, scope))
    text += (text.empty() ? "" : ", ") + std::string(name(witness.anomaly)) + " " + witness.message + " (" + witness.origin + ")";
  return text;
}

std::size_t unresolved(const Judgement& judgement, Clause clause, Scope scope) {
  return judgement.find({clause, scope})->unresolved.size();
}

const std::string sent_and_acked = R"(
  harness plan.message m1
  c session.open
  p send.invoke m1
  p send.ok m1 copy=q/1
)";
const std::string taken = R"(
  c deliver m1
  c ack.invoke m1
  c ack.confirmed m1
)";

}  // namespace

TEST_CASE("a message that is sent, delivered, applied and acked is in order") {
  const auto judgement = judged(sent_and_acked + taken + good_end("sink.row m1\nstored.row m1"));
  CHECK(judgement.not_quiescent == "");
  for (const auto& finding : judgement.clauses) {
    CAPTURE(to_string(finding.clause));
    CHECK(finding.witnesses.empty());
    CHECK(finding.unresolved.empty());
  }
  CHECK(judgement.accounts == Accounts{.planned = 1, .sent = 1, .acked = 1, .stored = 1, .deliveries = 1, .effects = 1});
}

TEST_CASE("an acknowledged message that is nowhere at the end is lost") {
  const auto judgement = judged(sent_and_acked + good_end());
  CHECK(found(judgement, Clause::no_loss, Scope::stored) == "lost 1/producer-0/1 (not stored)");
  CHECK(found(judgement, Clause::no_loss, Scope::delivered) == "lost 1/producer-0/1 (not stored)");
  CHECK(found(judgement, Clause::no_loss, Scope::committed) == "lost 1/producer-0/1 (not stored)");

  SUBCASE("its witness holds the send, the answer and the end of the drain") {
    const auto trial = story(sent_and_acked + good_end());
    std::string events;
    const auto witness = witnesses(judgement, Clause::no_loss, Scope::committed).front();
    for (const auto ref : witness.events) events += short_name(event_at(trial, ref)) + " ";
    CHECK(events == "send.invoke send.ok drain.end ");
  }
}

TEST_CASE("the origin of a loss is the first stage it is missing from") {
  SUBCASE("stored, never delivered") {
    const auto judgement = judged(sent_and_acked + good_end("stored.row m1"));
    CHECK(found(judgement, Clause::no_loss, Scope::stored) == "");
    CHECK(found(judgement, Clause::no_loss, Scope::committed) == "lost 1/producer-0/1 (stored, never delivered)");
  }
  SUBCASE("delivered and acked, no effect") {
    const auto judgement = judged(sent_and_acked + taken + good_end("stored.row m1"));
    CHECK(found(judgement, Clause::no_loss, Scope::delivered) == "");
    CHECK(found(judgement, Clause::no_loss, Scope::committed) == "lost 1/producer-0/1 (delivered, acked, no effect)");
  }
}

TEST_CASE("a copy whose ack went out may be forgotten by the system and still counts as stored") {
  const auto judgement = judged(sent_and_acked + taken + good_end("sink.row m1"));
  CHECK(found(judgement, Clause::no_loss, Scope::stored) == "");
  CHECK(judgement.accounts.stored == 1);
}

TEST_CASE("a send without an answer is indeterminate") {
  const std::string open_send = "harness plan.message m1\nc session.open\np send.invoke m1\n";
  SUBCASE("never delivering it loses nothing") {
    const auto judgement = judged(open_send + good_end());
    CHECK(found(judgement, Clause::no_loss, Scope::committed) == "");
    CHECK(judgement.accounts.unanswered == 1);
  }
  SUBCASE("delivering it once is no duplicate, and it counts as recovered") {
    const auto judgement = judged(open_send + taken + good_end("sink.row m1"));
    CHECK(found(judgement, Clause::no_dup, Scope::committed) == "");
    CHECK(judgement.accounts.recovered == 1);
  }
  SUBCASE("delivering it twice is a duplicate all the same") {
    const auto judgement = judged(open_send + taken + taken + good_end("sink.row m1\nsink.row m1"));
    CHECK(found(judgement, Clause::no_dup, Scope::committed) == "duplicated 1/producer-0/1 (redelivery)");
  }
  SUBCASE("an answer that says indeterminate, or fail beside an open one, is no better") {
    const auto judgement = judged(open_send + "p send.indeterminate m1\np send.invoke m1 attempt=2\n" +
                                  "p send.fail m1 attempt=2\n" + good_end());
    CHECK(judgement.accounts == Accounts{.planned = 1, .sent = 1, .unanswered = 1});
  }
}

TEST_CASE("a send that a later attempt gets through is owed") {
  const auto judgement = judged("harness plan.message m1\nc session.open\np send.invoke m1\np send.indeterminate m1\n"
                                "p send.invoke m1 attempt=2\np send.ok m1 attempt=2\n" + good_end());
  CHECK(found(judgement, Clause::no_loss, Scope::committed) == "lost 1/producer-0/1 (not stored)");
}

TEST_CASE("an unconfirmed send is owed: the client was told no less") {
  const auto judgement = judged("harness plan.message m1\nc session.open\np send.invoke m1\np send.unconfirmed m1\n" + good_end());
  CHECK(found(judgement, Clause::no_loss, Scope::committed) == "lost 1/producer-0/1 (not stored)");
}

TEST_CASE("a message sent before the group was there is owed to nobody, but must be stored") {
  const auto judgement = judged("harness plan.message m1\np send.invoke m1\np send.ok m1\nc session.open\n" + good_end());
  CHECK(found(judgement, Clause::no_loss, Scope::committed) == "");
  CHECK(found(judgement, Clause::no_loss, Scope::stored) == "lost 1/producer-0/1 (not stored)");
}

TEST_CASE("a send that failed for certain") {
  const std::string failed = "harness plan.message m1\nc session.open\np send.invoke m1\np send.fail m1\n";
  SUBCASE("is not owed") {
    const auto judgement = judged(failed + good_end());
    CHECK(found(judgement, Clause::no_loss, Scope::committed) == "");
    CHECK(found(judgement, Clause::no_aborted, Scope::committed) == "");
    CHECK(judgement.find({Clause::no_aborted, Scope::committed})->exercised_calm == 1);
  }
  SUBCASE("must not appear") {
    const auto judgement = judged(failed + taken + good_end("sink.row m1"));
    CHECK(found(judgement, Clause::no_aborted, Scope::committed) == "aborted-read 1/producer-0/1 (failed send)");
  }
}

TEST_CASE("a missing message is unresolved, not lost, when more could have come") {
  const auto judgement = judged(sent_and_acked + "harness drain.end empty=false source=backlog\n");
  CHECK(found(judgement, Clause::no_loss, Scope::committed) == "");
  CHECK(unresolved(judgement, Clause::no_loss, Scope::committed) == 1);
  CHECK(unresolved(judgement, Clause::no_dup, Scope::committed) == 1);
}

TEST_CASE("a duplicate is final even when the drain was not") {
  const auto judgement = judged(sent_and_acked + taken + taken + "auditor sink.row m1\nauditor sink.row m1\n");
  CHECK_FALSE(judgement.quiescent);
  CHECK(found(judgement, Clause::no_dup, Scope::committed) == "duplicated 1/producer-0/1 (redelivery)");
}

TEST_CASE("who made a duplicate") {
  SUBCASE("the broker stored one attempt twice") {
    const auto judgement = judged(sent_and_acked + taken + "c deliver m1 copy=q/9 tag=9\nc ack.invoke tag=9\n" +
                                  good_end("sink.row m1\nsink.row m1\nstored.row m1\nstored.row m1 copy=q/9"));
    CHECK(found(judgement, Clause::no_dup, Scope::stored) == "duplicated 1/producer-0/1 (broker)");
    CHECK(found(judgement, Clause::no_dup, Scope::committed) == "duplicated 1/producer-0/1 (broker)");
  }
  SUBCASE("the producer sent it again while alive") {
    const auto judgement = judged("harness plan.message m1\nc session.open\np send.invoke m1\np send.indeterminate m1\n"
                                  "p send.invoke m1 attempt=2\np send.ok m1 attempt=2\n" +
                                  good_end("stored.row m1\nstored.row m1 attempt=2 copy=q/2\nsink.row m1\nsink.row m1 attempt=2"));
    CHECK(found(judgement, Clause::no_dup, Scope::stored) == "duplicated 1/producer-0/1 (producer-retry)");
    CHECK(found(judgement, Clause::no_dup, Scope::committed) == "duplicated 1/producer-0/1 (producer-retry)");
  }
  SUBCASE("its next incarnation sent it again") {
    const auto judgement = judged("harness plan.message m1\nc session.open\np send.invoke m1\n"
                                  "p#2 send.invoke m1 attempt=2\np#2 send.ok m1 attempt=2\n" +
                                  good_end("stored.row m1\nstored.row m1 attempt=2 copy=q/2"));
    CHECK(found(judgement, Clause::no_dup, Scope::stored) == "duplicated 1/producer-0/1 (producer-restart)");
  }
  SUBCASE("one delivery took effect twice") {
    const auto judgement = judged(sent_and_acked + taken + good_end("sink.row m1\nsink.row m1"));
    CHECK(found(judgement, Clause::no_dup, Scope::delivered) == "");
    CHECK(found(judgement, Clause::no_dup, Scope::committed) == "duplicated 1/producer-0/1 (consumer)");
  }
}

TEST_CASE("the consumer's own word about an effect counts for nothing") {
  const auto judgement = judged(sent_and_acked + "c deliver m1\nc effect.begin m1\nc effect.ok m1\nc ack.invoke m1\nc ack.confirmed m1\n" +
                                good_end());
  CHECK(found(judgement, Clause::no_loss, Scope::committed) == "lost 1/producer-0/1 (delivered, acked, no effect)");
}

TEST_CASE("what nobody sent is a phantom") {
  SUBCASE("a message of no plan") {
    const auto judgement = judged(sent_and_acked + taken + "c deliver m7\n" + good_end("sink.row m1"));
    CHECK(found(judgement, Clause::no_phantom, Scope::delivered) == "phantom 1/producer-0/7 (not in the plan)");
  }
  SUBCASE("a planned message that was never sent") {
    const auto judgement = judged("harness plan.message m1\nc session.open\n" + taken + good_end("sink.row m1"));
    CHECK(found(judgement, Clause::no_phantom, Scope::committed) == "phantom 1/producer-0/1 (never sent)");
  }
  SUBCASE("a message that comes before it was sent") {
    const auto judgement = judged("harness plan.message m1\nc session.open\nc deliver m1\np send.invoke m1\np send.ok m1\n" +
                                  good_end("sink.row m1"));
    CHECK(found(judgement, Clause::no_phantom, Scope::delivered) == "phantom 1/producer-0/1 (time travel)");
  }
  SUBCASE("an alien, whose payload is none of ours") {
    const auto judgement = judged(sent_and_acked + taken + "c deliver copy=q/66 tag=66\n" + good_end("sink.row m1\nstored.row copy=q/66"));
    CHECK(found(judgement, Clause::no_phantom, Scope::stored) == "phantom  (alien)");
    CHECK(found(judgement, Clause::no_phantom, Scope::delivered) == "phantom  (alien)");
  }
}

TEST_CASE("a message that comes with another content or key is corrupted") {
  const auto one = [](const std::string& change) {
    return judged(sent_and_acked + "c deliver m1 " + change + "\nc ack.invoke m1\nc ack.confirmed m1\n" + good_end("sink.row m1"));
  };
  CHECK(found(one("digest=other"), Clause::no_corruption, Scope::delivered) == "corrupted 1/producer-0/1 (digest)");
  CHECK(found(one("key=other"), Clause::no_corruption, Scope::delivered) == "corrupted 1/producer-0/1 (key)");
  CHECK(found(one(""), Clause::no_corruption, Scope::delivered) == "");
}

namespace {
const std::string broker_restarts = R"(
  harness fault.plan kind=kill target=broker trigger=random#1
  harness fault.do kind=kill target=broker trigger=random#1
  harness process.exit target=broker#1 status=signal_9
  harness fault.proof kind=kill target=broker#1 trigger=random#1 wait_status=9 last_point=B.recv
  harness process.start target=broker#2 status=ready
  harness fault.heal kind=kill target=broker trigger=random#1
)";
const std::string broker_up = "harness process.start target=broker#1 status=ready\n";
}  // namespace

TEST_CASE("a confirmed ack survives a restart of the broker") {
  const std::string again = "c session.open session=s2\nc deliver m1 session=s2 redelivered=true count=2\nc ack.invoke m1 session=s2\nc ack.confirmed m1 session=s2\n";
  SUBCASE("delivered again in a session opened after it: violated") {
    const auto judgement = judged(broker_up + sent_and_acked + taken + broker_restarts + again + good_end("sink.row m1\nsink.row m1"));
    CHECK(found(judgement, Clause::ack_durable, Scope::delivered) == "redelivered-after-ack 1/producer-0/1 (broker)");
  }
  SUBCASE("not delivered again: upheld, and exercised") {
    const auto judgement = judged(broker_up + sent_and_acked + taken + broker_restarts + "c session.open session=s2\n" + good_end("sink.row m1"));
    CHECK(found(judgement, Clause::ack_durable, Scope::delivered) == "");
    CHECK(judgement.find({Clause::ack_durable, Scope::delivered})->exercised_calm == 1);
  }
  SUBCASE("an ack that nobody confirmed may be forgotten") {
    const auto judgement = judged(broker_up + sent_and_acked + "c deliver m1\nc ack.invoke m1\n" + broker_restarts + again + good_end("sink.row m1\nsink.row m1"));
    CHECK(found(judgement, Clause::ack_durable, Scope::delivered) == "");
  }
  SUBCASE("without a restart a second delivery is another matter") {
    const auto judgement = judged(broker_up + sent_and_acked + taken + again + good_end("sink.row m1\nsink.row m1"));
    CHECK(found(judgement, Clause::ack_durable, Scope::delivered) == "");
  }
}

TEST_CASE("a repeated delivery is marked as such and counted") {
  const auto second = [](const std::string& fields) {
    return judged(sent_and_acked + "c deliver m1 redelivered=false count=1 asked=1\nc#2 session.open\nc#2 deliver m1 asked=7500 " + fields + "\n" +
                  good_end("sink.row m1\nsink.row m1"));
  };
  CHECK(found(second("redelivered=true count=2"), Clause::redel_honest, Scope::delivered) == "");
  CHECK(found(second("redelivered=false"), Clause::redel_honest, Scope::delivered) == "misflagged 1/producer-0/1 (flag)");
  CHECK(found(second("redelivered=true count=1"), Clause::redel_honest, Scope::delivered) == "misflagged 1/producer-0/1 (count)");
  SUBCASE("unless it was asked for before the first was recorded") {
    const auto judgement = judged(sent_and_acked + "c deliver m1 asked=1\nc#2 session.open\nc#2 deliver m1 asked=2 redelivered=false\n" +
                                  good_end("sink.row m1\nsink.row m1"));
    CHECK(found(judgement, Clause::redel_honest, Scope::delivered) == "");
  }
  SUBCASE("marked without need is allowed") {
    const auto judgement = judged(sent_and_acked + "c deliver m1 asked=1 redelivered=true count=3\n" + good_end("sink.row m1"));
    CHECK(found(judgement, Clause::redel_honest, Scope::delivered) == "");
  }
}

TEST_CASE("a damaged recording makes everything unresolved but a duplicate that was seen") {
  auto trial = story(sent_and_acked + taken + taken + "c deliver m9\n" + good_end("sink.row m1\nsink.row m1"));
  for (auto& recording : trial.recordings)
    if (recording.process == "producer-0") recording.damage = "record 2: checksum differs";
  const auto judgement = judge(trial, queue_ground());
  CHECK(judgement.gaps == std::vector<std::string>{"producer-0#1: record 2: checksum differs"});
  CHECK(found(judgement, Clause::no_phantom, Scope::delivered) == "");
  CHECK(unresolved(judgement, Clause::no_phantom, Scope::delivered) == 1);
  CHECK(found(judgement, Clause::no_dup, Scope::committed) == "duplicated 1/producer-0/1 (redelivery)");
}

TEST_CASE("canaries are judged for duplicates and are owed to nobody") {
  const auto judgement = judged(sent_and_acked + taken + good_end("sink.row m1\nsink.row canary"));
  CHECK(found(judgement, Clause::no_dup, Scope::committed) == "duplicated 1/producer-0/canary-1 (consumer)");
  CHECK(judgement.accounts.planned == 1);
}

TEST_CASE("an environment error is told, a warning is not") {
  const auto judgement = judged(sent_and_acked + taken + "harness environment level=error line=disk_full\nc environment level=warn line=stream_made_again\n" +
                                good_end("sink.row m1"));
  CHECK(judgement.environment == std::vector<std::string>{"harness: disk full"});
}
