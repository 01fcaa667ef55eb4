#include <csignal>
#include <map>

#include "tests/redis/talk.hpp"

using namespace assay;
using namespace assay::redis;

namespace {

std::map<std::string, std::string> stored(const Server& server) {
  std::map<std::string, std::string> copies;
  audit_link(setup_for(server, "auditor#1"))->scan([&](const StoredCopy& copy) { copies[copy.copy] = copy.bytes; }, soon());
  return copies;
}

const std::string binary("a\0b\r\n\xff%s", 8);

}  // namespace

TEST_CASE("every send is answered with the place of its copy, byte for byte") {
  Server server;
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  link->submit({1, binary, "k1"}, soon());
  link->submit({2, "", "k2"}, soon());
  link->submit({3, std::string(100'000, 'x'), "k3"}, soon());

  const auto all = answers(*link, 3);
  REQUIRE(tickets(all) == std::vector<std::int64_t>{1, 2, 3});
  REQUIRE(outcomes(all) == std::vector<SendOutcome>(3, SendOutcome::ok));
  CHECK(stored(server) == std::map<std::string, std::string>{
                              {all[0].copy, binary}, {all[1].copy, ""}, {all[2].copy, std::string(100'000, 'x')}});
  CHECK(all[0].copy.starts_with("ch/"));
  CHECK(link->answer_waiting(shortly()) == Waiting::nothing);
}

TEST_CASE("an answer that waits unread survives the death of its server") {
  Server server;
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  link->submit({1, "body", "k"}, soon());
  REQUIRE(link->answer_waiting(soon()) != Waiting::nothing);
  server.kill();

  CHECK(outcomes(link->take_answers()) == std::vector{SendOutcome::ok});
}

TEST_CASE("an answer that waits unread survives a send into the dead connection") {
  Server server;
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  link->submit({1, "body", "k"}, soon());
  REQUIRE(link->answer_waiting(soon()) != Waiting::nothing);
  server.kill();
  link->submit({2, "body", "k"}, shortly());

  const auto all = answers(*link, 2);
  CHECK(tickets(all) == std::vector<std::int64_t>{1, 2});
  CHECK(outcomes(all) == std::vector{SendOutcome::ok, SendOutcome::fail});  // nobody listened: no byte was written
}

TEST_CASE("a reply that came before a failed write can still be taken") {
  Server server;
  Connection connection(server.address());
  REQUIRE(connection.connect(soon()));
  REQUIRE(connection.send({"PING"}, soon()));
  REQUIRE(connection.readable(soon()));
  server.kill();
  const auto deadline = soon();
  while (connection.send({"PING"}, soon())) REQUIRE_FALSE(deadline.passed());

  const auto reply = connection.arrived();
  REQUIRE(reply);
  CHECK(text(*reply) == "PONG");
  CHECK_FALSE(connection.arrived());
  CHECK_FALSE(connection.alive());
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
  REQUIRE(link->answer_waiting(soon()) != Waiting::nothing);
  const auto lost = link->take_answers();
  CHECK(tickets(lost) == std::vector<std::int64_t>{2, 3});
  CHECK(outcomes(lost) == std::vector(2, SendOutcome::indeterminate));
  CHECK(lost[0].error.starts_with("connection lost: "));
  CHECK(link->take_answers().empty());

  server.start();
  link->submit({4, "fourth", "k"}, soon());
  CHECK(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});
  CHECK(stored(server).size() == 2);
}

TEST_CASE("a send waits, within its deadline, for the server to listen again") {
  Server server;
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  server.kill();
  link->submit({1, "body", "k"}, shortly());
  const auto refused = link->take_answers();
  REQUIRE(outcomes(refused) == std::vector{SendOutcome::fail});
  CHECK(refused[0].error == "not sent: connection refused");
}

TEST_CASE("a send that the server rejects before executing it has failed") {
  Server server;
  std::vector<Notice> notices;
  const auto link = producer_link(setup_for(server, "producer-0#1", &notices));
  SUBCASE("the channel is no stream") {
    server.command({"SET", "ch", "text"});
    link->submit({1, "body", "k"}, soon());
    const auto all = answers(*link, 1);
    CHECK(outcomes(all) == std::vector{SendOutcome::fail});
    CHECK(all[0].error.starts_with("WRONGTYPE"));
  }
  SUBCASE("the server is out of memory") {
    server.command({"CONFIG", "SET", "maxmemory", "1"});
    link->submit({1, "body", "k"}, soon());
    link->submit({2, "body", "k"}, soon());
    CHECK(outcomes(answers(*link, 2)) == std::vector(2, SendOutcome::fail));
    server.command({"CONFIG", "SET", "maxmemory", "0"});
    CHECK(stored(server).empty());
  }
  CHECK(notices.size() == 1);  // however often
}

TEST_CASE("an error without a cited reason leaves the send indeterminate") {
  Server server;
  server.command({"XADD", "ch", "18446744073709551615-18446744073709551615", "b", "last"});
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  link->submit({1, "body", "k"}, soon());
  const auto all = answers(*link, 1);
  CHECK(outcomes(all) == std::vector{SendOutcome::indeterminate});
  CHECK(all[0].error.starts_with("ERR"));
}

TEST_CASE("abandoned sends are never answered, and the link goes on") {
  Server server;
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  link->submit({1, "body", "k"}, soon());
  link->abandon();
  CHECK(link->take_answers().empty());
  link->submit({2, "body", "k"}, soon());
  CHECK(tickets(answers(*link, 1)) == std::vector<std::int64_t>{2});
}

TEST_CASE("a wrong password ends the agent at once") {
  Server server;
  server.command({"CONFIG", "SET", "requirepass", "right"});
  const auto refused = [&] {
    const auto link = producer_link(setup_for(server, "producer-0#1"));
    link->submit({1, "body", "k"}, soon());
  };
  SUBCASE("wrong") {
    ::setenv("ASSAY_SECRET", "wrong", 1);
    CHECK_THROWS_WITH(refused(), doctest::Contains("WRONGPASS"));
  }
  SUBCASE("none") { CHECK_THROWS_WITH(refused(), doctest::Contains("NOAUTH")); }
  SUBCASE("right") {
    ::setenv("ASSAY_SECRET", "right", 1);
    const auto link = producer_link(setup_for(server, "producer-0#1"));
    link->submit({1, "body", "k"}, soon());
    CHECK(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});
  }
  ::unsetenv("ASSAY_SECRET");
}
