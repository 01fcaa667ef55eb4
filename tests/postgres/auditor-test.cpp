#include <doctest/doctest.h>

#include "tests/postgres/server.hpp"

using namespace assay;
using namespace assay::postgres;

namespace {

}  // namespace

TEST_CASE("the backlog follows a message from sent to acknowledged") {
  const Server server;
  const auto audit = audit_link(setup_for(server, "auditor#1"));
  CHECK(counts(*audit) == Counts{0, 0, 0, 0});
  send(server, {"m1", "m2", "m3"});
  CHECK(counts(*audit) == Counts{3, 0, 0, 0});
  const auto link = consumer(server);
  const auto held = receive(*link, 1);
  CHECK(counts(*audit) == Counts{3, 0, 0, 0});  // what is locked is still owed
  CHECK(link->ack(held[0], soon()) == AckOutcome::confirmed);
  CHECK(counts(*audit) == Counts{2, 0, 0, 0});
}

TEST_CASE("a sender's transaction that is still open is owed, and somebody else's is not") {
  const Server server;
  const auto audit = audit_link(setup_for(server, "auditor#1"));
  CHECK(counts(*audit) == Counts{0, 0, 0, 0});
  const auto begin = [&](Connection& session) {
    session.insist({{"BEGIN"}}, soon());
    session.insist({{"INSERT INTO ch.messages (key, body) VALUES ('k', 'b')"}}, soon());
  };
  Connection other(server.address(), {.name = "producer-0#1>elsewhere", .options = "", .statements = {}});
  begin(other);
  CHECK(counts(*audit) == Counts{0, 0, 0, 0});
  Connection sender(server.address(), {.name = "producer-0#1>ch", .options = "", .statements = {}});
  begin(sender);
  CHECK(counts(*audit) == Counts{0, 0, 0, 1});
  sender.insist({{"COMMIT"}}, soon());
  CHECK(counts(*audit) == Counts{1, 0, 0, 0});
}

TEST_CASE("a backlog survives the death of the server, locks do not") {
  Server server;
  const auto audit = audit_link(setup_for(server, "auditor#1"));
  const auto link = consumer(server);
  send(server, {"m1", "m2", "m3"});
  receive(*link, 1);
  server.restart();
  CHECK(counts(*audit) == Counts{3, 0, 0, 0});
}

TEST_CASE("an auditor that finds no server by its deadline says why") {
  Server server;
  server.kill();
  const auto audit = audit_link(setup_for(server, "auditor#1"));
  CHECK_THROWS_WITH(audit->backlog(shortly()), doctest::Contains("at PostgreSQL 127.0.0.1:"));
}
