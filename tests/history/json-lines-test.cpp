#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "checker/history/store.hpp"
#include "tests/history/samples.hpp"

using namespace assay;

namespace {

const std::string first_line = "{\"assay-history\":1}\n";

std::string line(const std::string& process, int trial, int n) {
  return R"({"type":"deliver","process":")" + process + R"(","incarnation":1,"trial":)" + std::to_string(trial) +
         R"(,"n":)" + std::to_string(n) + R"(,"time":1,"message":"m"})" + "\n";
}

std::vector<Trial> read(const std::string& text) {
  const TemporaryDirectory directory;
  put_bytes(directory / "h.jsonl", text);
  return read_json_lines(directory / "h.jsonl");
}

std::string complaint_about_lines(const std::string& text) {
  try {
    read(text);
  } catch (const DamagedHistory& damage) {
    const std::string what = damage.what();
    return what.substr(what.find("h.jsonl: ") + 9);
  }
  return "none";
}

Recording delivered(const std::string& process, int trial, const std::vector<int>& numbers) {
  Recording recording;
  recording.process = process;
  recording.incarnation = 1;
  recording.trial = trial;
  for (const int n : numbers) {
    Event event;
    event.type = Type::deliver;
    event.process = process;
    event.incarnation = 1;
    event.trial = trial;
    event.n = n;
    event.time = 1;
    event.message = "m";
    recording.events.push_back(event);
  }
  return recording;
}

}  // namespace

TEST_CASE("a trial comes back from JSON lines: killed, damaged and empty recordings too") {
  const TemporaryDirectory directory;
  write_json_lines(sample_trial(), directory / "000012.hist");
  CHECK(read_json_lines(directory / "000012.hist") == std::vector<Trial>{sample_trial()});
}

TEST_CASE("whole recordings are written as their events and nothing else") {
  const TemporaryDirectory directory;
  const Trial trial{.number = 3, .file = "h.jsonl", .recordings = {delivered("c0", 3, {1, 2}), delivered("c1", 3, {1})}};
  write_json_lines(trial, directory / "h.jsonl");
  CHECK(bytes_of(directory / "h.jsonl") == first_line + line("c0", 3, 1) + line("c0", 3, 2) + line("c1", 3, 1));
}

TEST_CASE("mixed lines are sorted into trials and recordings in the order in which these appear") {
  const auto trials = read(first_line + line("c1", 7, 1) + line("c0", 2, 1) + line("c0", 7, 1) + line("c1", 7, 2));
  CHECK(trials == std::vector<Trial>{
                      {.number = 7, .file = "h.jsonl", .recordings = {delivered("c1", 7, {1, 2}), delivered("c0", 7, {1})}},
                      {.number = 2, .file = "h.jsonl", .recordings = {delivered("c0", 2, {1})}}});
}

TEST_CASE("a history without events has no trials") { CHECK(read(first_line).empty()); }

TEST_CASE("a gap in n is damage of that recording and its events are kept") {
  const auto trials = read(first_line + line("c0", 1, 1) + line("c0", 1, 3) + line("c0", 1, 5) + line("c1", 1, 1));
  Recording gapped = delivered("c0", 1, {1, 3, 5});
  gapped.damage = "line 3: event 3 stands where 2 is due";
  CHECK(trials.at(0).recordings == std::vector<Recording>{gapped, delivered("c1", 1, {1})});

  CHECK(read(first_line + line("c0", 1, 2)).at(0).recordings.at(0).damage == "line 2: event 2 stands where 1 is due");
  CHECK(read(first_line + line("c0", 1, 1) + line("c0", 1, 1)).at(0).recordings.at(0).damage ==
        "line 3: event 1 stands where 2 is due");
}

TEST_CASE("a last line without its end is dropped and counted") {
  const std::string last = line("c0", 12, 2);
  Recording torn = delivered("c0", 12, {1});
  torn.ending = Ending::killed;
  torn.torn = 1;

  SUBCASE("when it is cut anywhere behind the name of its incarnation") {
    for (auto size = last.find("\"n\":") + 3; size < last.size(); ++size) {
      CAPTURE(size);
      CHECK(read(first_line + line("c0", 12, 1) + last.substr(0, size)).at(0).recordings == std::vector<Recording>{torn});
    }
  }
  SUBCASE("also for an incarnation that has no other line") {
    torn.events.clear();
    CHECK(read(first_line + last.substr(0, last.size() - 1)).at(0).recordings == std::vector<Recording>{torn});
  }
  SUBCASE("and is damage of the whole file when nobody can tell whose it was") {
    for (std::size_t size = 1; size < last.find("\"n\":"); ++size) {
      CAPTURE(size);
      CHECK(complaint_about_lines(first_line + line("c0", 12, 1) + last.substr(0, size)) ==
            "line 3: the line is cut short and does not tell whose it was");
    }
  }
}

TEST_CASE("a file that is not a history is refused with its line") {
  CHECK(complaint_about_lines("") == "line 1: the file has no line {\"assay-history\": 1}");
  CHECK(complaint_about_lines("{\"assay-history\":1}") == "line 1: the file has no line {\"assay-history\": 1}");
  CHECK(complaint_about_lines("{\"assay-history\":2}\n") == "line 1: the version of the format is not 1");
  CHECK(complaint_about_lines("{\"assay-history\":[[[[]]]]}\n") == "line 1: the version of the format is not 1");
  CHECK(complaint_about_lines(line("c0", 1, 1)) == "line 1: the file does not begin with {\"assay-history\": 1}");
  CHECK(complaint_about_lines("[]\n") == "line 1: the file does not begin with {\"assay-history\": 1}");
  CHECK(complaint_about_lines(first_line + "{\"type\":\"sent\"}\n" + line("c0", 1, 1)) == "line 2: unknown type \"sent\"");
  CHECK(complaint_about_lines(first_line + line("c0", 1, 1) + "\n").starts_with("line 3: "));
  CHECK(complaint_about_lines("{\"assay-history\":1,\"recordings\":7}\n").starts_with("line 1: "));
  CHECK(complaint_about_lines("{\"assay-history\":1,\"recordings\":[{\"process\":\"c0\"}]}\n").starts_with("line 1: "));
  CHECK(complaint_about_lines(R"({"assay-history":1,"recordings":[{"process":"c","incarnation":1,"trial":1,"ending":"lost"}]})"
                        "\n") == "line 1: unknown ending \"lost\"");
}

TEST_CASE("a first line nested a million deep does no harm") {
  CHECK(complaint_about_lines("{\"assay-history\":" + std::string(1'000'000, '[') + std::string(1'000'000, ']') + "}\n") ==
        "line 1: the version of the format is not 1");
}
