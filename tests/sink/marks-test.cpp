// Effects by identity, marks and transactions: what the dedup and inbox roles
// rest on.
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "agents/sink/sink.hpp"
#include "tests/files.hpp"

using assay::Sink;
using assay::SinkRow;
using assay::SinkTransaction;

namespace {

struct Directory : assay::TemporaryDirectory {
  std::filesystem::path file() const { return *this / "sink.db"; }
};

SinkRow effect(std::int64_t number, std::int64_t attempt = 1, std::int64_t position = 0) {
  return {.message = "1/producer-0/" + std::to_string(number),
          .attempt = attempt,
          .key = "k",
          .digest = "00112233445566778899aabbccddeeff",
          .writer = "consumer-0#" + std::to_string(attempt),
          .position = position};
}

std::vector<SinkRow> rows(const Directory& directory) {
  std::vector<SinkRow> all;
  Sink(directory.file()).scan([&](const SinkRow& row) { all.push_back(row); });
  return all;
}

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

// Does `work` up to a point where it stops itself, and returns its process there.
template <typename Work>
pid_t stopped_child(Work work) {
  const pid_t child = in_child(work);
  int status = 0;
  REQUIRE(waitpid(child, &status, WUNTRACED) == child);
  REQUIRE(WIFSTOPPED(status));
  return child;
}

void kill_and_reap(pid_t child) {
  kill(child, SIGKILL);
  CHECK(WIFSIGNALED(end_of(child)));
}

}  // namespace

TEST_CASE("an effect that is put again under its identity takes the place of the first") {
  const Directory directory;
  Sink sink(directory.file());
  sink.upsert(effect(1), "one");
  sink.upsert(effect(2), "two");
  sink.upsert(effect(1, 2), "one");
  CHECK((rows(directory) == std::vector<SinkRow>{effect(1, 2, 1), effect(2, 1, 2)}));
}

TEST_CASE("effects with and without an identity do not touch each other") {
  const Directory directory;
  Sink sink(directory.file());
  sink.append(effect(1));
  sink.upsert(effect(1, 2), "1/producer-0/1");
  sink.append(effect(1, 3));
  CHECK((rows(directory) == std::vector<SinkRow>{effect(1, 1, 1), effect(1, 2, 2), effect(1, 3, 3)}));
}

TEST_CASE("a mark is made once and found by every consumer") {
  const Directory directory;
  Sink sink(directory.file()), other(directory.file());
  CHECK_FALSE(other.is_marked("one"));
  CHECK(sink.mark("one"));
  CHECK_FALSE(sink.mark("one"));
  CHECK_FALSE(other.mark("one"));
  CHECK(other.is_marked("one"));
  CHECK_FALSE(other.is_marked("two"));
  CHECK(rows(directory).empty());
}

TEST_CASE("a loose mark is found too, and keeps nobody from another") {
  const Directory directory;
  Sink sink(directory.file());
  sink.mark_loosely("one");
  sink.mark_loosely("one");
  CHECK(sink.is_marked("one"));
  CHECK(sink.mark("one"));
}

TEST_CASE("a transaction that is not committed leaves nothing") {
  const Directory directory;
  Sink sink(directory.file());
  {
    SinkTransaction transaction(sink);
    CHECK(sink.mark("one"));
    sink.append(effect(1));
    CHECK(sink.is_marked("one"));
  }
  CHECK_FALSE(sink.is_marked("one"));
  CHECK(rows(directory).empty());
  {
    SinkTransaction transaction(sink);
    CHECK(sink.mark("one"));
    sink.append(effect(1));
    transaction.commit();
  }
  CHECK(sink.is_marked("one"));
  CHECK((rows(directory) == std::vector<SinkRow>{effect(1, 1, 1)}));
}

