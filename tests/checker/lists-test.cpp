// The fast path of plain lines against judge() on the same lines as events: they
// may differ in speed and in nothing else.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "checker/carried.hpp"
#include "checker/history/foreign.hpp"
#include "checker/lists.hpp"

using namespace assay;

namespace {

struct Essence {
  std::int64_t exercised = 0;
  std::vector<std::string> found, open;
  bool operator==(const Essence&) const = default;
};

Essence essence(const Judgement& judgement, Clause clause) {
  const auto* finding = judgement.find({clause, Scope::delivered});
  REQUIRE(finding != nullptr);
  Essence of{.exercised = finding->exercised_calm, .found = {}, .open = finding->unresolved};
  for (const auto& witness : finding->witnesses) of.found.push_back(witness.what);
  std::sort(of.found.begin(), of.found.end());
  std::sort(of.open.begin(), of.open.end());
  return of;
}

PlainLines random_lines(std::mt19937& random) {
  PlainLines lines;
  const std::uint64_t count = random() % 14;
  for (std::uint64_t line = 1; line <= count; ++line) {
    const auto what = static_cast<Plain>(random() % 5 % 4);  // most are sends that were acknowledged
    lines.add(what, "m" + std::to_string(random() % 5), {0, line});
  }
  return lines;
}

}  // namespace

TEST_CASE("plain lines are judged as the same lines would be as events") {
  std::mt19937 random(1);
  const std::vector<std::string> files{"h.jsonl"};
  for (int round = 0; round < 3000; ++round) {
    CAPTURE(round);
    const auto lines = random_lines(random);
    const auto ground = ground_of(carried_by(lines), round % 2 == 0);
    const auto trials = events_of(lines, files);
    const auto slow = judge(trials.empty() ? Trial{} : trials.front(), ground);
    const auto fast = judge_lists(lines, files, Scope::delivered, *ground.checked).judgement;

    for (const auto clause : {Clause::no_loss, Clause::no_dup, Clause::no_phantom, Clause::no_corruption, Clause::no_aborted}) {
      CAPTURE(name(clause));
      CHECK(essence(fast, clause) == essence(slow, clause));
    }
    auto sums = slow.accounts;
    sums.stored = 0;  // a list of deliveries says nothing of copies
    CHECK(fast.accounts == sums);
    CHECK(fast.not_quiescent == slow.not_quiescent);
  }
}

TEST_CASE("a witness of a list points to the lines that prove it") {
  PlainLines lines;
  lines.add(Plain::acked, "a", {0, 1});
  lines.add(Plain::delivered, "a", {1, 4});
  lines.add(Plain::delivered, "a", {1, 9});
  lines.add(Plain::delivered, "a", {1, 12});
  const auto judged = judge_lists(lines, {"s", "r"}, Scope::delivered, {.complete = true});
  const auto* finding = judged.judgement.find({Clause::no_dup, Scope::delivered});
  REQUIRE(finding->witnesses.size() == 1);
  CHECK(finding->witnesses[0].what == "a was delivered 3 times");
  std::vector<std::string> places;
  for (const auto ref : finding->witnesses[0].events)
    places.push_back(file_of(judged.evidence, ref) + ":" + std::to_string(record_number(judged.evidence, ref)));
  CHECK(places == std::vector<std::string>{"s:1", "r:4", "r:9"});
}

TEST_CASE("of very many anomalies some are listed and all are counted") {
  PlainLines lines;
  for (int i = 0; i < 1000; ++i) lines.add(Plain::acked, std::to_string(i), {0, static_cast<std::uint64_t>(i)});
  const auto lost = judge_lists(lines, {"s"}, Scope::delivered, {.complete = true}).judgement;
  CHECK(lost.find({Clause::no_loss, Scope::delivered})->witnesses.size() == most_listed);
  CHECK(lost.accounts.lost == 1000);
  const auto open = judge_lists(lines, {"s"}, Scope::delivered, {}).judgement;
  CHECK(open.find({Clause::no_loss, Scope::delivered})->unresolved.size() == most_listed);
  CHECK(open.accounts.unresolved == 1000);
}
