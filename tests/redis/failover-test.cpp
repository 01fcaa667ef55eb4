// A primary and its replicas: who is written to, what WAIT promises, and who
// takes over with what.
#include <algorithm>
#include <csignal>
#include <set>

#include "agents/systems/redis/replicas.hpp"
#include "tests/redis/talk.hpp"

using namespace assay;
using namespace assay::redis;

namespace {

const std::vector<std::string> prompt{"--hz", "100", "--repl-diskless-sync", "no"};

std::vector<std::string> replica_of(const Server& primary) {
  auto options = prompt;
  options.insert(options.end(), {"--replicaof", "127.0.0.1", primary.port()});
  return options;
}

void await_in_sync(const Server& replica) {
  const auto deadline = soon();
  for (auto why = behind(replica.address(), soon()); why; why = behind(replica.address(), soon())) {
    CAPTURE(*why);
    REQUIRE_FALSE(deadline.passed());
  }
}

struct Pair {
  Server primary{prompt};
  Server replica{replica_of(primary)};

  Pair() { await_in_sync(replica); }

  LinkSetup setup(const std::string& settings) const {
    auto setup = setup_with(settings, primary, "producer-0#1");
    setup.address += "," + replica.address();
    return setup;
  }
};

const std::string waiting = R"({"nodes": 2, "wait": 1})";

std::int64_t entries(Server& server) { return server.command({"XLEN", "ch"})->integer; }

std::string role(Connection& connection) { return text(*elements(*connection.insist({"ROLE"}, soon())).at(0)); }

Lines told_of(const std::vector<SendAnswer>& all) {
  Lines lines;
  for (const auto& answer : all) {
    const auto outcome = answer.outcome == SendOutcome::ok ? "ok" : answer.outcome == SendOutcome::fail ? "fail" : "indeterminate";
    lines.push_back(std::to_string(answer.ticket) + " " + outcome + (answer.error.empty() ? "" : ": " + answer.error));
  }
  return lines;
}

}  // namespace

TEST_CASE("with WAIT a message that is acknowledged is on the replica") {
  Pair pair;
  const auto link = producer_link(pair.setup(waiting));
  CHECK(send(*link, {"m1", "m2", "m3"}).size() == 3);
  CHECK(entries(pair.replica) == 3);
}

TEST_CASE("a message that only the primary has is indeterminate, and the next is told by its own answer") {
  Pair pair;
  const auto link = producer_link(pair.setup(waiting));
  cut_off(pair.replica.address(), soon());
  link->submit({1, "body", "k"}, Deadline::in(std::chrono::milliseconds(200)));
  CHECK(link->answer_waiting(shortly()) == Waiting::nothing);
  CHECK(told_of(answers(*link, 1)) == Lines{"1 indeterminate: only 0 of 1 replicas have it"});
  CHECK(entries(pair.primary) == 1);

  pair.replica.command({"REPLICAOF", "127.0.0.1", pair.primary.port()});
  await_in_sync(pair.replica);
  link->submit({2, "body", "k"}, soon());
  CHECK(told_of(answers(*link, 1)) == Lines{"2 ok"});
}

TEST_CASE("a send that the primary rejects has failed, whatever the replicas have") {
  Pair pair;
  const auto link = producer_link(pair.setup(waiting));
  pair.primary.command({"SET", "ch", "text"});
  link->submit({1, "body", "k"}, soon());
  link->submit({2, "body", "k"}, soon());
  const std::string wrong = ": WRONGTYPE Operation against a key holding the wrong kind of value";
  CHECK(told_of(answers(*link, 2)) == Lines{"1 fail" + wrong, "2 fail" + wrong});
  pair.primary.command({"DEL", "ch"});
  link->submit({3, "body", "k"}, soon());
  CHECK(told_of(answers(*link, 1)) == Lines{"3 ok"});
}

TEST_CASE("without an answer of the replicas a send is lost with its connection") {
  Pair pair;
  const auto link = producer_link(pair.setup(waiting));
  cut_off(pair.replica.address(), soon());
  link->submit({1, "body", "k"}, Deadline::in(std::chrono::minutes(1)));
  CHECK(link->answer_waiting(shortly()) == Waiting::nothing);
  pair.primary.kill();
  const auto all = answers(*link, 1);
  REQUIRE(all.size() == 1);
  CHECK(all[0].outcome == SendOutcome::indeterminate);
  CHECK(all[0].error.starts_with("connection lost: "));
}

TEST_CASE("of several servers the one that takes writes is connected to") {
  Pair pair;
  const auto first = pair.primary.address(), second = pair.replica.address();
  for (const auto& list : {first + "," + second, second + "," + first}) {
    CAPTURE(list);
    Connection connection(list);
    CHECK(role(connection) == "master");
  }
  Connection alone(second);
  CHECK(role(alone) == "slave");  // who names one server means it
}

