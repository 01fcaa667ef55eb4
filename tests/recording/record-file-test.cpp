#include "checker/history/record-file.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "agents/recording/recorder.hpp"
#include "tests/history/samples.hpp"

using namespace assay;

namespace {

constexpr std::size_t capacity = record_header_bytes + 512;

// A file with three records, and a way to spoil it.
struct Recorded {
  Recorded() {
    create_recording(path, "producer-0", 2, 12, capacity);
    Recorder recorder(path);
    ends.push_back(record_header_bytes);
    for (int i = 1; i <= 3; ++i) {
      Event event = bare_event(Type::send, Phase::invoke);
      event.message = "12/producer-0/" + std::to_string(i);
      recorder.record(event);
      ends.push_back(recorder.header().head.load());
    }
    CrashPoints(recorder.mapping().header()).pass(Window::p_before_send);
    bytes = bytes_of(path);
    whole = read_record_file(path, Ending::finished);
    REQUIRE(whole.damage.empty());
    REQUIRE(whole.events.size() == 3);
  }

  template <typename Value>
  void set(std::size_t offset, Value value) {
    std::memcpy(bytes.data() + offset, &value, sizeof value);
  }

  Recording read(Ending ending) {
    put_bytes(path, bytes);
    return read_record_file(path, ending);
  }

  // The first records of the whole file and this damage.
  Recording with_damage(std::size_t events, const std::string& damage, Ending ending = Ending::finished) const {
    Recording recording = whole;
    recording.events.resize(events);
    recording.ending = ending;
    recording.damage = damage;
    return recording;
  }

  std::string at(std::size_t offset) const { return " at offset " + std::to_string(offset); }

  TemporaryDirectory directory;
  std::filesystem::path path = directory / "r";
  std::vector<std::size_t> ends;  // of the header and of each record
  std::string bytes;
  Recording whole;
};

}  // namespace

TEST_CASE("bytes behind the head are a record that a kill cut short, and damage where nobody was killed") {
  Recorded file;
  file.bytes[file.ends[3] + 20] = 'x';

  Recording torn = file.with_damage(3, "", Ending::killed);
  torn.torn = 1;
  CHECK(file.read(Ending::killed) == torn);
  CHECK(file.read(Ending::finished) ==
        file.with_damage(3, "an unfinished record in the file of an incarnation that finished" + file.at(file.ends[3])));
}

TEST_CASE("a record damaged in the middle is told and the events before it are kept") {
  for (const auto ending : {Ending::finished, Ending::killed})
    for (std::size_t damaged = 0; damaged < 3; ++damaged) {
      Recorded file;
      file.bytes[file.ends[damaged + 1] - 1] ^= 1;
      CAPTURE(damaged);
      CHECK(file.read(ending) ==
            file.with_damage(damaged, "the checksum of a record does not hold" + file.at(file.ends[damaged]), ending));
    }
}

TEST_CASE("a damaged frame is told with its offset") {
  Recorded file;
  SUBCASE("a length beyond the head") {
    file.set(file.ends[1], std::uint32_t{200});
    CHECK(file.read(Ending::killed) ==
          file.with_damage(1, "a record of 200 bytes does not fit" + file.at(file.ends[1]), Ending::killed));
  }
  SUBCASE("a length beyond all reason") {
    file.set(file.ends[1], std::uint32_t{0xffffffff});
    CHECK(file.read(Ending::killed) ==
          file.with_damage(1, "a record of 4294967295 bytes does not fit" + file.at(file.ends[1]), Ending::killed));
  }
  SUBCASE("a head inside a frame") {
    file.set(offsetof(RecordHeader, head), std::uint64_t{file.ends[2] + 4});
    Recording cut = file.with_damage(2, "a record is cut short" + file.at(file.ends[2]), Ending::killed);
    cut.torn = 1;
    CHECK(file.read(Ending::killed) == cut);
  }
}

TEST_CASE("a gap in n is damage") {
  Recorded file;
  file.bytes.erase(file.ends[1], file.ends[2] - file.ends[1]);
  file.bytes.resize(capacity);
  file.set(offsetof(RecordHeader, head), std::uint64_t{file.ends[3] - (file.ends[2] - file.ends[1])});
  CHECK(file.read(Ending::killed) ==
        file.with_damage(1, "event 3 stands where 2 is due" + file.at(file.ends[1]), Ending::killed));
}

TEST_CASE("a header out of range is damage") {
  Recorded file;
  const Recording nothing{.process = "producer-0",
                          .incarnation = 2,
                          .trial = 12,
                          .ending = Ending::finished,
                          .events = {},
                          .last_window = Window::p_before_send,
                          .hits = {{Window::p_before_send, 1}},
                          .torn = 0,
                          .damage = {}};
  const auto head_damage = [&](std::uint64_t head) {
    Recording recording = nothing;
    recording.damage = "head is " + std::to_string(head) + ", outside the file, at offset 128";
    return recording;
  };
  for (const std::uint64_t head : {std::uint64_t{0}, std::uint64_t{4095}, std::uint64_t{capacity + 1}, ~std::uint64_t{0}}) {
    file.set(offsetof(RecordHeader, head), head);
    CHECK(file.read(Ending::finished) == head_damage(head));
  }
}

