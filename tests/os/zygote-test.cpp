#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "agents/os/zygote.hpp"
#include "tests/files.hpp"

using namespace assay;
using namespace std::chrono_literals;

namespace {

Command zygote() { return {.argv = {std::string(ASSAY_BIN_DIR) + "/test-os-zygote"}}; }

// argv[0] names the program for errors; the zygote is the program.
Command child(std::vector<std::string> words) {
  words.insert(words.begin(), "child");
  return {.argv = std::move(words)};
}

Deadline soon() { return Deadline::in(10s); }

std::string end_of(ChildProcess process) {
  const auto end = process.wait_ended(soon());
  return end ? to_string(*end) : "still there";
}

}  // namespace

TEST_CASE("a child of a zygote is ours, with its words, environment, directory and output") {
  const TemporaryDirectory directory;
  Zygote forks(zygote());
  auto command = child({"tell", "COLOUR", "three"});
  command.environment = {{"COLOUR", "red=green"}};
  command.directory = directory.path();
  command.output = directory / "out";
  CHECK(end_of(forks.spawn(command)) == "exit 0");
  CHECK(end_of(forks.spawn(command)) == "exit 0");
  const auto line = "3 words, COLOUR=red=green, in " + std::filesystem::canonical(directory.path()).string() + ", parent " +
                    std::to_string(getpid()) + ", child number 1\n";
  CHECK(contents(directory / "out") == line + line);  // nothing of the first is in the second
}

TEST_CASE("how a child ends is told as it was") {
  Zygote forks(zygote());
  CHECK(end_of(forks.spawn(child({"exit", "7"}))) == "exit 7");
  auto waiting = forks.spawn(child({"wait"}));
  waiting.signal(SIGKILL);
  CHECK(end_of(std::move(waiting)) == "signal 9");
}

TEST_CASE("a stopped child is seen to stop and to go on") {
  Zygote forks(zygote());
  auto waiting = forks.spawn(child({"wait"}));
  const auto next = [&] {
    const auto deadline = soon();
    auto change = waiting.poll();
    while (!change && !deadline.passed()) change = waiting.poll();
    return change ? to_string(*change) : "nothing";
  };
  waiting.signal(SIGSTOP);
  CHECK(next() == "stopped by signal 19");
  waiting.signal(SIGCONT);
  CHECK(next() == "continued");
}

TEST_CASE("a child gets the descriptors of its command and no others") {
  Zygote forks(zygote());
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  CHECK(end_of(forks.spawn(child({"leak"}))) == "exit 0");
  for (const bool forked : {true, false}) {
    CAPTURE(forked);
    auto command = child({"write", "HERE"});
    command.descriptors = {{"HERE", writing.get()}};
    if (forked) {
      CHECK(end_of(forks.spawn(command)) == "exit 0");
    } else {
      command.argv = {"sh", "-c", "eval \"printf hello >&$HERE\""};
      CHECK(end_of(ChildProcess::spawn(command)) == "exit 0");
    }
    char text[6] = {};
    CHECK(::read(reading.get(), text, 5) == 5);
    CHECK(std::string(text) == "hello");
  }
  writing.reset();
  char byte = 0;
  CHECK(::read(reading.get(), &byte, 1) == 0);  // the zygote kept no copy
}

TEST_CASE("children do not die with their zygote, and a zygote that has gone is an error") {
  auto forks = std::make_unique<Zygote>(zygote());
  auto waiting = forks->spawn(child({"wait"}));
  forks.reset();
  CHECK_FALSE(waiting.poll());
  waiting.signal(SIGTERM);
  CHECK(end_of(std::move(waiting)) == "signal 15");

  Zygote silent({.argv = {"sleep", "600"}});
  CHECK_THROWS_WITH_AS(silent.spawn(child({"exit", "0"})), "wait for the zygote: Connection timed out", std::system_error);

  Zygote short_lived({.argv = {"true"}});
  try {
    short_lived.spawn(child({"exit", "0"}));
    short_lived.spawn(child({"exit", "0"}));
    FAIL("it forked");
  } catch (const std::system_error&) {
  }
}
