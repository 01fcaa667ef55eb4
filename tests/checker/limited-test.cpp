// What a system does by its own rules, and the clauses that hold it to them:
// max-delivery, ttl, dlq-conserve, dedup, redel-exact, and the excuses.
#include <doctest/doctest.h>

#include "checker/judge.hpp"
#include "checker/weigh.hpp"
#include "story.hpp"

using namespace assay;

namespace {

std::string found(const Judgement& judgement, ClauseAt at) {
  const auto* finding = judgement.find(at);
  REQUIRE(finding);
  std::string words;
  for (const auto& witness : finding->witnesses)
    words += (words.empty() ? "" : ", ") + std::string(name(witness.anomaly)) + " " + witness.message + " (" + witness.origin + ")";
  if (!words.empty() || finding->unresolved.empty()) return words;
  return "unresolved: " + finding->unresolved.front();
}

std::string found(const std::string& text, const Rules& rules, Clause clause) {
  return found(judge(story(text), {.rules = rules}), {clause, Scope::delivered});
}

std::string lost(const std::string& text, const Rules& rules) {
  return found(judge(story(text), {.rules = rules}), {Clause::no_loss, Scope::committed});
}

const std::string sent = "harness plan.message m1\nc session.open\np send.invoke m1\np send.ok m1\n";
const std::string rejected = "c deliver m1\nc ack.invoke m1 kind=reject\nc ack.confirmed m1 kind=reject\n";
std::string kill_of(const std::string& target) {
  const auto fault = " kind=kill target=" + target + " trigger=random#1\n";
  return "harness fault.plan" + fault + "harness fault.do" + fault;
}
const std::string letter = "stored.row m1 kind=dead-letter status=rejected copy=aside/1";

}  // namespace

TEST_CASE("a missing message is excused by a declared rule with evidence, and by nothing else") {
  Rules rules{.limits = {.ttl_ms = 1000, .slack_ms = 100}, .lists_dead_letters = true};
  CHECK(lost(sent + rejected + good_end(letter), rules) == "lost 1/producer-0/1 (rejected)");
  CHECK(lost(sent + "after 5000 ms\n" + good_end(), rules) == "lost 1/producer-0/1 (not stored)");

  SUBCASE("dlq: it is among the dead letters") {
    rules.excuses = {Excuse::dlq};
    CHECK(lost(sent + rejected + good_end(letter), rules) == "");
    CHECK(lost(sent + rejected + good_end(), rules) == "lost 1/producer-0/1 (rejected, no dead letter)");
    const auto judgement = judge(story(sent + rejected + good_end(letter)), {.rules = rules});
    CHECK(judgement.accounts.excused == 1);
    CHECK(judgement.accounts.dead_letters == 1);
    CHECK(judgement.accounts.lost == 0);
  }
  SUBCASE("limit: there was no room for it") {
    rules.excuses = {Excuse::limit};
    CHECK(lost(sent + good_end("stored.row m1 kind=dead-letter status=overflow copy=aside/1"), rules) == "");
    CHECK(lost(sent + rejected + good_end(letter), rules) == "lost 1/producer-0/1 (rejected)");
  }
  SUBCASE("ttl: it can have been too old") {
    rules.excuses = {Excuse::ttl};
    CHECK(lost(sent + "after 5000 ms\n" + good_end(), rules) == "");
    CHECK(lost(sent + "after 800 ms\n" + good_end(), rules) == "lost 1/producer-0/1 (not stored)");
  }
  SUBCASE("ttl: not when what was sent after it came before its time was up") {
    rules.excuses = {Excuse::ttl};
    const std::string second = "harness plan.message m2\np send.invoke m2\np send.ok m2\n";
    CHECK(lost(sent + second + "c deliver m2\nafter 5000 ms\n" + good_end("sink.row m2"), rules) ==
          "unresolved: 1/producer-0/1: acknowledged, not seen, and overtaken before it can have expired");
    CHECK(lost(sent + second + "after 1500 ms\nc deliver m2\n" + good_end("sink.row m2"), rules) == "");
  }
  SUBCASE("ttl: not when the server was struck before its time was up") {
    rules.excuses = {Excuse::ttl};
    CHECK(lost(sent + kill_of("broker") + "after 5000 ms\n" + good_end(), rules).find("the server was struck before it can have expired") != std::string::npos);
    CHECK(lost(sent + "after 1500 ms\n" + kill_of("broker") + "after 5000 ms\n" + good_end(), rules).find("struck") == std::string::npos);
  }
}

