#include <doctest/doctest.h>
#include <sys/stat.h>

#include <string>

#include "checker/history/event-codec.hpp"
#include "checker/history/store.hpp"
#include "tests/history/samples.hpp"

using namespace assay;

namespace {

Trial packed_and_back(Trial trial) {
  const TemporaryDirectory directory;
  write_packed(trial, directory / "000012.hist");
  return read_packed(directory / "000012.hist");
}

}  // namespace

TEST_CASE("a packed trial comes back whole: killed, damaged and empty recordings too") {
  CHECK(packed_and_back(sample_trial()) == sample_trial());
}

TEST_CASE("a trial without recordings can be packed") {
  const Trial empty{.number = 3, .file = "000012.hist", .recordings = {}};
  CHECK(packed_and_back(empty) == empty);
}

TEST_CASE("every kind of event survives packing") {
  Trial trial{.number = 12, .file = "000012.hist", .recordings = {recording_of("producer-0", 2, 12, 0)}};
  for (const auto& [type, phase] : all_kinds()) trial.recordings[0].events.push_back(full_event(type, phase));
  CHECK(packed_and_back(trial) == trial);
}

TEST_CASE("a recording longer than a block goes into several") {
  Trial trial{.number = 12, .file = "000012.hist", .recordings = {}};
  trial.recordings.push_back(recording_of("producer-0", 1, 12, 5000));
  trial.recordings.push_back(recording_of("consumer-0", 1, 12, 5000));
  CHECK(packed_and_back(trial) == trial);
}

TEST_CASE("the longest event that can be recorded can be packed") {
  Trial trial{.number = 12, .file = "000012.hist", .recordings = {recording_of("harness", 1, 12, 2)}};
  std::string bytes;
  encode(trial.recordings[0].events[0], bytes);
  trial.recordings[0].events[0].line.assign(event_limit_bytes - bytes.size() - 4, 'x');  // number and length take 4
  bytes.clear();
  encode(trial.recordings[0].events[0], bytes);
  REQUIRE(bytes.size() == event_limit_bytes);
  CHECK(packed_and_back(trial) == trial);
}

TEST_CASE("a packed file is private and its temporary name is gone") {
  const TemporaryDirectory directory;
  put_bytes(directory / "t.hist.tmp", "left by someone who was killed");
  write_packed(sample_trial(), directory / "t.hist");
  struct stat status {};
  REQUIRE(::stat((directory / "t.hist").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK_FALSE(std::filesystem::exists(directory / "t.hist.tmp"));
}

TEST_CASE("a packed file that cannot be written leaves nothing behind") {
  const TemporaryDirectory directory;
  std::filesystem::create_directories(directory / "t.hist");
  CHECK_THROWS_AS(write_packed(sample_trial(), directory / "t.hist"), std::system_error);
  CHECK_FALSE(std::filesystem::exists(directory / "t.hist.tmp"));
  CHECK_THROWS_AS(write_packed(sample_trial(), directory / "nowhere" / "t.hist"), std::system_error);
}

TEST_CASE("what is not a file is missing evidence") {
  const TemporaryDirectory directory;
  CHECK_THROWS_AS(read_packed(directory / "none.hist"), DamagedHistory);
  CHECK_THROWS_AS(read_packed(directory.path()), DamagedHistory);
  REQUIRE(::mkfifo((directory / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_AS(read_packed(directory / "pipe"), DamagedHistory);
}
