// What consumers send on, in parts and in transactions: txn-atomic,
// precommit-invisible, fenced, commit-safe, and what the base clauses make of it.
#include <doctest/doctest.h>

#include "checker/weigh.hpp"
#include "story.hpp"

using namespace assay;

namespace {

Ground in_parts() {
  auto ground = queue_ground();
  ground.shape = Ground::Shape::log;
  ground.parts = 2;
  return ground;
}

Ground in_transactions() {
  auto ground = in_parts();
  ground.transactions = true;
  return ground;
}

// "torn 1/producer-0/1 (transaction)", for all witnesses of a clause.
std::string found(const Judgement& judgement, ClauseAt at) {
  const auto* finding = judgement.find(at);
  REQUIRE(finding);
  std::string text;
  for (const auto& witness : finding->witnesses)
    text += (text.empty() ? "" : ", ") + std::string(name(witness.anomaly)) + " " + witness.message + " (" + witness.origin + ")";
  return text;
}
std::string found(const Judgement& judgement, Clause clause) { return found(judgement, {clause, Scope::delivered}); }

std::int64_t exercised(const Judgement& judgement, Clause clause) { return judgement.find({clause, Scope::delivered})->exercised_calm; }
std::size_t unresolved(const Judgement& judgement, Clause clause) { return judgement.find({clause, Scope::delivered})->unresolved.size(); }

const std::string sent = R"(
  harness plan.message m1
  c session.open
  p send.invoke m1
  p send.ok m1
  c deliver m1
)";

const std::string t1 = " transaction=consumer-0#1/1\n", t2 = " transaction=consumer-0#2/1\n";

std::string part(const std::string& who, const std::string& number, const std::string& t = "\n") {
  return who + " effect.begin m1 part=" + number + t + who + " effect.ok m1 part=" + number + t;
}
std::string parts(const std::string& who, const std::string& t = "\n") { return part(who, "1", t) + part(who, "2", t); }
std::string asked(const std::string& who, const std::string& t) { return who + " transaction.commit.invoke" + t; }
std::string committed(const std::string& who, const std::string& t) { return asked(who, t) + who + " transaction.commit.ok" + t; }
std::string moved(const std::string& who, const std::string& message = "m1", const std::string& t = "\n") {
  return who + " ack.invoke " + message + " kind=commit" + t + who + " ack.confirmed " + message + t;
}
std::string row(const std::string& number, const std::string& t = "\n") { return "sink.row m1 part=" + number + t; }
std::string rows(const std::string& t = "\n") { return row("1", t) + row("2", t); }

const std::string fence = "c#2 fence.invoke name=consumer-0 epoch=2\nc#2 fence.ok name=consumer-0 epoch=2\n";
const std::string killed = "harness process.exit target=consumer-0#1 status=signal_9\n";
const std::string second_ends = "harness process.exit target=consumer-0#2 status=exit_0\n";

// consumer-0#1 has sent on and was killed, #2 does all of it.
std::string resumed(const std::string& first) {
  return sent + first + killed + fence + "c#2 deliver m1\n" + parts("c#2", t2) + committed("c#2", t2) + moved("c#2");
}

Judgement judged(const std::string& course, const std::string& seen, const Ground& ground = in_transactions()) {
  const bool two = course.find("c#2") != std::string::npos;
  return judge(story(course + canary_and_backlog() + farewell(seen) + (two ? second_ends : "")), ground);
}

}  // namespace

TEST_CASE("of a committed transaction all parts are seen") {
  const auto all = sent + parts("c", t1) + committed("c", t1);
  CHECK(found(judged(all, rows(t1)), Clause::txn_atomic) == "");
  CHECK(found(judged(all, row("2", t1)), Clause::txn_atomic) == "torn 1/producer-0/1 (transaction)");
  CHECK(found(judged(all, ""), Clause::txn_atomic) == "torn 1/producer-0/1 (transaction)");
  CHECK(judged(all, row("2", t1)).find({Clause::txn_atomic, Scope::delivered})->witnesses[0].what ==
        "1/producer-0/1: part 1 of the committed transaction consumer-0#1/1 is not there, and others are");

  SUBCASE("who has not looked at all cannot tell what is missing") {
    const auto judgement = judge(story(all + canary_and_backlog() + "auditor " + row("2", t1)), in_transactions());
    CHECK(found(judgement, Clause::txn_atomic) == "");
    CHECK(unresolved(judgement, Clause::txn_atomic) == 2);
  }
}

