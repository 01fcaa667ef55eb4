#include "agents/recording/recorder.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <stdexcept>
#include <string>
#include <system_error>

#include "tests/history/samples.hpp"

using namespace assay;

namespace {

constexpr std::uint64_t small_capacity = 64 * 1024;

std::string complaint_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("what was recorded is read back, numbered and timed") {
  const TemporaryDirectory directory;
  const auto path = directory / "producer-0#2";
  create_recording(path, "producer-0", 2, 12, 1024 * 1024);
  Recording expected = recording_of("producer-0", 2, 12, 0);

  const std::int64_t before = monotonic_ns();
  {
    Recorder recorder(path);
    for (const auto& [type, phase] : all_kinds()) {
      Event event = full_event(type, phase, 77);
      recorder.record(event);
      expected.events.push_back(event);
    }
  }
  const std::int64_t after = monotonic_ns();

  const Recording recording = read_record_file(path, Ending::finished);
  REQUIRE(recording.events.size() == expected.events.size());
  std::int64_t last = before;
  for (std::size_t i = 0; i < expected.events.size(); ++i) {
    expected.events[i].n = static_cast<std::int64_t>(i) + 1;
    expected.events[i].time = recording.events[i].time;
    CHECK(recording.events[i].time >= last);
    last = recording.events[i].time;
  }
  CHECK(last <= after);
  CHECK(recording == expected);
}

TEST_CASE("a recording is private, empty and has all its pages when it is made") {
  const TemporaryDirectory directory;
  const auto path = directory / "r";
  create_recording(path, std::string(63, 'p'), 1, 0, 64 * 1024 * 1024);
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(status.st_size == 64 * 1024 * 1024);
  CHECK(status.st_blocks * 512 >= 64 * 1024 * 1024);
  CHECK(read_record_file(path, Ending::finished) == recording_of(std::string(63, 'p'), 1, 0, 0));
}

TEST_CASE("a recording that cannot be is not made") {
  const TemporaryDirectory directory;
  CHECK_THROWS_AS(create_recording(directory / "r", std::string(64, 'p'), 1, 0, small_capacity), std::invalid_argument);
  CHECK_THROWS_AS(create_recording(directory / "r", "", 1, 0, small_capacity), std::invalid_argument);
  CHECK_THROWS_AS(create_recording(directory / "r", "p", 1, 0, 4095), std::invalid_argument);
  CHECK_THROWS_AS(create_recording(directory / "no" / "r", "p", 1, 0, small_capacity), std::system_error);
  create_recording(directory / "r", "p", 1, 0, small_capacity);
  CHECK_THROWS_AS(create_recording(directory / "r", "p", 2, 0, small_capacity), std::system_error);
}

TEST_CASE("a full recording is an error that names the file, and what was recorded stays") {
  const TemporaryDirectory directory;
  const auto path = directory / "r";
  Event event = bare_event(Type::send, Phase::invoke);
  event.message = "12/producer-0/1";

  create_recording(path, "producer-0", 2, 12, record_header_bytes + 100);
  Recorder recorder(path);
  recorder.record(event);
  recorder.record(event);
  const auto head = recorder.header().head.load();
  for (int tries = 0; tries < 2; ++tries) {
    CHECK(complaint_of([&] { recorder.record(event); }) ==
          "history " + path.string() + " is full: it has 2 events and 4196 bytes");
    CHECK_THROWS_AS(recorder.record(event), std::length_error);
    CHECK(recorder.header().head.load() == head);
  }
  const Recording recording = read_record_file(path, Ending::finished);
  CHECK(recording.events.size() == 2);
  CHECK(recording.damage.empty());
}

TEST_CASE("a recording can be filled to its last byte") {
  const TemporaryDirectory directory;
  const Event event = bare_event(Type::deliver, Phase::none);
  create_recording(directory / "probe", "p", 1, 0, small_capacity);
  Recorder probe(directory / "probe");
  probe.record(event);
  const auto record_bytes = probe.header().head.load() - record_header_bytes;

  create_recording(directory / "r", "p", 1, 0, record_header_bytes + record_bytes);
  Recorder recorder(directory / "r");
  recorder.record(event);
  CHECK_THROWS_AS(recorder.record(event), std::length_error);
  CHECK(read_record_file(directory / "r", Ending::finished).damage.empty());
}

TEST_CASE("an event longer than any file of histories can hold is refused") {
  const TemporaryDirectory directory;
  create_recording(directory / "r", "p", 1, 0, 1024 * 1024);
  Recorder recorder(directory / "r");
  Event event = bare_event(Type::environment, Phase::none);
  event.line.assign(61 * 1024, 'x');
  CHECK_THROWS_AS(recorder.record(event), std::length_error);
  event.line = "short";
  recorder.record(event);
  CHECK(read_record_file(directory / "r", Ending::finished).events.size() == 1);
}

TEST_CASE("an incarnation has one recorder") {
  const TemporaryDirectory directory;
  create_recording(directory / "r", "p", 1, 0, small_capacity);
  Recorder(directory / "r").record(bare_event(Type::deliver, Phase::none));
  Recorder second(directory / "r");
  CHECK_THROWS_AS(second.record(bare_event(Type::deliver, Phase::none)), std::logic_error);
}

TEST_CASE("what is not a recording is not mapped") {
  const TemporaryDirectory directory;
  CHECK_THROWS_AS(RecordMapping(directory / "none"), std::system_error);

  const auto path = directory / "r";
  create_recording(path, "p", 1, 0, small_capacity);
  std::string bytes = bytes_of(path);
  SUBCASE("another magic") { bytes[0] = 'X'; }
  SUBCASE("another version") { bytes[8] = 2; }
  SUBCASE("another size") { bytes.push_back('\0'); }
  SUBCASE("no header") { bytes.resize(4095); }
  SUBCASE("nothing") { bytes.clear(); }
  put_bytes(path, bytes);
  CHECK_THROWS_AS(RecordMapping{path}, std::runtime_error);
}

TEST_CASE("a mapping can be handed on") {
  const TemporaryDirectory directory;
  create_recording(directory / "a", "a", 1, 0, small_capacity);
  create_recording(directory / "b", "b", 1, 0, small_capacity);
  RecordMapping a(directory / "a");
  RecordMapping b(directory / "b");
  RecordMapping moved(std::move(a));
  CHECK(std::string(moved.header().process) == "a");
  moved = std::move(b);
  CHECK(std::string(moved.header().process) == "b");
}