TEST_CASE("retention excuses what the log no longer reaches back to") {
  Rules rules{.limits = {.retention_ms = 1000}, .excuses = {Excuse::retention}};
  const std::string two = "harness plan.message m1\nharness plan.message m2\nc session.open\np send.invoke m1\np send.ok m1 copy=t/0/1\n"
                          "p send.invoke m2\np send.ok m2 copy=t/0/2\n";
  const auto of = [&](const std::string& text) {
    return found(judge(story(text), {.shape = Ground::Shape::log, .rules = rules}), {Clause::no_loss, Scope::stored});
  };
  CHECK(of(two + "after 3000 ms\n" + good_end("stored.row m2 copy=t/0/2")) == "");
  CHECK(of(two + good_end("stored.row m2 copy=t/0/2")) == "");  // slack is as long as the limit
  CHECK(of(two + "after 3000 ms\n" + good_end("stored.row m1 copy=t/0/1")) == "lost 1/producer-0/2 (not stored)");
  SUBCASE("but not when the server was struck before that") {
    rules.limits.slack_ms = 100;
    CHECK(of(two + kill_of("consumer-0") + "after 3000 ms\n" + good_end("stored.row m2 copy=t/0/2")) == "");
    CHECK(of(two + kill_of("broker") + "after 3000 ms\n" + good_end("stored.row m2 copy=t/0/2")).find("struck before the log") != std::string::npos);
  }
}

TEST_CASE("no copy is handed out more often than the limit says") {
  Rules rules{.limits = {.max_delivery = 2}};
  const std::string twice = sent + "c deliver m1\nc deliver m1\n";
  CHECK(found(twice + good_end(), rules, Clause::max_delivery) == "");
  CHECK(found(twice + "c deliver m1\n" + good_end(), rules, Clause::max_delivery) == "stuck 1/producer-0/1 (given too often)");
  CHECK(found(twice + "c deliver m1 copy=q/7\n" + good_end(), rules, Clause::max_delivery) == "");
  SUBCASE("a system that names no copies stores an attempt once") {
    CHECK(found(sent + "c deliver m1 copy=\nc deliver m1 copy=\nc deliver m1 copy=\n" + good_end(), rules, Clause::max_delivery) ==
          "stuck 1/producer-0/1 (given too often)");
  }
  SUBCASE("a counter may forget what its server died with, if that is declared") {
    const std::string restart = "harness process.exit target=broker#1 status=signal_9\nharness process.start target=broker#2 status=ready\n";
    CHECK(found(twice + restart + "c deliver m1\n" + good_end(), rules, Clause::max_delivery) == "stuck 1/producer-0/1 (given too often)");
    rules.limits.uncounted = 1;
    CHECK(found(twice + restart + "c deliver m1\n" + good_end(), rules, Clause::max_delivery) == "");
  }
  SUBCASE("only copies that came to the limit put it to the test") {
    const auto exercised = [&](const std::string& text) {
      return judge(story(text + good_end()), {.rules = rules}).find({Clause::max_delivery, Scope::delivered})->exercised_calm;
    };
    CHECK(exercised(sent + "c deliver m1\n") == 0);
    CHECK(exercised(twice) == 1);
  }
  CHECK(judge(story(twice), {}).find({Clause::max_delivery, Scope::delivered}) == nullptr);
}

