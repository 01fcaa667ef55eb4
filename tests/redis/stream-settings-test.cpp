#include <poll.h>

#include "tests/redis/talk.hpp"

using namespace assay;
using namespace assay::redis;

namespace {

const std::string noack = R"({"noack": true})", idle = R"({"idle_ms": 20})";

void wait_idle() {
  const auto deadline = Deadline::in(std::chrono::milliseconds(30));
  while (!deadline.passed()) ::poll(nullptr, 0, deadline.left_ms());
}

}  // namespace

TEST_CASE("with noack Redis forgets an entry as it hands it out, and counts nothing") {
  Server server;
  const auto audit = audit_link(setup_with(noack, server, "auditor#1"));
  auto consumer = consumer_link(setup_with(noack, server, "c#1"));
  consumer->open(soon());
  send(*producer_link(setup_with(noack, server, "p#1")), {"m1", "m2"});
  CHECK(counts(*audit) == Counts{2, 0, 0, 0});
  const auto first = receive(*consumer, 1).front();  // m2 is buffered
  CHECK(first.bytes == "m1");
  CHECK_FALSE(first.redelivered.has_value());
  CHECK_FALSE(first.count.has_value());
  CHECK(counts(*audit) == Counts{0, 0, 0, 0});
  CHECK(scanned(*audit).size() == 2);
  CHECK_THROWS_WITH(consumer->ack(first, soon()), doctest::Contains("with noack Redis has forgotten it"));
  SUBCASE("the same consumer has it no more") {
    server.kill();
    server.start();
    CHECK(told(*consumer) == Lines{"session c#1/2"});
  }
  SUBCASE("nor has a successor") {
    consumer = consumer_link(setup_with(noack, server, "c#2"));
    consumer->open(soon());
    consumer->take_over("c#1", soon());
    CHECK(told(*consumer) == Lines{});
  }
}

TEST_CASE("a length limit trims exactly, and what was trimmed is lost though it was answered") {
  Server server;
  const auto consumer = consumer_link(setup_with(R"({"maxlen": 3})", server, "c#1"));
  consumer->open(soon());
  send(*producer_link(setup_with(R"({"maxlen": 3})", server, "p#1")), {"m1", "m2", "m3", "m4", "m5"});
  CHECK(scanned(*audit_link(setup_for(server, "auditor#1"))).size() == 3);
  CHECK(told(*consumer) == Lines{"m3 1", "m4 1", "m5 1"});
}

TEST_CASE("an idle entry is claimed from a living consumer, counted, before anything new") {
  Server server;
  const auto slow = consumer_link(setup_for(server, "c-0#1"));
  const auto claimer = consumer_link(setup_with(idle, server, "c-1#1"));
  slow->open(soon());
  claimer->open(soon());
  const auto producer = producer_link(setup_for(server, "p#1"));
  send(*producer, {"m1"});
  const auto held = receive(*slow, 1).front();
  SUBCASE("not before its time") {
    CHECK_FALSE(claimer->receive(Deadline::in(std::chrono::milliseconds(2))).delivery);
  }
  SUBCASE("and the slow one's acknowledgement is confirmed all the same") {
    wait_idle();
    send(*producer, {"m2"});
    const auto taken = receive(*claimer, 2);
    CHECK(taken[0].copy == held.copy);
    CHECK(taken[0].redelivered == true);
    CHECK(taken[0].count == 2);
    CHECK(taken[1].bytes == "m2");
    CHECK(slow->ack(held, soon()) == AckOutcome::confirmed);
    CHECK(claimer->ack(taken[0], soon()) == AckOutcome::refused);
  }
}

TEST_CASE("a consumer that holds an entry for too long claims it from itself") {
  Server server;
  const auto consumer = consumer_link(setup_with(idle, server, "c#1"));
  consumer->open(soon());
  send(*producer_link(setup_for(server, "p#1")), {"m1"});
  const auto held = receive(*consumer, 1).front();
  wait_idle();
  const auto again = receive(*consumer, 1).front();
  CHECK(again.copy == held.copy);
  CHECK(again.count == 2);
  CHECK(consumer->ack(held, soon()) == AckOutcome::confirmed);
  CHECK(consumer->ack(again, soon()) == AckOutcome::refused);
}

TEST_CASE("an idle entry that was deleted from its stream is told and dropped") {
  Server server;
  std::vector<Notice> notices;
  const auto slow = consumer_link(setup_for(server, "c-0#1"));
  const auto claimer = consumer_link(setup_with(idle, server, "c-1#1", &notices));
  slow->open(soon());
  claimer->open(soon());
  send(*producer_link(setup_for(server, "p#1")), {"m1"});
  const auto held = receive(*slow, 1).front();
  server.command({"XDEL", "ch", held.tag});
  wait_idle();
  CHECK(told(*claimer) == Lines{});
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].line == "idle entry " + held.copy + " was deleted from its stream");
  CHECK(counts(*audit_link(setup_for(server, "auditor#1"))) == Counts{0, 0, 0, 0});
}

TEST_CASE("a server without memory left rejects a send before it executes it") {
  Server server({"--maxmemory", "1", "--maxmemory-policy", "noeviction"});
  for (const std::string settings : {R"({})", R"({"mode": "list-move"})", R"({"dedup_script": true})"}) {
    CAPTURE(settings);
    const auto link = producer_link(setup_with(settings, server, "p#1"));
    link->submit({.ticket = 1, .bytes = "m1", .key = "k", .dedup_id = "m1"}, soon());
    const auto all = answers(*link, 1);
    REQUIRE(all.size() == 1);
    CHECK(all[0].outcome == SendOutcome::fail);
    CHECK(all[0].error.starts_with("OOM"));
  }
}
