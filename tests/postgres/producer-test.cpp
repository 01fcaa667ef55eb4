#include <doctest/doctest.h>

#include "tests/postgres/server.hpp"

using namespace assay;
using namespace assay::postgres;

namespace {

std::int64_t stored(const Server& server) { return audit_link(setup_for(server, "auditor#1"))->backlog(soon()).ready; }

const std::string binary("a\0b\r\n\xff%s\r\n", 10);

}  // namespace

TEST_CASE("every send is answered with the name of its copy, byte for byte") {
  const Server server;
  const std::vector<std::string> bodies{binary, "", "COMMIT", std::string(1 << 20, 'x')};
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  for (std::size_t i = 0; i < bodies.size(); ++i) link->submit({static_cast<std::int64_t>(i), bodies[i], "k"}, soon());
  const auto all = answers(*link, 4);
  REQUIRE(tickets(all) == std::vector<std::int64_t>{0, 1, 2, 3});
  REQUIRE(outcomes(all) == std::vector(4, SendOutcome::ok));
  CHECK(link->answer_waiting(shortly()) == Waiting::nothing);

  const auto taker = consumer(server, "c#1", 4);
  const auto deliveries = receive(*taker, 4);
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    CHECK(deliveries[i].bytes == bodies[i]);
    CHECK(deliveries[i].copy == all[i].copy);
  }
}

TEST_CASE("an answer that waits unread survives the death of its server") {
  Server server;
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  link->submit({1, "body", "k"}, soon());
  REQUIRE(link->answer_waiting(soon()) == Waiting::answer);
  server.kill();
  SUBCASE("taken at once") { CHECK(outcomes(link->take_answers()) == std::vector{SendOutcome::ok}); }
  SUBCASE("taken after a send into the dead connection") {
    link->submit({2, "body", "k"}, shortly());
    const auto all = answers(*link, 2);
    CHECK(tickets(all) == std::vector<std::int64_t>{1, 2});
    CHECK(all[0].outcome == SendOutcome::ok);
    CHECK(all[1].outcome != SendOutcome::ok);
  }
}

TEST_CASE("the open tickets of a killed server are indeterminate, and the next send goes to its successor") {
  Server server;
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  link->submit({1, "first", "k"}, soon());
  REQUIRE(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});

  server.stop_running();
  link->submit({2, "second", "k"}, soon());
  link->submit({3, "third", "k"}, soon());
  CHECK(link->answer_waiting(shortly()) == Waiting::nothing);
  server.kill();
  server.start();  // ends what is left of the old one
  const auto lost = answers(*link, 2);
  CHECK(tickets(lost) == std::vector<std::int64_t>{2, 3});
  CHECK(outcomes(lost) == std::vector(2, SendOutcome::indeterminate));
  CHECK(lost[0].error.starts_with("connection lost: "));

  link->submit({4, "fourth", "k"}, soon());
  CHECK(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});
  CHECK(stored(server) == 2);  // nothing was sent twice
}

TEST_CASE("a send has failed when nobody took its connection by the deadline") {
  Server server;
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  server.kill();
  link->submit({1, "body", "k"}, shortly());
  const auto refused = link->take_answers();
  REQUIRE(outcomes(refused) == std::vector{SendOutcome::fail});
  CHECK(refused[0].error.starts_with("not sent: "));
}

TEST_CASE("what the server refuses has failed, and the next one is answered for itself") {
  const Server server;
  std::vector<Notice> notices;
  const auto link = producer_link(setup_for(server, "producer-0#1", &notices));
  link->submit({1, "before", "k"}, soon());
  REQUIRE(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});
  server.tell("ALTER TABLE ch.messages ADD CONSTRAINT short CHECK (length(body) < 10)");
  link->submit({2, std::string(10, 'x'), "k"}, soon());
  link->submit({3, std::string(10, 'x'), "k"}, soon());
  link->submit({4, "small", "k"}, soon());
  const auto all = answers(*link, 3);
  CHECK(tickets(all) == std::vector<std::int64_t>{2, 3, 4});
  CHECK(outcomes(all) == std::vector{SendOutcome::fail, SendOutcome::fail, SendOutcome::ok});
  CHECK(stored(server) == 2);
  REQUIRE(notices.size() == 1);  // however often
  CHECK(notices[0].level == "error");
  CHECK(notices[0].line.find("(23514)") != std::string::npos);
}

TEST_CASE("a message with an identity is stored once, also after a restart of the server") {
  Server server;
  const auto send_as = [&](ProducerLink& link, const std::string& id, const std::string& session, std::int64_t sequence) {
    link.submit({.ticket = 1, .bytes = "b", .key = "k", .dedup_id = id, .dedup_session = session, .dedup_sequence = sequence}, soon());
    const auto all = answers(link, 1);
    REQUIRE(outcomes(all) == std::vector{SendOutcome::ok});
    return all[0].duplicate;
  };
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  CHECK_FALSE(send_as(*link, "i1", "", 0));
  CHECK_FALSE(send_as(*link, "", "s1", 1));
  server.restart();
  CHECK(send_as(*link, "i1", "", 0));
  CHECK(send_as(*link, "", "s1", 1));
  CHECK_FALSE(send_as(*link, "i2", "", 0));
  CHECK_FALSE(send_as(*link, "", "s1", 2));
  CHECK(stored(server) == 4);
}

TEST_CASE("abandoned sends are never answered, and the link goes on") {
  Server server;
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  link->submit({1, "body", "k"}, soon());
  answers(*link, 1);
  server.stop_running();
  link->submit({2, "body", "k"}, shortly());
  link->abandon();
  CHECK(link->take_answers().empty());
  server.go_on();
  link->submit({3, "body", "k"}, soon());
  CHECK(tickets(answers(*link, 1)) == std::vector<std::int64_t>{3});
}

TEST_CASE("what synchronous_commit off has answered is gone with a server whose log writer sleeps") {
  bool tried = false;
  for (int servers = 0; !tried && servers < 5; ++servers) {
    Server server(R"({"synchronous_commit": "off", "wal_writer_delay_ms": 10000})");
    send(server, {"m0"});  // makes the tables, which is on disk at once
    const auto before = server.tell("SELECT pg_current_wal_insert_lsn()::text").front();
    send(server, {"m1", "m2"});
    // Now and then it wakes just then: on such a server there is nothing to be seen.
    tried = server.tell("SELECT (pg_current_wal_flush_lsn() <= '" + before + "'::pg_lsn)::text") == std::vector<std::string>{"true"};
    server.restart();
    if (tried) CHECK(server.tell("SELECT count(*)::text FROM ch.messages WHERE body <> 'm0'") == std::vector<std::string>{"0"});
  }
  CHECK(tried);
}

TEST_CASE("an unlogged table is empty after a crash, and a logged one is not") {
  for (const std::string unlogged : {"true", "false"}) {
    Server server("{\"unlogged\": " + unlogged + "}");
    send(server, {"m1", "m2"});
    server.restart();
    CHECK(stored(server) == (unlogged == "true" ? 0 : 2));
  }
}