TEST_CASE("a message is handed out until its time is up, and not after it") {
  Rules rules{.limits = {.ttl_ms = 1000, .slack_ms = 100}};
  const auto of = [&](const std::string& text) { return found(sent + text + good_end(), rules, Clause::ttl); };
  CHECK(of("c deliver m1\n") == "");
  CHECK(of("after 5000 ms\nc1 session.open\nc1 deliver m1\n") == "expired-wrongly 1/producer-0/1 (delivered after its expiry)");
  CHECK(of("after 1050 ms\nc1 session.open\nc1 deliver m1\n") == "");  // within the slack
  SUBCASE("one that was pushed in time may be read late") { CHECK(of("after 5000 ms\nc deliver m1\n") == ""); }
  SUBCASE("unless there was no room for it before") {
    rules.prefetch = 1;
    const std::string busy = "harness plan.message m2\np send.invoke m2\np send.ok m2\nc deliver m2\nafter 5000 ms\nc ack.invoke m2\n"
                             "c ack.confirmed m2\nc deliver m1\n";
    CHECK(of(busy) == "expired-wrongly 1/producer-0/1 (delivered after its expiry)");
    rules.prefetch = 2;
    CHECK(of(busy) == "");
  }
  SUBCASE("one that was asked for late was handed out late") {
    CHECK(of("after 5000 ms\nc deliver m1 asked=4000000000\n") == "expired-wrongly 1/producer-0/1 (delivered after its expiry)");
  }
  SUBCASE("and none is gone before") {
    CHECK(of("") == "expired-wrongly 1/producer-0/1 (gone before its time)");
    CHECK(of("after 5000 ms\n") == "");
    CHECK(found(sent + good_end("stored.row m1 kind=dead-letter status=expired copy=aside/1"), rules, Clause::ttl) ==
          "expired-wrongly 1/producer-0/1 (expired before its time)");
    CHECK(found(sent + good_end("stored.row m1 kind=dead-letter status=rejected copy=aside/1"), rules, Clause::ttl) == "");
  }
}

TEST_CASE("an owed message is processed, or a dead letter, and only one of these") {
  const Rules rules{.limits = {.max_delivery = 2}, .lists_dead_letters = true};
  const auto of = [&](const std::string& text, const std::string& rows) { return found(sent + text + good_end(rows), rules, Clause::dlq_conserve); };
  CHECK(of("c deliver m1\n", "sink.row m1") == "");
  CHECK(of(rejected, letter) == "");
  CHECK(of(rejected, "") == "dead-letter-lost 1/producer-0/1 (rejected)");
  CHECK(of("c deliver m1\nc deliver m1\n", "") == "dead-letter-lost 1/producer-0/1 (given too often)");
  CHECK(of("", "") == "lost 1/producer-0/1 (never set aside)");
  CHECK(of(rejected, "sink.row m1\n" + letter) == "duplicated 1/producer-0/1 (processed, too)");
  CHECK(of(rejected, letter + "\nstored.row m1 kind=dead-letter copy=aside/2") == "duplicated 1/producer-0/1 (dead letters)");
  SUBCASE("what a producer sent twice may be there twice") {
    CHECK(of("p send.invoke m1 attempt=2\np send.ok m1 attempt=2\n" + rejected, letter + "\nstored.row m1 attempt=2 kind=dead-letter copy=aside/2") == "");
  }
  SUBCASE("while it may still come nobody can tell") {
    CHECK(found(sent + rejected, rules, Clause::dlq_conserve) == "unresolved: 1/producer-0/1: neither processed nor among the dead letters");
  }
  SUBCASE("a rejected delivery is no acknowledged one") {
    const auto judgement = judge(story(sent + rejected + "harness process.exit target=broker#1 status=signal_9\n"
                                       "harness process.start target=broker#2 status=ready\nc1 session.open\nc1 deliver m1\n" + good_end()),
                                 {.rules = rules});
    CHECK(found(judgement, {Clause::ack_durable, Scope::delivered}) == "");
  }
}