TEST_CASE("a transaction whose commit was not answered is there as a whole, or not at all") {
  const auto maybe = resumed(parts("c", t1) + asked("c", t1));
  CHECK(found(judged(maybe, rows(t2)), Clause::txn_atomic) == "");
  CHECK(exercised(judged(maybe, rows(t2)), Clause::txn_atomic) == 1);
  const auto half = judged(maybe, row("1", t1) + rows(t2));
  CHECK(found(half, Clause::txn_atomic) == "torn 1/producer-0/1 (transaction)");
  CHECK(found(half, {Clause::no_aborted, Scope::committed}) == "");

  const auto whole = judged(maybe, rows(t1) + rows(t2));
  CHECK(found(whole, Clause::txn_atomic) == "");
  CHECK(found(whole, {Clause::no_dup, Scope::committed}) == "duplicated 1/producer-0/1 (redelivery)");
}

TEST_CASE("of a transaction that was never asked to be committed nothing is seen") {
  const auto cut = resumed(parts("c", t1));
  const auto kept = judged(cut, rows(t2));
  CHECK(found(kept, {Clause::no_aborted, Scope::committed}) == "");
  CHECK(kept.find({Clause::no_aborted, Scope::committed})->exercised_calm == 1);
  CHECK(found(kept, Clause::precommit_invisible) == "");
  CHECK(exercised(kept, Clause::precommit_invisible) == 1);

  const auto seen = judged(cut, rows(t1) + rows(t2));
  CHECK(found(seen, {Clause::no_aborted, Scope::committed}) == "aborted-read 1/producer-0/1 (aborted transaction)");
  CHECK(found(seen, Clause::precommit_invisible) == "early-read 1/producer-0/1 (uncommitted)");
  CHECK(found(seen, {Clause::no_dup, Scope::committed}) == "duplicated 1/producer-0/1 (redelivery)");
  CHECK(found(seen, Clause::txn_atomic) == "");
  CHECK(found(seen, Clause::fenced) == "");
  CHECK(exercised(seen, Clause::fenced) == 0);  // it did nothing any more

  SUBCASE("one whose commit was refused was not committed") {
    const auto refused = resumed(parts("c", t1) + asked("c", t1) + "c transaction.commit.fail" + t1);
    CHECK(found(judged(refused, rows(t1) + rows(t2)), {Clause::no_aborted, Scope::committed}) ==
          "aborted-read 1/producer-0/1 (aborted transaction)");
    CHECK(found(judged(refused, rows(t2)), {Clause::no_aborted, Scope::committed}) == "");
  }
  SUBCASE("one that was committed in the end is no aborted one, however early it was seen") {
    const auto early = sent + parts("c", t1) + "auditor sink.row m1 part=1" + t1 + committed("c", t1);
    CHECK(found(judged(early, row("2", t1)), Clause::precommit_invisible) == "early-read 1/producer-0/1 (uncommitted)");
    CHECK(found(judged(early, row("2", t1)), {Clause::no_aborted, Scope::committed}) == "");
  }
}

TEST_CASE("an effect of a transaction that nobody has on record is held against none") {
  const auto judgement = judged(sent + parts("c", t1) + committed("c", t1), rows(t1) + row("1"));
  for (const auto clause : {Clause::txn_atomic, Clause::precommit_invisible, Clause::fenced}) {
    CHECK(found(judgement, clause) == "");
    CHECK(unresolved(judgement, clause) == 1);
  }
}

