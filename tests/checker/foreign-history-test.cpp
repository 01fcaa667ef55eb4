// Histories that nobody here planned (CONTRACTS 2.8), and what a run tells
// without a digest or the name of a copy.
#include <doctest/doctest.h>

#include "checker/carried.hpp"
#include "checker/weigh.hpp"
#include "story.hpp"

using namespace assay;

namespace {

Judgement judged(const std::string& text, bool complete = true) {
  const auto trial = story(text);
  return judge(trial, ground_of(carried_by({trial}, true), complete));
}

std::vector<std::string> found(const Judgement& judgement, ClauseAt at) {
  std::vector<std::string> what;
  for (const auto& witness : judgement.find(at)->witnesses) what.push_back(witness.what);
  return what;
}

Weighing weighed(const std::string& text, const std::string& claim, bool complete = true) {
  const auto trial = story(text);
  const auto carried = carried_by({trial}, true);
  Terms terms{.claim = parse_claim(claim), .evidence = Evidence::history};
  if (!terms.claim.scope) terms.claim.scope = highest_scope(carried);
  terms.ground = ground_of(carried, complete);
  const std::vector judgements{judge(trial, terms.ground)};
  terms.not_applicable = not_applicable_to(carried, judgements);
  return weigh(judgements, terms, false);
}

const std::string sent_once = "p send.invoke m1\n p send.ok m1\n";

constexpr ClauseAt loss{Clause::no_loss, Scope::delivered}, copies{Clause::no_dup, Scope::stored};
constexpr ClauseAt corruption{Clause::no_corruption, Scope::delivered};

}  // namespace

TEST_CASE("without a plan the messages are those that somebody sent") {
  CHECK(found(judged(sent_once), loss) == std::vector<std::string>{"1/producer-0/1 was acknowledged and never delivered"});
  CHECK(judged(sent_once + "c deliver m1").accounts.lost == 0);
}

TEST_CASE("an answer tells of its send") {
  CHECK(found(judged("p send.ok m1"), loss) == std::vector<std::string>{"1/producer-0/1 was acknowledged and never delivered"});
  CHECK(judged("p send.unconfirmed m1").accounts.acked == 1);
  CHECK(judged("p send.fail m1").accounts.failed == 1);
  CHECK(judged("p send.indeterminate m1").accounts.unanswered == 1);
  CHECK(judged("p send.invoke m1\n p send.fail m1").accounts.failed == 1);
  CHECK(judged("p send.indeterminate m1\n p send.fail m1").accounts.unanswered == 1);
}

TEST_CASE("nothing is lost unless somebody vouches for the reader") {
  const auto judgement = judged(sent_once, false);
  CHECK(found(judgement, loss).empty());
  CHECK(judgement.find(loss)->unresolved == std::vector<std::string>{"1/producer-0/1: acknowledged, not seen"});
  CHECK(weighed(sent_once, "at-least-once", false).reason == Reason::unresolved);
  CHECK(weighed(sent_once, "at-least-once").verdict == Verdict::violated);
}

TEST_CASE("one antecedent is enough, and none is not") {
  const auto upheld = weighed(sent_once + "c deliver m1", "exactly-once");
  CHECK(upheld.verdict == Verdict::upheld);
  CHECK(upheld.strongest == std::vector<std::string>{"exactly-once @ delivered"});
  const auto nothing = weighed("", "exactly-once");
  CHECK(nothing.verdict == Verdict::inconclusive);
  CHECK(nothing.reason == Reason::not_exercised);
}

TEST_CASE("without a claim there is no verdict, and what holds is found all the same") {
  const auto trial = story(sent_once + "c deliver m1\n c deliver m1");
  Terms terms{.claim = parse_claim("exactly-once @ delivered"), .claimed = false, .evidence = Evidence::history};
  terms.ground = ground_of(carried_by({trial}, true), true);
  const auto weighing = weigh({judge(trial, terms.ground)}, terms, false);
  CHECK(weighing.verdict == Verdict::inconclusive);
  CHECK(weighing.detail == "no claim was given");
  CHECK(weighing.forbidden.empty());
  CHECK(weighing.anomalies == std::map<std::string, std::int64_t>{{"duplicated", 1}});
  CHECK(weighing.strongest == std::vector<std::string>{"at-least-once @ delivered"});
}

TEST_CASE("without a digest nothing is compared and nothing is exercised") {
  CHECK(judged(sent_once + "c deliver m1").find(corruption)->exercised_calm == 1);
  CHECK(found(judged(sent_once + "c deliver m1 digest=other"), corruption).size() == 1);
  CHECK(found(judged(sent_once + "c deliver m1 key=other"), corruption) ==
        std::vector<std::string>{"1/producer-0/1 came with another key"});
  const auto silent = judged(sent_once + "c deliver m1 digest= key=");
  CHECK(silent.find(corruption)->exercised_calm == 0);
  CHECK(found(silent, corruption).empty());

  const auto run = judge(story("harness plan.message m1\n" + sent_once + "c deliver m1 digest= key=\n" + good_end()), queue_ground());
  CHECK(found(run, corruption).empty());
  CHECK(run.find(corruption)->exercised_calm ==
        judge(story("harness plan.message m1\n" + sent_once + good_end()), queue_ground()).find(corruption)->exercised_calm);
}