TEST_CASE("other fields of the header that cannot be are damage") {
  Recorded file;
  std::string damage;
  SUBCASE("capacity") {
    file.set(offsetof(RecordHeader, capacity), std::uint64_t{capacity - 1});
    damage = "the file has 4608 bytes where its header says 4607";
  }
  SUBCASE("last window") {
    file.set(offsetof(RecordHeader, last_window), std::uint32_t{62});
    file.whole.last_window = Window::none;
    damage = "unknown window 62 at offset 136";
  }
  SUBCASE("passes of a window that does not exist") {
    file.set(offsetof(RecordHeader, hits) + 8 * 63, std::uint64_t{1});
    damage = "unknown window 63 at offset 664";
  }
  SUBCASE("passes of no window") {
    file.set(offsetof(RecordHeader, hits), std::uint64_t{1});
    damage = "unknown window 0 at offset 160";
  }
  SUBCASE("more passes than can be") {
    file.set(offsetof(RecordHeader, hits) + 8 * 2, ~std::uint64_t{0});
    damage = "impossible count of passes at offset 176";
  }
  CHECK(file.read(Ending::finished) == file.with_damage(3, damage));
}

TEST_CASE("a file that is no recording has no events and says why") {
  Recorded file;
  std::string damage;
  SUBCASE("magic") {
    file.bytes[3] = 'x';
    damage = "the file does not begin as a recording at offset 0";
  }
  SUBCASE("version") {
    file.bytes[8] = 2;
    damage = "version 2 of the format at offset 8";
  }
  SUBCASE("shorter than its header") {
    file.bytes.resize(4095);
    damage = "the file ends at offset 4095, inside its header";
  }
  SUBCASE("empty") {
    file.bytes.clear();
    damage = "the file ends at offset 0, inside its header";
  }
  Recording nothing;
  nothing.damage = damage;
  CHECK(file.read(Ending::finished) == nothing);
}

TEST_CASE("a name that does not end is damage") {
  Recorded file;
  for (std::size_t i = 0; i < 64; ++i) file.bytes[offsetof(RecordHeader, process) + i] = 'p';
  CHECK(file.read(Ending::finished).damage == "no process name at offset 40");
}

TEST_CASE("a file cut at a record boundary looks whole only when head and capacity agree") {
  Recorded file;
  const std::uint64_t cut = file.ends[2];
  file.bytes.resize(cut);
  CHECK(file.read(Ending::killed) ==
        file.with_damage(2, "the file has " + std::to_string(cut) + " bytes where its header says 4608", Ending::killed));

  file.set(offsetof(RecordHeader, head), cut);
  CHECK_FALSE(file.read(Ending::killed).damage.empty());

  file.set(offsetof(RecordHeader, capacity), cut);  // the manifest exists because of this one
  CHECK(file.read(Ending::killed) == file.with_damage(2, "", Ending::killed));
}

TEST_CASE("a file cut anywhere or altered in any byte is read without harm") {
  Recorded file;
  const auto size = file.ends[3];
  const std::string bytes = file.bytes;
  int silent = 0;
  const auto try_with = [&](const std::string& altered) {
    put_bytes(file.path, altered);
    if (read_record_file(file.path, Ending::finished).damage.empty()) ++silent;
  };
  for (std::size_t cut = record_header_bytes - 3; cut < bytes.size(); ++cut) try_with(bytes.substr(0, cut));
  CHECK(silent == 0);
  for (std::size_t i = record_header_bytes; i < size; ++i) {
    std::string altered = bytes;
    altered[i] = static_cast<char>(altered[i] ^ 0x10);
    try_with(altered);
  }
  CHECK(silent == 0);
  for (std::size_t i = 0; i < sizeof(RecordHeader); ++i) {  // trial, incarnation, process and hits have no checksum
    std::string altered = bytes;
    altered[i] = static_cast<char>(altered[i] ^ 0x10);
    try_with(altered);
  }
}

TEST_CASE("a file of a terabyte that says it is full is read without holding it") {
  Recorded file;
  put_bytes(file.path, file.bytes);
  constexpr std::uint64_t size = std::uint64_t{1} << 40;
  file.set(offsetof(RecordHeader, capacity), size);
  file.set(offsetof(RecordHeader, head), size);
  put_bytes(file.path, file.bytes);
  std::filesystem::resize_file(file.path, size);
  CHECK(read_record_file(file.path, Ending::killed) ==
        file.with_damage(3, "the checksum of a record does not hold" + file.at(file.ends[3]), Ending::killed));
}
