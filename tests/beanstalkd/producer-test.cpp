#include <doctest/doctest.h>

#include "tests/beanstalkd/server.hpp"

using namespace assay;
using namespace assay::beanstalkd;

namespace {

std::int64_t stored(const Server& server) { return audit_link(setup_for(server, "auditor#1"))->backlog(soon()).ready; }

const std::string binary("a\0b\r\n\xff%s\r\n", 10);

}  // namespace

TEST_CASE("every send is answered with the name of its copy, byte for byte") {
  Server server;
  const std::vector<std::string> bodies{binary, "", "INSERTED 1\r\n", std::string(1 << 20, 'x')};
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  for (std::size_t i = 0; i < bodies.size(); ++i) link->submit({static_cast<std::int64_t>(i), bodies[i], "k"}, soon());
  const auto all = answers(*link, 4);
  REQUIRE(tickets(all) == std::vector<std::int64_t>{0, 1, 2, 3});
  REQUIRE(outcomes(all) == std::vector(4, SendOutcome::ok));
  CHECK(all[1].copy == "ch/2-cbf29ce484222325");
  CHECK(link->answer_waiting(shortly()) == Waiting::nothing);

  const auto consumer = consumer_link(setup_for(server, "c#1"));
  consumer->open(soon());
  const auto deliveries = receive(*consumer, 4);
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
    CHECK(outcomes(all) == std::vector{SendOutcome::ok, SendOutcome::fail});  // nobody listened: no byte was written
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
  REQUIRE(link->answer_waiting(soon()) == Waiting::lost);
  const auto lost = link->take_answers();
  CHECK(tickets(lost) == std::vector<std::int64_t>{2, 3});
  CHECK(outcomes(lost) == std::vector(2, SendOutcome::indeterminate));
  CHECK(lost[0].error.starts_with("connection lost: "));
  CHECK(link->take_answers().empty());

  server.start();
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
  CHECK(refused[0].error == "not sent: connection refused");
}

TEST_CASE("a send has failed when the server does not say who it is by the deadline") {
  Server server;
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  server.stop_running();
  link->submit({1, "body", "k"}, shortly());
  const auto refused = link->take_answers();
  REQUIRE(outcomes(refused) == std::vector{SendOutcome::fail});
  CHECK(refused[0].error == "not sent: no answer in time");
  server.go_on();
  CHECK(stored(server) == 0);
}

TEST_CASE("a job that the server does not take has failed, and the next one is answered for itself") {
  Server server(Keeps::log, {"-z", "1000"});
  std::vector<Notice> notices;
  const auto link = producer_link(setup_for(server, "producer-0#1", &notices));
  SUBCASE("it is too big") {
    link->submit({1, std::string(1001, 'x'), "k"}, soon());
    link->submit({2, std::string(1001, '\n'), "k"}, soon());
    link->submit({3, "small", "k"}, soon());
    const auto all = answers(*link, 3);
    REQUIRE(outcomes(all) == std::vector{SendOutcome::fail, SendOutcome::fail, SendOutcome::ok});
    CHECK(all[0].error == "JOB_TOO_BIG");
    CHECK(stored(server) == 1);
  }
  SUBCASE("the server drains") {
    server.signal(SIGUSR1);
    const auto draining = [&] { return server.tell({"stats"}).field("draining"); };
    for (const auto deadline = soon(); draining() != "true";) REQUIRE_FALSE(deadline.passed());
    link->submit({1, "one", "k"}, soon());
    link->submit({2, "two", "k"}, soon());
    const auto all = answers(*link, 2);
    REQUIRE(outcomes(all) == std::vector(2, SendOutcome::fail));
    CHECK(all[0].error == "DRAINING");
    CHECK(stored(server) == 0);
  }
  CHECK(notices.size() == 1);  // however often
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

TEST_CASE("a channel that is no name for a tube ends the agent with the server's words") {
  Server server;
  auto setup = setup_for(server, "producer-0#1");
  setup.channel = "-ch";
  const auto link = producer_link(setup);
  CHECK_THROWS_WITH(link->submit({1, "body", "k"}, soon()), doctest::Contains("use -ch: BAD_FORMAT"));
}
