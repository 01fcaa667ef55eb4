// The outbox: what its cursor passes over, and what it does not.
#include <doctest/doctest.h>

#include "tests/postgres/server.hpp"

using namespace assay;
using namespace assay::postgres;

namespace {

using Lines = std::vector<std::string>;

std::string outbox(const std::string& cursor, bool guard) {
  return "{\"mode\": \"outbox\", \"cursor\": \"" + cursor + "\", \"snapshot_guard\": " + (guard ? "true}" : "false}");
}

// A transaction by hand, of a producer that takes its time.
class Slow {
 public:
  explicit Slow(const Server& server) : session_(server.address(), {.name = "", .options = "", .statements = {}}) { tell("BEGIN"); }
  std::string tell(const std::string& statement) {
    const auto reply = session_.insist({{statement}}, soon());
    return reply.results.front().rows() > 0 ? reply.results.front().value(0, 0) : "";
  }
  void write(const std::string& body) { tell("INSERT INTO ch.messages (key, body) VALUES ('k', '" + body + "')"); }

 private:
  Connection session_;
};

std::int64_t owed(const Server& server) { return audit_link(setup_for(server, "auditor#1"))->backlog(soon()).ready; }

}  // namespace

TEST_CASE("a row that commits late behind a later id is lost to a cursor of ids, guarded or not") {
  for (const bool guard : {false, true}) {
    const Server server(outbox("id", guard));
    const auto link = consumer(server);
    Slow early(server), late(server);
    if (guard) early.tell("SELECT pg_current_xact_id()::text");  // the older transaction
    late.write("late");
    early.write("early");
    early.tell("COMMIT");
    CHECK(told(*link) == Lines{"early"});
    late.tell("COMMIT");
    CHECK(told(*link).empty());
    CHECK(owed(server) == 0);  // nobody knows of it any more
    CHECK(server.tell("SELECT count(*)::text FROM ch.messages") == Lines{"2"});
  }
}

TEST_CASE("a guarded cursor of transactions waits for those that are open, and loses nothing") {
  const Server server(outbox("transaction", true));
  const auto link = consumer(server);
  Slow early(server), late(server);
  early.tell("SELECT pg_current_xact_id()::text");
  late.write("late");
  early.write("early");
  late.tell("COMMIT");
  CHECK(told(*link).empty());
  CHECK(owed(server) == 1);
  early.tell("COMMIT");
  CHECK(told(*link) == Lines{"early", "late"});
  CHECK(owed(server) == 0);
}

TEST_CASE("a cursor of transactions without the guard passes over an older one that is open") {
  const Server server(outbox("transaction", false));
  const auto link = consumer(server);
  Slow early(server), late(server);
  early.write("early");
  late.write("late");
  late.tell("COMMIT");
  CHECK(told(*link) == Lines{"late"});
  early.tell("COMMIT");
  CHECK(told(*link).empty());
}

TEST_CASE("a producer's row is there together with its business, or not at all") {
  const Server server(outbox("id", false));
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  link->submit({1, "m1", "fact"}, soon());
  REQUIRE(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});
  server.tell("ALTER TABLE ch.messages ADD CONSTRAINT short CHECK (length(body) < 10)");
  Slow owner(server);
  owner.tell("LOCK TABLE ch.messages");  // nothing is answered until both are sent
  link->submit({2, std::string(10, 'x'), "lost"}, soon());
  link->submit({3, "m3", "behind it"}, soon());
  owner.tell("COMMIT");
  CHECK(outcomes(answers(*link, 2)) == std::vector(2, SendOutcome::fail));
  link->submit({4, "m4", "later"}, soon());
  CHECK(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});
  CHECK(server.tell("SELECT fact FROM ch.business ORDER BY id") == Lines{"fact", "later"});
  CHECK(told(*consumer(server)) == Lines{"m1", "m4"});
}

TEST_CASE("an acknowledgement covers all rows before it, and the rows stay") {
  const Server server(outbox("id", false));
  const auto sent = send(server, {"m1", "m2", "m3"});
  auto link = consumer(server, "c#1", 3);
  const auto held = receive(*link, 3);
  CHECK(held[2].copy == sent[2].copy);
  CHECK(owed(server) == 3);
  CHECK(link->ack(held[1], soon()) == AckOutcome::confirmed);
  CHECK(owed(server) == 1);
  CHECK(told(*link) == Lines{"m3"});
  Lines copies;
  audit_link(setup_for(server, "auditor#1"))->scan([&](const StoredCopy& copy) { copies.push_back(copy.copy); }, soon());
  CHECK(copies == Lines{sent[0].copy, sent[1].copy, sent[2].copy});
}

TEST_CASE("one consumer at a time has the cursor") {
  const Server server(outbox("transaction", true));
  send(server, {"m1", "m2"});
  const auto one = consumer(server, "c#1"), other = consumer(server, "c#2");
  const auto held = receive(*one, 1).front();
  CHECK(told(*other).empty());
  CHECK(one->ack(held, soon()) == AckOutcome::confirmed);
  CHECK(told(*other) == Lines{"m2"});
}
