// format.md shows real bytes. These tests make them again.
#include <doctest/doctest.h>

#include <sstream>
#include <stdexcept>
#include <string>

#include "checker/history/bytes.hpp"
#include "checker/history/event-codec.hpp"
#include "checker/history/record-file.hpp"
#include "checker/history/store.hpp"
#include "tests/history/samples.hpp"

using namespace assay;

namespace {

// The text of the example that begins with the line "```NAME".
std::string example(const std::string& name) {
  const std::string page = bytes_of(std::filesystem::path(ASSAY_SOURCE_DIR) / "checker/history/format.md");
  const std::string fence = "\n```" + name + "\n";
  const auto start = page.find(fence);
  if (start == std::string::npos) throw std::runtime_error("format.md has no example " + name);
  const auto from = start + fence.size();
  return page.substr(from, page.find("```", from) - from);
}

// Bytes in hex; two spaces begin a remark.
std::string hex_example(const std::string& name) {
  std::string bytes;
  std::istringstream lines(example(name));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream pairs(line.substr(0, line.find("  ")));
    for (std::string pair; pairs >> pair;) bytes.push_back(static_cast<char>(std::stoi(pair, nullptr, 16)));
  }
  return bytes;
}

Event sample_event() {
  Event event;
  event.type = Type::send;
  event.phase = Phase::ok;
  event.process = "producer-0";
  event.incarnation = 2;
  event.trial = 12;
  event.n = 1;
  event.time = 1'000'000;
  event.message = "12/producer-0/3";
  event.attempt = 1;
  return event;
}

Trial small_trial() {
  Trial trial{.number = 12, .file = "trials/000012.hist", .recordings = {}};
  Recording& recording = trial.recordings.emplace_back();
  recording.process = "producer-0";
  recording.incarnation = 2;
  recording.trial = 12;
  recording.ending = Ending::killed;
  recording.last_window = Window::p_acked_before_cursor;
  recording.hits = {{Window::p_acked_before_cursor, 1}};
  recording.torn = 1;
  recording.events = {sample_event()};
  return trial;
}

}  // namespace

TEST_CASE("the record in format.md is what encode makes and read_record_file reads") {
  std::string body;
  encode(sample_event(), body);
  std::string record;
  put_u32(static_cast<std::uint32_t>(body.size()), record);
  put_u32(checksum(std::as_bytes(std::span(body))), record);
  CHECK(hex_example("record") == record + body);
}

TEST_CASE("the packed file in format.md is what write_packed makes") {
  const TemporaryDirectory directory;
  write_packed(small_trial(), directory / "000012.hist");
  CHECK(hex_example("packed") == bytes_of(directory / "000012.hist"));
}

TEST_CASE("the JSON lines in format.md are what write_json_lines makes") {
  const TemporaryDirectory directory;
  write_json_lines(small_trial(), directory / "h.jsonl");
  CHECK(example("jsonl") == bytes_of(directory / "h.jsonl"));
}

TEST_CASE("the manifest in format.md is what write_manifest makes of that packed file") {
  const TemporaryDirectory directory;
  const Trial trial = small_trial();
  std::filesystem::create_directory(directory / "trials");
  put_bytes(directory / "plan.json", "{}\n");
  write_packed(trial, directory / trial.file);
  write_manifest({.end = RunEnd::complete,
                  .files = {describe_file(directory.path(), "plan.json"),
                            describe_file(directory.path(), trial.file, &trial)}},
                 directory.path());
  CHECK(example("manifest") == bytes_of(directory / "manifest.json"));
  CHECK(read_run(directory.path()).trials == std::vector<Trial>{trial});
}

TEST_CASE("the header offsets in format.md are those of the record file") {
  const std::string table = example("header");
  const auto has = [&](std::size_t offset, const std::string& field) {
    const std::string row = std::to_string(offset);
    return ("\n" + table).find("\n" + std::string(4 - row.size(), ' ') + row + "  " + field + " ") != std::string::npos;
  };
  CHECK(has(offsetof(RecordHeader, magic), "magic"));
  CHECK(has(offsetof(RecordHeader, version), "version"));
  CHECK(has(offsetof(RecordHeader, capacity), "capacity"));
  CHECK(has(offsetof(RecordHeader, trial), "trial"));
  CHECK(has(offsetof(RecordHeader, incarnation), "incarnation"));
  CHECK(has(offsetof(RecordHeader, process), "process"));
  CHECK(has(offsetof(RecordHeader, head), "head"));
  CHECK(has(offsetof(RecordHeader, last_window), "last_window"));
  CHECK(has(offsetof(RecordHeader, armed_window), "armed_window"));
  CHECK(has(offsetof(RecordHeader, armed_occurrence), "armed_occurrence"));
  CHECK(has(offsetof(RecordHeader, reached), "reached"));
  CHECK(has(offsetof(RecordHeader, hits), "hits"));
}

namespace {

// "0 first 1 second 2 third": the names, if the numbers are right.
std::vector<std::string> numbered_names(const std::string& list) {
  std::istringstream words(example(list));
  std::vector<std::string> names;
  for (std::string number, word; words >> number >> word;) {
    CHECK(number == std::to_string(names.size()));
    names.push_back(word);
  }
  return names;
}

}  // namespace

TEST_CASE("the numbers of types, phases and fields in format.md are those of the code") {
  std::vector<std::string> types;
  for (int i = 0; i <= static_cast<int>(Type::environment); ++i) types.emplace_back(name(static_cast<Type>(i)));
  CHECK(numbered_names("types") == types);

  std::vector<std::string> phases = {"-"};  // no phase
  for (int i = 1; i <= static_cast<int>(Phase::end); ++i) phases.emplace_back(name(static_cast<Phase>(i)));
  CHECK(numbered_names("phases") == phases);

  std::vector<std::string> named;
  for (const Field& field : fields()) named.emplace_back(field.name);
  CHECK(numbered_names("fields") == named);
}
