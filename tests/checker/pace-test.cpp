// How a run went over time: slices, spans, messages in flight.
#include <doctest/doctest.h>

#include <algorithm>

#include "checker/pace.hpp"
#include "story.hpp"

using namespace assay;

namespace {

Pace pace_of(const std::vector<Trial>& trials) {
  PaceMeter meter;
  for (const auto& trial : trials) meter.add(trial);
  return meter.pace();
}

Slice sum_of(const Pace& pace) {
  Slice sum;
  for (const auto& slice : pace.slices) {
    sum.acked += slice.acked, sum.effects += slice.effects, sum.redelivered += slice.redelivered;
    sum.duplicated += slice.duplicated, sum.underway += slice.underway;
  }
  return sum;
}

Trial numbered(std::int64_t number, const std::string& text) {
  auto trial = story(text);
  trial.number = number;
  return trial;
}

const std::string twice =
    "harness plan.message m1\n"
    "p send.invoke m1\n"
    "p send.ok m1\n"
    "c deliver m1\n"
    "c effect.begin m1\n"
    "c effect.ok m1\n"
    "after 100 ms\n"
    "c deliver m1\n"
    "c effect.begin m1\n"
    "c effect.ok m1\n"
    "c ack.invoke m1\n"
    "auditor sink.row m1\n"
    "auditor sink.row m1\n";

}  // namespace

TEST_CASE("nothing has no pace") {
  CHECK(pace_of({}) == Pace{});
  CHECK(pace_of({Trial{.number = 1}}) == Pace{});
}

TEST_CASE("what happened is counted in the slice in which it happened") {
  const auto pace = pace_of({story(twice)});
  REQUIRE(!pace.slices.empty());
  CHECK(pace.slices.size() <= most_slices);
  CHECK(pace.slices.front().effects == 1);
  CHECK(pace.slices.front().acked == 1);
  CHECK(pace.slices.front().redelivered == 0);
  CHECK(pace.slices.back().effects == 1);
  CHECK(pace.slices.back().redelivered == 1);
  CHECK(pace.slices.back().duplicated == 1);
  CHECK(sum_of(pace).underway == 4'000);  // four microseconds from the send to the first effect
}

TEST_CASE("an effect that the sink holds once is no duplicate, however often consumers had it") {
  auto once = twice;
  once.erase(once.rfind("auditor"));
  CHECK(sum_of(pace_of({story(once)})).duplicated == 0);
  CHECK(sum_of(pace_of({story(once)})).effects == 2);
}

TEST_CASE("without the word of consumers the sink's rows are the effects") {
  const auto pace = pace_of({story("p send.invoke m1\np send.ok m1\nauditor sink.row m1\nafter 9 ms\nauditor sink.row m1\n")});
  CHECK(sum_of(pace).effects == 2);
  CHECK(sum_of(pace).duplicated == 1);
  CHECK(pace.slices.back().duplicated == 1);
  CHECK(sum_of(pace).underway == 2'000);
}

TEST_CASE("a message without an effect is in flight to the end of its trial") {
  const auto pace = pace_of({story(twice + "harness plan.message m2\np send.invoke m2\np send.ok m2\nafter 50 ms\nc deliver m2\n")});
  CHECK(sum_of(pace).underway > 50'000'000);
}

TEST_CASE("canaries and markers are not counted") {
  const auto pace = pace_of({story("harness plan.message canary flags=canary\np send.invoke canary flags=canary\np send.ok canary flags=canary\n"
                                   "c deliver canary\nc effect.ok canary\n")});
  CHECK(sum_of(pace) == Slice{});
  CHECK(pace.trials.size() == 1);
}

TEST_CASE("the same trials make the same pace in whatever order they come") {
  std::vector<Trial> trials;
  for (std::int64_t i = 1; i <= 30; ++i) {
    auto trial = numbered(i, twice);
    for (auto& recording : trial.recordings)
      for (auto& event : recording.events) event.time += (i * 7919 % 31) * 217'000'000 - 3'000'000'000;
    trials.push_back(std::move(trial));
  }
  const auto pace = pace_of(trials);
  CHECK(pace.slices.size() <= most_slices);
  CHECK(pace.slices.size() > most_slices / 2 - 1);
  CHECK(sum_of(pace).effects == 60);
  CHECK(sum_of(pace).underway == 30 * 4'000);
  std::reverse(trials.begin(), trials.end());
  CHECK(pace_of(trials) == pace);
  std::rotate(trials.begin(), trials.begin() + 11, trials.end());
  CHECK(pace_of(trials) == pace);
}

TEST_CASE("a trial's span has its fault") {
  const auto pace = pace_of({story("harness fault.plan kind=kill target=consumer-0 trigger=random#1\n"
                                   "after 5 ms\nharness fault.do kind=kill target=consumer-0\n"
                                   "after 5 ms\nharness fault.heal kind=kill target=consumer-0\nafter 1 ms\nc deliver m1\n")});
  REQUIRE(pace.trials.contains(1));
  const auto& span = pace.trials.at(1);
  REQUIRE(span.struck);
  REQUIRE(span.healed);
  CHECK(*span.struck - span.from >= 5'000'000);
  CHECK(*span.healed - *span.struck >= 5'000'000);
  CHECK(span.to - *span.healed >= 1'000'000);
}

TEST_CASE("times of no clock are left out and nothing overflows") {
  for (const auto time : {INT64_MAX, INT64_MIN, INT64_MAX - 1}) {
    auto trial = story(twice);
    trial.recordings.front().events.front().time = time;
    CHECK(pace_of({trial}) == Pace{});
  }
  auto trial = story(twice);
  trial.recordings.front().events.front().time = -(std::int64_t{1} << 61);
  trial.recordings.back().events.back().time = std::int64_t{1} << 61;
  CHECK(pace_of({trial}).slices.size() <= most_slices);
}
