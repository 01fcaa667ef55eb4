#include <doctest/doctest.h>

#include <csignal>

#include <poll.h>
#include <unistd.h>

#include "agents/os/child-process.hpp"
#include "agents/os/child-watch.hpp"

using namespace assay;
using namespace std::chrono_literals;

namespace {

bool woken(const ChildWatch::Wake& wake, std::chrono::milliseconds within = 10s) {
  pollfd readable{wake.descriptor(), POLLIN, 0};
  return poll(&readable, 1, static_cast<int>(within.count())) == 1;
}

// The next change of the child, woken by the watch alone.
std::optional<Change> next_change(ChildProcess& child, ChildWatch::Wake& wake) {
  const auto deadline = Deadline::in(10s);
  while (!deadline.passed()) {
    if (const auto change = child.poll()) return change;
    if (woken(wake, deadline.left())) wake.clear();
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("a child that stops itself wakes every subscriber") {
  ChildWatch watch;
  const auto wake = watch.subscribe();
  const auto another = watch.subscribe();
  Command command;
  command.argv = {"sh", "-c", "kill -STOP $$; exec sleep 60"};
  auto child = ChildProcess::spawn(command);

  CHECK(next_change(child, *wake) == Change{Change::Kind::stopped, SIGSTOP, SIGSTOP << 8 | 0x7f});
  CHECK(woken(*another));
  child.signal(SIGCONT);
  CHECK(next_change(child, *wake) == Change{Change::Kind::continued, SIGCONT, 0xffff});
  child.signal(SIGKILL);
  CHECK(next_change(child, *wake) == Change{Change::Kind::signalled, SIGKILL, SIGKILL});
  CHECK(watch.interrupted() == 0);
}

TEST_CASE("a wake is readable until it is cleared") {
  ChildWatch watch;
  const auto wake = watch.subscribe();
  CHECK_FALSE(woken(*wake, 0ms));
  Command command;
  command.argv = {"true"};
  ChildProcess::spawn(command).wait_ended(Deadline::in(10s));
  CHECK(woken(*wake));
  CHECK(woken(*wake, 0ms));
  wake->clear();
  CHECK_FALSE(woken(*wake, 0ms));
}

TEST_CASE("an interrupt wakes those who wait and those who come later") {
  ChildWatch watch;
  const auto wake = watch.subscribe();
  { const auto gone = watch.subscribe(); }
  kill(getpid(), SIGTERM);
  CHECK(woken(*wake));
  CHECK(watch.interrupted() == SIGTERM);
  CHECK(woken(*watch.subscribe(), 0ms));
}
