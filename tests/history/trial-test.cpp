#include "checker/history/trial.hpp"

#include <doctest/doctest.h>

#include "tests/history/samples.hpp"

using namespace assay;

TEST_CASE("events are numbered through all recordings of a trial") {
  const Trial trial = sample_trial();
  CHECK(record_number(trial, {0, 0}) == 1);
  CHECK(record_number(trial, {0, 3}) == 4);
  CHECK(record_number(trial, {1, 0}) == 5);
  CHECK(record_number(trial, {2, 0}) == 8);
  CHECK(event_at(trial, {1, 2}) == trial.recordings[1].events[2]);
}

TEST_CASE("in the order of time equal times keep the order of the recordings") {
  Trial trial;
  trial.recordings = {recording_of("a", 1, 1, 2), recording_of("b", 1, 1, 2)};
  trial.recordings[0].events[0].time = 5;
  trial.recordings[0].events[1].time = 9;
  trial.recordings[1].events[0].time = 5;
  trial.recordings[1].events[1].time = 1;
  CHECK(in_time_order(trial) == std::vector<EventRef>{{1, 1}, {0, 0}, {1, 0}, {0, 1}});
  CHECK(in_time_order(Trial{}).empty());
}
