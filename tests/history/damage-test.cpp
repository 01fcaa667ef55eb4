// Every stored file, cut at every length and altered in every byte.
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "checker/history/event-codec.hpp"
#include "checker/history/store.hpp"
#include "tests/history/samples.hpp"
#include "tests/history/stored-run.hpp"

using namespace assay;

namespace {

enum class Outcome { read, damaged };

// Any other exception, or a crash, fails the test.
template <typename Read>
Outcome outcome_of(Read read) {
  try {
    read();
  } catch (const DamagedHistory&) {
    return Outcome::damaged;
  }
  return Outcome::read;
}

template <typename Read>
void check_always_damaged(const std::filesystem::path& path, Read read) {
  const std::string bytes = bytes_of(path);
  REQUIRE(outcome_of(read) == Outcome::read);
  std::size_t accepted = 0;
  const auto try_with = [&](const std::string& altered) {
    put_bytes(path, altered);
    if (outcome_of(read) != Outcome::damaged) ++accepted;
  };
  for_every_cut(bytes, try_with);
  for_every_flip(bytes, try_with);
  try_with(bytes + '\0');
  try_with(bytes + bytes);
  CHECK(accepted == 0);
  put_bytes(path, bytes);
  CHECK(outcome_of(read) == Outcome::read);
}

}  // namespace

TEST_CASE("a packed file that is cut or altered anywhere is damaged, also without its manifest") {
  const TemporaryDirectory directory;
  const auto path = directory / "t.hist";
  write_packed(sample_trial(), path);
  check_always_damaged(path, [&] { read_packed(path); });
}

TEST_CASE("a manifest that is cut or altered anywhere is damaged") {
  const TemporaryDirectory directory;
  store_sample_run(directory.path());
  check_always_damaged(directory / "manifest.json", [&] { read_manifest(directory.path()); });
}

TEST_CASE("a run in which any file is cut or altered anywhere is damaged") {
  const TemporaryDirectory directory;
  store_sample_run(directory.path());
  for (const char* name : {"plan.json", "trials/000003.hist", "manifest.json"}) {
    CAPTURE(name);
    check_always_damaged(directory / name, [&] { read_run(directory.path()); });
  }
}

// Plain text has no checksum: what still reads as events is believed.
TEST_CASE("JSON lines that are cut or altered anywhere are damaged or read, never worse") {
  const TemporaryDirectory directory;
  const auto path = directory / "h.jsonl";
  write_json_lines(sample_trial(), path);
  const std::string bytes = bytes_of(path);
  int damaged = 0;
  const auto try_with = [&](const std::string& altered) {
    put_bytes(path, altered);
    if (outcome_of([&] { read_json_lines(path); }) == Outcome::damaged) ++damaged;
  };
  for_every_cut(bytes, try_with);
  for_every_flip(bytes, try_with);
  CHECK(damaged > 1000);
}

namespace {

// Blocks with true checksums and nonsense in them.
std::string packed_of(const std::vector<std::string>& blocks) {
  std::string file("ASSAYPAK\1\0\0\0", 12);
  for (const std::string& block : blocks) {
    const auto size = static_cast<std::uint32_t>(block.size());
    const auto sum = checksum(std::as_bytes(std::span(block)));
    file.append(reinterpret_cast<const char*>(&size), 4).append(reinterpret_cast<const char*>(&sum), 4).append(block);
  }
  return file;
}

std::string complaint_about_blocks(const std::vector<std::string>& blocks) {
  const TemporaryDirectory directory;
  put_bytes(directory / "t", packed_of(blocks));
  try {
    read_packed(directory / "t");
  } catch (const DamagedHistory& damage) {
    const std::string what = damage.what();
    return what.substr(what.find("/t: at ") + 4);
  }
  return "none";
}

}  // namespace

TEST_CASE("blocks whose checksums hold and whose contents do not are damage") {
  const std::string trial("T\x18", 2);
  const std::string section("S\1c\2\x18\0\0\0\0\0\0", 11);
  const std::string huge("S\1c\2\x18\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 20);
  const std::string record("R\0\4\3\0\1\1", 7);  // deliver, n 1, time 1
  const std::string end("E\2\1\0", 4);

  CHECK(complaint_about_blocks({trial, section, end}) == "none");
  CHECK(complaint_about_blocks({}) == "at offset 12: the file ends where a block is due");
  CHECK(complaint_about_blocks({section, end}) == "at offset 12: the first block is not that of the trial");
  CHECK(complaint_about_blocks({trial, trial, end}) == "at offset 22: the block of a trial in the middle of one");
  CHECK(complaint_about_blocks({trial, section}) == "at offset 41: the file ends where a block is due");
  CHECK(complaint_about_blocks({trial, section, section, end}) == "at offset 60: blocks are missing");
  CHECK(complaint_about_blocks({trial, end}) == "at offset 22: blocks are missing");
  CHECK(complaint_about_blocks({trial, section, "X"}) == "at offset 41: a block of an unknown kind");
  CHECK(complaint_about_blocks({trial, section, ""}) == "at offset 41: a block cannot have 0 bytes");
  CHECK(complaint_about_blocks({trial, section, std::string(65537, 'R')}) == "at offset 41: a block cannot have 65537 bytes");
  CHECK(complaint_about_blocks({trial, section + "x", end}) == "at offset 22: a block with bytes to spare");
  CHECK(complaint_about_blocks({trial, section, record, end}) == "at offset 41: more records than the section has");
  CHECK(complaint_about_blocks({trial, record, end}) == "at offset 22: records of another section");
  CHECK(complaint_about_blocks({trial, huge, record, std::string("E\3\1\1", 4)}) ==
        "at offset 65: 18446744073709551614 records of the section are missing");
  CHECK(complaint_about_blocks({trial, section, std::string("R\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 11), end}) ==
        "at offset 41: records of another section");
  CHECK(complaint_about_blocks({trial, section, end, end}) == "at offset 53: the file goes on behind its end");
  CHECK(complaint_about_blocks({trial, std::string("S\1c\2\x18\2\0\0\0\0\0", 11), end}) ==
        "at offset 22: unknown ending of an incarnation");
  CHECK(complaint_about_blocks({trial, std::string("S\1c\2\x18\0\x21\0\0\0\0", 11), end}) ==
        "at offset 22: unknown window 33");
  CHECK(complaint_about_blocks({trial, std::string("S\1c\2\x18\0\0\xff\xff\xff\xff\x0f\1\1", 14), end}) ==
        "at offset 22: a number is missing in a block");
  CHECK(complaint_about_blocks({trial, std::string("S\xff\xff\xff\xff\x0f" "c", 7), end}) ==
        "at offset 22: a text is missing in a block");
}