TEST_CASE("who is shut out leaves nothing behind") {
  // #1 stands still while #2 shuts it out and does its work, then goes on.
  const auto zombie = [](const std::string& before, const std::string& after) {
    return sent + before + fence + "c#2 deliver m1\n" + parts("c#2", t2) + committed("c#2", t2) + after;
  };
  const auto late = zombie(parts("c", t1), committed("c", t1));
  CHECK(found(judged(late, rows(t1) + rows(t2)), Clause::fenced) == "zombie-write 1/producer-0/1 (shut out)");
  CHECK(exercised(judged(late, rows(t1) + rows(t2)), Clause::fenced) == 1);

  const auto refused = zombie(parts("c", t1), asked("c", t1) + "c transaction.commit.fail" + t1);
  CHECK(found(judged(refused, rows(t2)), Clause::fenced) == "");
  CHECK(exercised(judged(refused, rows(t2)), Clause::fenced) == 1);

  SUBCASE("also when all of it came after the fence") {
    const auto whole = zombie("", parts("c", t1) + committed("c", t1));
    CHECK(found(judged(whole, rows(t1) + rows(t2)), Clause::fenced) == "zombie-write 1/producer-0/1 (shut out)");
  }
  SUBCASE("a part that a reader of what is not committed sees is one if it was sent after the fence") {
    const auto sent_late = zombie(part("c", "1", t1), part("c", "2", t1));
    CHECK(found(judged(sent_late, row("2", t1) + rows(t2)), Clause::fenced) == "zombie-write 1/producer-0/1 (shut out)");
    CHECK(found(judged(sent_late, row("1", t1) + rows(t2)), Clause::fenced) == "");
  }
  SUBCASE("what had been asked to be committed before may stay") {
    const auto before = zombie(parts("c", t1) + asked("c", t1), "c transaction.commit.ok" + t1);
    CHECK(found(judged(before, rows(t1) + rows(t2)), Clause::fenced) == "");
    CHECK(exercised(judged(before, rows(t1) + rows(t2)), Clause::fenced) == 0);
  }
  SUBCASE("a fence of one's own shuts only others out") {
    const auto own = sent + "c fence.invoke name=consumer-0 epoch=1\nc fence.ok name=consumer-0 epoch=1\n" + parts("c", t1) +
                     committed("c", t1);
    CHECK(found(judged(own, rows(t1)), Clause::fenced) == "");
    CHECK(exercised(judged(own, rows(t1)), Clause::fenced) == 0);
  }
}

TEST_CASE("without transactions a message has all its parts, or none") {
  const auto at = in_parts();
  const auto all = sent + parts("c") + moved("c");
  CHECK(found(judged(all, rows(), at), Clause::txn_atomic) == "");
  CHECK(exercised(judged(all, rows(), at), Clause::txn_atomic) == 0);

  const auto half = judged(sent + moved("c") + part("c", "1"), row("1"), at);
  CHECK(found(half, Clause::txn_atomic) == "torn 1/producer-0/1 (no transaction)");
  CHECK(exercised(half, Clause::txn_atomic) == 1);
  CHECK(found(half, {Clause::no_loss, Scope::committed}) == "lost 1/producer-0/1 (delivered, acked, effect in part)");
  CHECK(half.find({Clause::no_loss, Scope::committed})->witnesses[0].what == "1/producer-0/1 was acknowledged and took effect in part");
  CHECK(found(half, {Clause::no_dup, Scope::committed}) == "");

  SUBCASE("one part more often than the other is a duplicate, and nothing is missing") {
    const auto again = judged(all, rows() + row("2"), at);
    CHECK(found(again, Clause::txn_atomic) == "");
    CHECK(found(again, {Clause::no_dup, Scope::committed}) == "duplicated 1/producer-0/1 (consumer)");
    CHECK(found(again, {Clause::no_loss, Scope::committed}) == "");
  }
  SUBCASE("who made a duplicate is told by the part that is there twice") {
    const auto again = judged(all, "sink.row m1 part=1 attempt=2\n" + row("2") + row("2"), at);
    CHECK(found(again, {Clause::no_dup, Scope::committed}) == "duplicated 1/producer-0/1 (consumer)");
  }
  SUBCASE("two parts are one effect") { CHECK(found(judged(all, rows(), at), {Clause::no_dup, Scope::committed}) == ""); }
  SUBCASE("rows that do not say which part they are show no loss") {
    const auto nameless = judged(all, "sink.row m1", at);
    CHECK(found(nameless, {Clause::no_loss, Scope::committed}) == "");
    CHECK(unresolved(nameless, Clause::txn_atomic) == 1);
  }
  SUBCASE("clauses of transactions are not judged") {
    CHECK(half.find({Clause::fenced, Scope::delivered}) == nullptr);
    CHECK(half.find({Clause::precommit_invisible, Scope::delivered}) == nullptr);
    CHECK(judged(all, "sink.row m1", queue_ground()).find({Clause::txn_atomic, Scope::delivered}) == nullptr);
  }
}

