#include "tests/redis/talk.hpp"

using namespace assay;
using namespace assay::redis;

TEST_CASE("the backlog follows a message from sent to acknowledged") {
  Server server;
  std::vector<Notice> notices;
  const auto audit = audit_link(setup_for(server, "auditor#1", &notices));
  const auto consumer = consumer_link(setup_for(server, "c#1", nullptr, 1));
  consumer->open(soon());
  CHECK(counts(*audit) == Counts{0, 0, 0, 0});
  std::string last;
  for (int i = 0; i < 1100; ++i) last = text(*server.command({"XADD", "ch", "*", "b", "body", "k", "key"}));
  CHECK(counts(*audit) == Counts{1100, 0, 0, 0});  // three pages

  const auto first = consumer->receive(soon());
  REQUIRE(first.delivery);
  CHECK(counts(*audit) == Counts{1099, 1, 0, 0});

  server.command({"XDEL", "ch", last});  // from here on Redis gives no lag of its own
  CHECK(counts(*audit) == Counts{1098, 1, 0, 0});
  CHECK(consumer->ack(*first.delivery, soon()) == AckOutcome::confirmed);
  CHECK(counts(*audit) == Counts{1098, 0, 0, 0});
  CHECK(notices.empty());
}

TEST_CASE("a backlog survives the death of its server") {
  Server server;
  const auto audit = audit_link(setup_for(server, "auditor#1"));
  const auto consumer = consumer_link(setup_for(server, "c#1", nullptr, 1));
  consumer->open(soon());
  for (int i = 0; i < 3; ++i) server.command({"XADD", "ch", "*", "b", "body", "k", "key"});
  REQUIRE(consumer->receive(soon()).delivery);
  server.kill();
  server.start();
  CHECK(counts(*audit) == Counts{2, 1, 0, 0});
}

TEST_CASE("a scan lists every stored copy, acknowledged ones included") {
  Server server;
  const auto consumer = consumer_link(setup_for(server, "c#1"));
  consumer->open(soon());
  std::vector<std::string> sent, found;
  for (int i = 0; i < 1001; ++i) {
    sent.push_back("body " + std::to_string(i));
    server.command({"XADD", "ch", "*", "b", sent.back(), "k", "key"});
  }
  const auto first = consumer->receive(soon());
  REQUIRE(first.delivery);
  REQUIRE(consumer->ack(*first.delivery, soon()) == AckOutcome::confirmed);

  audit_link(setup_for(server, "auditor#1"))
      ->scan(
          [&](const StoredCopy& copy) {
            CHECK(copy.committed);
            if (found.empty()) CHECK(copy.copy == first.delivery->copy);
            found.push_back(copy.bytes);
          },
          soon());
  CHECK(found == sent);
}

TEST_CASE("a stream or group that is not there is told") {
  Server server;
  std::vector<Notice> notices;
  const auto audit = audit_link(setup_for(server, "auditor#1", &notices));
  SUBCASE("no stream owes nothing") {
    CHECK(counts(*audit) == Counts{0, 0, 0, 0});
    REQUIRE(notices.size() == 1);
    CHECK(notices[0].line == "stream ch is not there");
  }
  SUBCASE("a stream without its group owes everything") {
    server.command({"XADD", "ch", "*", "b", "body", "k", "key"});
    CHECK(counts(*audit) == Counts{1, 0, 0, 0});
    REQUIRE(notices.size() == 1);
    CHECK(notices[0].line == "stream ch has no group g");
  }
  CHECK(notices[0].level == "warn");
}

TEST_CASE("an auditor that finds no server by its deadline says why") {
  Server server;
  server.kill();
  const auto audit = audit_link(setup_for(server, "auditor#1"));
  CHECK_THROWS_WITH(audit->backlog(shortly()), doctest::Contains("connection refused"));
}