TEST_CASE("a delivery without the name of its copy is no copy of its own") {
  const std::string taken = "c deliver m1 copy=\n c ack.invoke m1\n c ack.confirmed m1\n";
  SUBCASE("where others are known") {
    CHECK(found(judged(sent_once + taken + "auditor stored.row m1"), copies).empty());
    CHECK(found(judged(sent_once + "c deliver m1 copy=q/7\n c ack.invoke m1\n auditor stored.row m1"), copies).size() == 1);
  }
  SUBCASE("and still shows that there was one") {
    const auto judgement = judged(sent_once + taken + "p send.invoke m2\n p send.ok m2\n auditor stored.row m2");
    CHECK(found(judgement, {Clause::no_loss, Scope::stored}).empty());
  }
  SUBCASE("rows without a name are copies each") {
    CHECK(found(judged(sent_once + "auditor stored.row m1 copy=\n auditor stored.row m1 copy="), copies).size() == 1);
  }
  SUBCASE("in a run, too") {
    const std::string start = "harness plan.message m1\n" + sent_once;
    const auto nameless = judge(story(start + taken + good_end("stored.row m1")), queue_ground());
    CHECK(found(nameless, copies).empty());
    const auto gone = judge(story(start + taken + good_end()), queue_ground());
    CHECK(found(gone, {Clause::no_loss, Scope::stored}).empty());
  }
}

TEST_CASE("an ack may name its message") {
  const auto judgement = judged(sent_once + "c deliver m1 tag= copy=a\n c deliver m2 tag= copy=b\n");
  CHECK(judgement.accounts.deliveries == 2);
  auto trial = story(sent_once + "c deliver m1 tag= copy=a\n c ack.invoke tag=\n auditor stored.row m2 copy=z");
  for (auto& recording : trial.recordings)
    for (auto& event : recording.events)
      if (event.type == Type::ack) event.message = "1/producer-0/1";
  const auto acked = judge(trial, ground_of(carried_by({trial}, true), true));
  CHECK(acked.find({Clause::no_loss, Scope::stored})->witnesses.empty());
}

TEST_CASE("what was not recorded is not missing") {
  const auto effects = judged(sent_once + "auditor sink.row m1");
  CHECK(effects.find(loss) == nullptr);
  CHECK(effects.accounts.lost == 0);
  const auto both = judged(sent_once + "p send.invoke m2\n p send.ok m2\n c deliver m1\n auditor sink.row m1\n auditor sink.row m2");
  CHECK(found(both, loss).empty());
}

TEST_CASE("of sends that differ in content nobody can tell which one it was") {
  const std::string twice = "p send.invoke m1 digest=a\n p send.invoke m1 digest=b attempt=2\n p send.ok m1 attempt=2\n c deliver m1 digest=c";
  CHECK(found(judged(twice), corruption).empty());
  CHECK(judged(twice).find(corruption)->exercised_calm == 0);
}

TEST_CASE("a planned message that was seen is a phantom only where all sends are on record") {
  const std::string unsent = "harness plan.message m1\n harness plan.message m2\n p send.ok m1\n c deliver m1\n c deliver m2\n";
  constexpr ClauseAt phantom{Clause::no_phantom, Scope::delivered};
  CHECK(found(judged(unsent), phantom).empty());
  CHECK(judged(unsent).find(phantom)->unresolved == std::vector<std::string>{"1/producer-0/2 was seen and its send is not on record"});
  CHECK(found(judged(unsent + "p send.indeterminate m1"), phantom) == std::vector<std::string>{"1/producer-0/2 was seen and nobody sent it"});
}

TEST_CASE("where the group came late, an answer without its send leaves the loss open") {
  const std::string late = "c session.open\n p send.ok m1\n";
  CHECK(judged(late).find(loss)->unresolved ==
        std::vector<std::string>{"1/producer-0/1: acknowledged, not seen, and when it was sent is not on record"});
  CHECK(judged(late + "c deliver m1").find(loss)->unresolved.empty());
}

TEST_CASE("whatever needs before and after is open without times") {
  const auto trial = story(sent_once + "c deliver m1");
  const auto judgement = judge(trial, ground_of(carried_by({trial}, false), true));
  for (const auto clause : {Clause::ack_durable, Clause::redel_honest, Clause::fifo, Clause::lease_exclusive})
    CHECK(judgement.find({clause, Scope::delivered})->unresolved == std::vector<std::string>{"not all lines have a time"});
}