TEST_CASE("of several servers without a primary none is connected to") {
  Pair pair;
  Connection connection(pair.primary.address() + "," + pair.replica.address());
  pair.primary.command({"REPLICAOF", "127.0.0.1", "1"});
  for (int each = 0; each < 2; ++each) {
    const auto refusal = connection.attempt(soon());
    REQUIRE(refusal);
    CHECK(refusal->reason == "no server takes writes, the last one asked is: slave");
  }
}

TEST_CASE("a server that turned replica is left for the new primary") {
  Pair pair;
  const auto link = producer_link(pair.setup(R"({"nodes": 2})"));
  send(*link, {"m1"});
  await_in_sync(pair.replica);
  Connection connection(pair.setup("{}").address);
  REQUIRE(connection.connect(soon()));
  cut_off(pair.primary.address(), soon());
  pair.replica.command({"REPLICAOF", "NO", "ONE"});

  link->submit({2, "body", "k"}, soon());
  CHECK(told_of(answers(*link, 1)) == Lines{"2 fail: READONLY You can't write against a read only replica."});
  link->submit({3, "body", "k"}, soon());
  CHECK(told_of(answers(*link, 1)) == Lines{"3 ok"});
  CHECK(entries(pair.replica) == 2);
  CHECK(text(*connection.insist({"SET", "k", "v"}, soon())) == "OK");
  CHECK(text(*pair.replica.command({"GET", "k"})) == "v");
}

TEST_CASE("a replica that is cut off keeps what it has and gets nothing more") {
  Pair pair;
  const auto link = producer_link(pair.setup(waiting));
  send(*link, {"m1"});
  cut_off(pair.replica.address(), soon());
  pair.primary.command({"XADD", "ch", "*", "b", "m2"});
  CHECK(pair.primary.command({"WAIT", "1", "100"})->integer == 0);
  CHECK(entries(pair.replica) == 1);
  CHECK(behind(pair.replica.address(), soon()) == "its link to 127.0.0.1:1 is down");
}

TEST_CASE("the replica that has most takes over, and the others follow it") {
  Pair pair;
  Server lagging(replica_of(pair.primary));
  await_in_sync(lagging);
  cut_off(lagging.address(), soon());
  const auto link = producer_link(pair.setup(waiting));
  send(*link, {"m1", "m2"});

  // One that still hears its primary could have more in a moment.
  CHECK_THROWS_WITH(promote({lagging.address(), pair.replica.address()}, shortly()), doctest::Contains("whose link is still up"));
  pair.primary.kill();
  CHECK(promote({lagging.address(), pair.replica.address()}, soon()) == pair.replica.address());
  await_in_sync(lagging);
  CHECK(entries(lagging) == 2);
  Connection connection(lagging.address() + "," + pair.replica.address());
  CHECK(role(connection) == "master");
}

TEST_CASE("a replica that lags takes over without what it never got") {
  Pair pair;
  cut_off(pair.replica.address(), soon());
  const auto link = producer_link(pair.setup(R"({"nodes": 2, "lagging": 1})"));
  send(*link, {"m1", "m2"});
  pair.primary.kill();
  CHECK(promote({pair.replica.address()}, soon()) == pair.replica.address());
  CHECK(entries(pair.replica) == 0);
  send(*link, {"m3"});
  CHECK(entries(pair.replica) == 1);
}

TEST_CASE("a fail-over loses nothing that WAIT confirmed") {
  for (int again = 0; again < 5; ++again) {
    Pair pair;
    const auto link = producer_link(pair.setup(waiting));
    std::set<std::string> confirmed;
    std::int64_t ticket = 0;
    const auto take = [&] {
      for (const auto& answer : link->take_answers())
        if (answer.outcome == SendOutcome::ok) confirmed.insert(answer.copy);
    };
    const auto enough = static_cast<std::size_t>(10 + 3 * again);
    for (const auto deadline = soon(); confirmed.size() < enough; take()) {
      REQUIRE_FALSE(deadline.passed());
      link->submit({++ticket, "body", "k"}, soon());
    }
    pair.primary.kill();
    while (link->answer_waiting(shortly()) != Waiting::nothing) take();

    CHECK(promote({pair.replica.address()}, soon()) == pair.replica.address());
    std::set<std::string> kept;
    const auto audit = audit_link(pair.setup("{}"));
    audit->scan([&](const StoredCopy& copy) { kept.insert(copy.copy); }, soon());
    CHECK(std::includes(kept.begin(), kept.end(), confirmed.begin(), confirmed.end()));
  }
}
