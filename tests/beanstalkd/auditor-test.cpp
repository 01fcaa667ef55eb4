#include <doctest/doctest.h>

#include "tests/beanstalkd/server.hpp"

using namespace assay;
using namespace assay::beanstalkd;

namespace {

}  // namespace

TEST_CASE("the backlog follows a message from sent to acknowledged") {
  Server server;
  std::vector<Notice> notices;
  const auto audit = audit_link(setup_for(server, "auditor#1", &notices));
  CHECK(counts(*audit) == Counts{0, 0, 0, 0});  // there is no such tube

  send(server, {"m1", "m2", "m3"});
  CHECK(counts(*audit) == Counts{3, 0, 0, 0});
  const auto consumer = consumer_link(setup_for(server, "c#1"));
  consumer->open(soon());
  const auto held = receive(*consumer, 2);
  CHECK(counts(*audit) == Counts{1, 2, 0, 0});
  CHECK(consumer->ack(held[0], soon()) == AckOutcome::confirmed);
  CHECK(counts(*audit) == Counts{1, 1, 0, 0});
  CHECK(notices.empty());
}

TEST_CASE("urgent jobs are ready, delayed ones are delayed, and jobs of other tubes are neither") {
  Server server;
  server.tell({"use ch", "put 1 0 600 1\r\na", "put 1024 100 600 1\r\na", "use elsewhere", "put 1024 0 600 1\r\na"});
  CHECK(counts(*audit_link(setup_for(server, "auditor#1"))) == Counts{1, 0, 1, 0});
}

TEST_CASE("buried jobs are still owed, and told") {
  Server server;
  std::vector<Notice> notices;
  send(server, {"m1"});
  server.tell({"watch ch", "reserve-with-timeout 0", "bury 1 1024"});
  CHECK(counts(*audit_link(setup_for(server, "auditor#1", &notices))) == Counts{0, 0, 1, 0});
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].line == "1 jobs of ch are buried");
}

TEST_CASE("a backlog survives the death of a server with a log, reservations do not") {
  Server server;
  const auto audit = audit_link(setup_for(server, "auditor#1"));
  const auto consumer = consumer_link(setup_for(server, "c#1"));
  consumer->open(soon());
  send(server, {"m1", "m2", "m3"});
  receive(*consumer, 1);
  server.restart();
  CHECK(counts(*audit) == Counts{3, 0, 0, 0});
}

TEST_CASE("an auditor that finds no server by its deadline says why") {
  Server server;
  server.kill();
  const auto audit = audit_link(setup_for(server, "auditor#1"));
  CHECK_THROWS_WITH(audit->backlog(shortly()), doctest::Contains("connection refused"));
}