TEST_CASE("a confirmed position passes only what has taken effect") {
  const auto at = in_parts();
  CHECK(found(judged(sent + parts("c") + moved("c"), rows(), at), Clause::commit_safe) == "");
  CHECK(exercised(judged(sent + parts("c") + moved("c"), rows(), at), Clause::commit_safe) == 1);

  const auto early = judged(sent + moved("c") + parts("c"), rows(), at);
  CHECK(found(early, Clause::commit_safe) == "skipped 1/producer-0/1 (hazard)");
  CHECK(found(early, {Clause::no_loss, Scope::committed}) == "");
  CHECK(found(judged(sent + part("c", "1") + moved("c") + part("c", "2"), rows(), at), Clause::commit_safe) ==
        "skipped 1/producer-0/1 (hazard)");

  SUBCASE("in a transaction it counts from the commit, and what commits with the position is not passed") {
    CHECK(found(judged(sent + parts("c", t1) + moved("c") + committed("c", t1), rows(t1)), Clause::commit_safe) ==
          "skipped 1/producer-0/1 (hazard)");
    CHECK(found(judged(sent + parts("c", t1) + committed("c", t1) + moved("c"), rows(t1)), Clause::commit_safe) == "");
    const auto together = sent + parts("c", t1) + "c ack.invoke m1 kind=commit" + t1 + committed("c", t1) + "c ack.confirmed m1" + t1;
    CHECK(found(judged(together, rows(t1)), Clause::commit_safe) == "");
    CHECK(unresolved(judged(together, rows(t1)), Clause::commit_safe) == 0);
  }
  SUBCASE("a commit in doubt counts as of the fence that settled it, if something of it is there") {
    const std::string next = "harness plan.message m2\np send.invoke m2\np send.ok m2\nc#2 deliver m2\n";
    const auto doubted = [&](const std::string& settled) {
      return sent + parts("c", t1) + asked("c", t1) + killed + settled + next + moved("c#2", "m2");
    };
    CHECK(found(judged(doubted(fence), rows(t1)), Clause::commit_safe) == "skipped 1/producer-0/2 (hazard)");
    CHECK(unresolved(judged(doubted(fence), rows(t1)), Clause::commit_safe) == 0);
    CHECK(unresolved(judged(doubted(""), rows(t1)), Clause::commit_safe) == 1);
    CHECK(found(judged(doubted(fence), ""), Clause::commit_safe) ==
          "skipped 1/producer-0/1 (hazard), skipped 1/producer-0/2 (hazard)");
  }
  SUBCASE("a position passes all that lies before it in its partition") {
    const std::string two = sent + "harness plan.message m2\np send.invoke m2\np send.ok m2\nc deliver m2\n";
    const auto of_2 = [](std::string text) {
      for (auto place = text.find("m1"); place != std::string::npos; place = text.find("m1", place)) text[place + 1] = '2';
      return text;
    };
    CHECK(found(judged(two + of_2(parts("c")) + moved("c", "m2") + parts("c"), rows() + of_2(rows()), at), Clause::commit_safe) ==
          "skipped 1/producer-0/1 (hazard)");
    CHECK(found(judged(two + of_2(parts("c")) + moved("c", "m2") + parts("c") + moved("c"), rows() + of_2(rows()), at), Clause::commit_safe) ==
          "skipped 1/producer-0/1 (hazard)");
    CHECK(found(judged(two + parts("c") + of_2(parts("c")) + moved("c", "m2"), rows() + of_2(rows()), at), Clause::commit_safe) == "");
    CHECK(found(judged(two + parts("c") + moved("c") + of_2(parts("c")), rows() + of_2(rows()), at), Clause::commit_safe) == "");
  }
  SUBCASE("an acknowledgement of one message passes no other") {
    const std::string acked = "c ack.invoke m1 kind=ack\nc ack.confirmed m1\n";
    CHECK(exercised(judged(sent + acked + parts("c"), rows(), at), Clause::commit_safe) == 0);
  }
  SUBCASE("nobody knows of an effect that has begun") {
    const auto begun = judged(sent + "c effect.begin m1 part=1\n" + part("c", "2") + moved("c"), rows(), at);
    CHECK(found(begun, Clause::commit_safe) == "");
    CHECK(unresolved(begun, Clause::commit_safe) == 1);
  }
}

TEST_CASE("exactly once from topic to topic is claimed clause by clause") {
  const std::string words = "exactly-once @ committed + txn-atomic + precommit-invisible + fenced + commit-safe";
  CHECK(to_string(parse_claim(words)) == words);
  CHECK(clauses_of(parse_claim(words)).size() == 9);
}
