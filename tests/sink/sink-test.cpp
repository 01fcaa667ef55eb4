#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "agents/sink/sink.hpp"
#include "tests/files.hpp"

using assay::Sink;
using assay::SinkRow;

namespace {

struct Directory : assay::TemporaryDirectory {
  std::filesystem::path file() const { return *this / "sink.db"; }
};

SinkRow effect(const std::string& writer, std::int64_t number) {
  return {.message = "1/producer-0/" + std::to_string(number),
          .attempt = 2,
          .key = "k",
          .digest = "00112233445566778899aabbccddeeff",
          .writer = writer,
          .position = 0};
}

std::vector<SinkRow> rows(const Sink& sink) {
  std::vector<SinkRow> all;
  sink.scan([&](const SinkRow& row) { all.push_back(row); });
  return all;
}

// Runs `work` in a child; its end is the child's.
template <typename Work>
pid_t in_child(Work work) {
  const pid_t child = fork();
  if (child != 0) return child;
  try {
    work();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "child: %s\n", error.what());
    _exit(1);
  }
  _exit(0);
}

int end_of(pid_t child) {
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return status;
}

}  // namespace

TEST_CASE("a new sink is empty") {
  const Directory directory;
  CHECK(rows(Sink(directory.file())).empty());
}

TEST_CASE("effects come back whole, in the order in which they were appended") {
  const Directory directory;
  auto alien = effect("consumer-0#2", 1);
  alien.message = "";
  alien.key = std::string("a\0b", 3);
  {
    Sink sink(directory.file());
    sink.append(effect("consumer-0#1", 9));
    sink.append(alien);
    sink.append(effect("consumer-0#1", 9));  // the same effect again is another row
  }
  std::vector<SinkRow> expected = {effect("consumer-0#1", 9), alien, effect("consumer-0#1", 9)};
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i].position = static_cast<std::int64_t>(i) + 1;
  CHECK((rows(Sink(directory.file())) == expected));
}

TEST_CASE("a reader sees what a writer that is still open has appended") {
  const Directory directory;
  Sink writer(directory.file()), reader(directory.file());
  writer.append(effect("consumer-0#1", 1));
  CHECK(rows(reader).size() == 1);
  reader.append(effect("consumer-1#1", 2));
  CHECK(rows(writer).size() == 2);
}

TEST_CASE("two consumers may open a fresh sink and append at once") {
  for (int round = 0; round < 20; ++round) {
    const Directory directory;
    const auto write = [&](const std::string& writer) {
      Sink sink(directory.file());
      for (int i = 1; i <= 200; ++i) sink.append(effect(writer, i));
    };
    const pid_t first = in_child([&] { write("consumer-0#1"); });
    const pid_t second = in_child([&] { write("consumer-1#1"); });
    CHECK(end_of(first) == 0);
    CHECK(end_of(second) == 0);

    std::int64_t position = 0, of_first = 0, of_second = 0;
    for (const auto& row : rows(Sink(directory.file()))) {
      auto& number = row.writer == "consumer-0#1" ? of_first : of_second;
      auto expected = effect(row.writer, ++number);
      expected.position = ++position;
      REQUIRE((row == expected));
    }
    CHECK(of_first == 200);
    CHECK(of_second == 200);
  }
}

TEST_CASE("three consumers may open a fresh sink at the same instant") {
  for (int round = 0; round < 100; ++round) {
    const Directory directory;
    int gate[2];
    REQUIRE(pipe(gate) == 0);
    std::vector<pid_t> children;
    for (int i = 0; i < 3; ++i)
      children.push_back(in_child([&] {
        close(gate[1]);
        char nothing = 0;
        if (read(gate[0], &nothing, 1) != 0) _exit(2);  // until the gate opens
        Sink(directory.file()).append(effect("consumer-" + std::to_string(i) + "#1", 1));
      }));
    close(gate[0]);
    close(gate[1]);
    for (const auto child : children) REQUIRE(end_of(child) == 0);
    CHECK(rows(Sink(directory.file())).size() == 3);
  }
}

TEST_CASE("a SIGKILL loses no effect that was appended, and the sink goes on") {
  const Directory directory;
  int told[2];
  REQUIRE(pipe(told) == 0);
  const pid_t child = in_child([&] {
    Sink sink(directory.file());
    for (std::int64_t i = 1;; ++i) {
      sink.append(effect("consumer-0#1", i));
      if (write(told[1], &i, sizeof i) != sizeof i) return;
    }
  });
  close(told[1]);
  std::int64_t appended = 0;
  while (appended < 500) REQUIRE(read(told[0], &appended, sizeof appended) == sizeof appended);
  kill(child, SIGKILL);
  CHECK(WIFSIGNALED(end_of(child)));
  while (read(told[0], &appended, sizeof appended) == sizeof appended) {
  }
  close(told[0]);

  Sink sink(directory.file());
  const auto found = static_cast<std::int64_t>(rows(sink).size());
  CHECK(found >= appended);
  CHECK(found <= appended + 1);  // one may have been appended and not yet told
  sink.append(effect("consumer-0#2", 1));
  CHECK(rows(sink).back().position == found + 1);
}

TEST_CASE("a sink that cannot be opened says what and why") {
  const Directory directory;
  const auto nowhere = directory.file() / "below" / "sink.db";
  CHECK_THROWS_WITH_AS(Sink{nowhere}, ("open sink " + nowhere.string() + ": unable to open database file").c_str(),
                       std::runtime_error);
  std::ofstream(directory.file()) << std::string(4096, 'x');
  CHECK_THROWS_WITH_AS(Sink{directory.file()},
                       ("open sink " + directory.file().string() + ": file is not a database").c_str(),
                       std::runtime_error);
}
