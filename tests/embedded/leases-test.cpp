#include <doctest/doctest.h>

#include "agents/systems/embedded/leases.hpp"

using namespace assay::embedded;

namespace {

using Rows = std::vector<std::int64_t>;

Session session(const std::string& id, const std::string& owner, std::int64_t opened) {
  return {.id = id, .queue = "q", .group = "g", .owner = owner, .opened = opened};
}

// Three copies are ready, sent in the order of their rows.
Leases three_ready() {
  Leases leases;
  for (const auto row : {3, 1, 2}) leases.make_ready("q", row);
  return leases;
}

}  // namespace

TEST_CASE("ready copies are offered in the order of their rows") {
  const auto leases = three_ready();
  CHECK(leases.ready("q", 2) == Rows{1, 2});
  CHECK(leases.ready("q", 9) == Rows{1, 2, 3});
  CHECK(leases.ready("another", 9) == Rows{});
}

TEST_CASE("a lent copy is not ready, and comes back when its session ends") {
  auto leases = three_ready();
  const auto first = session("c#1/1", "c#1", 10);
  REQUIRE(leases.open(first) == Opened::yes);
  leases.lend(first, {1, 2});
  CHECK(leases.ready("q", 9) == Rows{3});
  CHECK(leases.count_ready("q") == 1);
  CHECK(leases.count_leased("q") == 2);
  CHECK(leases.holds("c#1/1", 1));

  SUBCASE("by a newer session of the same owner") {
    CHECK(leases.open(session("c#1/2", "c#1", 20)) == Opened::yes);
    CHECK(leases.ready("q", 9) == Rows{1, 2, 3});
    CHECK(leases.find("c#1/1") == nullptr);
    CHECK_FALSE(leases.holds("c#1/1", 1));
  }
  SUBCASE("by a command") {
    leases.expire("q", "c#1");
    CHECK(leases.ready("q", 9) == Rows{1, 2, 3});
    CHECK(leases.find("c#1/1") == nullptr);
    CHECK(leases.count_leased("q") == 0);
  }
  SUBCASE("but not by a session of another owner, nor on another queue") {
    CHECK(leases.open(session("d#1/1", "d#1", 20)) == Opened::yes);
    leases.expire("q", "d#1");
    leases.expire("another", "c#1");
    CHECK(leases.ready("q", 9) == Rows{3});
    CHECK(leases.holds("c#1/1", 2));
  }
  SUBCASE("nor by an open that comes late") {
    CHECK(leases.open(session("c#1/0", "c#1", 5)) == Opened::superseded);
    CHECK(leases.find("c#1/0") == nullptr);
    CHECK(leases.holds("c#1/1", 2));
  }
  SUBCASE("nor by the same open again") {
    CHECK(leases.open(first) == Opened::yes);
    CHECK(leases.holds("c#1/1", 2));
  }
  SUBCASE("the next one behind it is the session's own first, and then one that is ready") {
    CHECK(leases.next_after("c#1/1", 1) == 2);
    CHECK(leases.next_after("c#1/1", 2) == 3);
    CHECK(leases.next_after("c#1/1", 3) == std::nullopt);
    CHECK(leases.next_after("d#1/1", 1) == std::nullopt);
  }
  SUBCASE("and what is settled is neither lent nor ready") {
    leases.settle(2);
    leases.settle(3);
    CHECK_FALSE(leases.holds("c#1/1", 2));
    CHECK(leases.ready("q", 9) == Rows{});
    leases.expire("q", "c#1");
    CHECK(leases.ready("q", 9) == Rows{1});
  }
  SUBCASE("and an acknowledged copy never comes back") {
    leases.finish("c#1/1", 1);
    CHECK_FALSE(leases.holds("c#1/1", 1));
    leases.expire("q", "c#1");
    CHECK(leases.ready("q", 9) == Rows{2, 3});
  }
}