TEST_CASE("a transaction that has begun and done nothing keeps nobody out, and sees what came since") {
  const Directory directory;
  Sink zombie(directory.file()), successor(directory.file());
  SinkTransaction open(zombie);
  {
    SinkTransaction transaction(successor);
    CHECK(successor.mark("one"));
    successor.append(effect(1));
    transaction.commit();
  }
  CHECK_FALSE(zombie.mark("one"));
}

TEST_CASE("a consumer stopped between two steps keeps nobody out, and killed there leaves its finished steps") {
  const Directory directory;
  Sink successor(directory.file());
  SUBCASE("mark first") {
    const pid_t child = stopped_child([&] {
      Sink sink(directory.file());
      sink.mark("one");
      raise(SIGSTOP);
    });
    CHECK(successor.is_marked("one"));
    CHECK(successor.mark("two"));
    kill_and_reap(child);
    CHECK(successor.is_marked("one"));
    CHECK(rows(directory).empty());
  }
  SUBCASE("effect first") {
    const pid_t child = stopped_child([&] {
      Sink sink(directory.file());
      sink.append(effect(1));
      raise(SIGSTOP);
    });
    CHECK_FALSE(successor.is_marked("one"));
    successor.append(effect(2));
    kill_and_reap(child);
    CHECK((rows(directory) == std::vector<SinkRow>{effect(1, 1, 1), effect(2, 1, 2)}));
  }
  SUBCASE("in a transaction that has begun") {
    const pid_t child = stopped_child([&] {
      Sink sink(directory.file());
      SinkTransaction transaction(sink);
      raise(SIGSTOP);
      sink.mark("one");
    });
    CHECK(successor.mark("one"));
    kill_and_reap(child);
    CHECK(rows(directory).empty());
  }
}

TEST_CASE("a transaction cut short by a kill is taken back, and the next writer goes on") {
  const Directory directory;
  Sink successor(directory.file());
  const pid_t child = stopped_child([&] {
    Sink sink(directory.file());
    SinkTransaction transaction(sink);
    sink.mark("one");
    sink.append(effect(1));
    raise(SIGSTOP);
  });
  CHECK_FALSE(successor.is_marked("one"));  // a reader does not wait for the writer
  kill_and_reap(child);
  CHECK(successor.mark("one"));
  successor.append(effect(1, 2));
  CHECK((rows(directory) == std::vector<SinkRow>{effect(1, 2, 1)}));
}

TEST_CASE("of two processes that mark the same messages each message goes to one, with its effect") {
  const Directory directory;
  constexpr std::int64_t messages = 300;
  const auto consume = [&](std::int64_t incarnation) {
    Sink sink(directory.file());
    for (std::int64_t i = 1; i <= messages; ++i) {
      SinkTransaction transaction(sink);
      if (!sink.mark(std::to_string(i))) continue;
      sink.append(effect(i, incarnation));
      transaction.commit();
    }
  };
  const pid_t first = in_child([&] { consume(1); });
  const pid_t second = in_child([&] { consume(2); });
  CHECK(end_of(first) == 0);
  CHECK(end_of(second) == 0);
  std::vector<int> effects(messages + 1, 0);
  for (const SinkRow& row : rows(directory))
    ++effects.at(static_cast<std::size_t>(std::stoll(row.message.substr(row.message.rfind('/') + 1))));
  effects[0] = 1;
  CHECK(effects == std::vector<int>(messages + 1, 1));
}

TEST_CASE("of two processes that put the same effects each effect stays one") {
  const Directory directory;
  constexpr std::int64_t messages = 300;
  const auto consume = [&](std::int64_t incarnation) {
    Sink sink(directory.file());
    for (std::int64_t i = 1; i <= messages; ++i) sink.upsert(effect(i, incarnation), std::to_string(i));
  };
  const pid_t first = in_child([&] { consume(1); });
  const pid_t second = in_child([&] { consume(2); });
  CHECK(end_of(first) == 0);
  CHECK(end_of(second) == 0);
  CHECK(rows(directory).size() == messages);
}