TEST_CASE("what is sent again while its id is known is stored once") {
  Rules rules{.limits = {.dedup_window_ms = 1000}, .dedup = DedupBy::message};
  const std::string again = "p send.invoke m1 attempt=2\np send.ok m1 attempt=2\n";
  const std::string both = "c deliver m1\nc deliver m1 attempt=2 copy=q/2\n";
  const auto of = [&](const std::string& text) { return found(sent + text + good_end(), rules, Clause::dedup); };
  CHECK(of(again + "c deliver m1\n") == "");
  CHECK(of(again + both) == "dedup-failed 1/producer-0/1 ()");
  SUBCASE("behind the window it may be stored again") {
    CHECK(of("after 2000 ms\n" + again + both) == "");
    rules.limits.dedup_window_ms = 0;
    CHECK(of("after 2000 ms\n" + again + both) == "dedup-failed 1/producer-0/1 ()");
  }
  SUBCASE("a send that may have been accepted late is no proof") {
    CHECK(of("p send.invoke m1 attempt=2\nafter 2000 ms\np send.ok m1 attempt=2\n" + both) == "");
    CHECK(of("p send.invoke m1 attempt=2\n" + both) == "dedup-failed 1/producer-0/1 ()");  // it was seen in time
  }
  SUBCASE("across a restart of the broker, too") {
    CHECK(of("harness process.exit target=broker#1 status=signal_9\nharness process.start target=broker#2 status=ready\n" + again + both) ==
          "dedup-failed 1/producer-0/1 (after a restart of the broker)");
  }
  SUBCASE("a number in a session is another one in the next") {
    rules.dedup = DedupBy::session;
    CHECK(of("p#2 send.invoke m1 attempt=2\np#2 send.ok m1 attempt=2\n" + both).starts_with("unresolved"));  // its end is not on record
    CHECK(of(again + both) == "dedup-failed 1/producer-0/1 ()");
  }
  SUBCASE("a copy delivered twice is one copy") { CHECK(of(again + "c deliver m1\nc deliver m1\n") == ""); }
  SUBCASE("resends are counted inside the window and noted behind it, and the window is measured") {
    const auto finding = [&](const std::string& text) { return *judge(story(sent + text + good_end()), {.rules = rules}).find({Clause::dedup, Scope::delivered}); };
    CHECK(finding(again + "c deliver m1\n").exercised_calm == 1);
    CHECK_FALSE(finding(again + "c deliver m1\n").beyond_window);
    const auto late = finding("after 2000 ms\n" + again + both);
    CHECK(late.exercised_calm == 0);
    CHECK(late.beyond_window);
    CHECK(late.accepted_again_ms == 2000);
    CHECK(finding("after 700 ms\np send.invoke m1 attempt=2\np send.ok m1 attempt=2 duplicate=true\nc deliver m1\n").dropped_ms == 700);
  }
}

TEST_CASE("what the system says it had before is there") {
  const Rules rules{.dedup = DedupBy::message};
  const auto of = [&](const std::string& answer, const std::string& rest) {
    return found("harness plan.message m1\nc session.open\np send.invoke m1\n" + answer + rest + good_end(), rules, Clause::dedup_no_false_positive);
  };
  CHECK(of("p send.ok m1 duplicate=true\n", "") == "dedup-swallowed 1/producer-0/1 (told to be there already)");
  CHECK(of("p send.ok m1 duplicate=true\n", "c deliver m1\n") == "");
  CHECK(of("p send.ok m1\n", "") == "");  // that is a loss
  CHECK(of("p send.ok m1\np send.invoke m1 attempt=2\np send.ok m1 attempt=2 duplicate=true\n", "") == "");
}

TEST_CASE("redel-exact: a delivery is marked as repeated only if there was one before") {
  Rules rules{.prefetch = 1};
  const auto of = [&](const std::string& text) { return found(sent + text + good_end(), rules, Clause::redel_exact); };
  CHECK(of("c deliver m1 redelivered=false count=1\nc deliver m1 redelivered=true count=2\n") == "");
  CHECK(of("c deliver m1 redelivered=true\n") == "misflagged 1/producer-0/1 (without a reason)");
  CHECK(of("c deliver m1 count=2\n") == "misflagged 1/producer-0/1 (without a reason)");
  CHECK(of("c deliver m1\nc1 session.open\nc1 deliver m1 redelivered=false\n") == "misflagged 1/producer-0/1 (flag)");
  SUBCASE("an earlier session may have been given one without a record") {
    CHECK(of("c#2 session.open\nc#2 deliver m1 redelivered=true\n") == "");
    const std::string two = "harness plan.message m2\np send.invoke m2\np send.ok m2\n";
    CHECK(of(two + "c#2 session.open\nc#2 deliver m1 redelivered=true\nc#2 deliver m2 redelivered=true\n") ==
          "misflagged 1/producer-0/2 (without a reason)");
    rules.prefetch = 2;
    CHECK(of(two + "c#2 session.open\nc#2 deliver m1 redelivered=true\nc#2 deliver m2 redelivered=true\n") == "");
  }
  SUBCASE("redel-honest lets a mark too many pass") {
    CHECK(found(sent + "c deliver m1 redelivered=true\n" + good_end(), rules, Clause::redel_honest) == "");
  }
}
