#include "tests/redis/talk.hpp"

using namespace assay;
using namespace assay::redis;

namespace {

void add(Server& server, const std::vector<std::string>& bodies) {
  for (const auto& body : bodies) server.command({"XADD", "ch", "*", "b", body, "k", "key"});
}

}  // namespace

TEST_CASE("what was sent is delivered once, acknowledged, and does not come again") {
  Server server;
  const auto link = consumer_link(setup_for(server, "c#1"));
  CHECK(link->open(soon()).session == "c#1/1");
  CHECK(link->open(soon()).session == "c#1/1");
  add(server, {"m1"});

  const auto delivery = receive(*link, 1).front();
  CHECK(delivery.bytes == "m1");
  CHECK(delivery.copy == "ch/" + delivery.tag);
  CHECK(delivery.session == "c#1/1");
  CHECK(delivery.redelivered == false);
  CHECK(delivery.count == 1);
  CHECK(link->ack(delivery, soon()) == AckOutcome::confirmed);
  CHECK(link->ack(delivery, soon()) == AckOutcome::refused);
  CHECK(told(*link) == Lines{});
}

TEST_CASE("entries sent before the group existed are owed to it") {
  Server server;
  add(server, {"m1", "m2"});
  const auto link = consumer_link(setup_for(server, "c#1"));
  link->open(soon());
  CHECK(told(*link) == Lines{"m1 1", "m2 1"});
}

TEST_CASE("an empty receive keeps to its deadline and to its session") {
  Server server;
  const auto link = consumer_link(setup_for(server, "c#1"));
  link->open(soon());
  const auto deadline = shortly();
  const auto received = link->receive(deadline);
  CHECK(deadline.passed());
  CHECK_FALSE(received.delivery);
  for (int i = 0; i < 20; ++i) CHECK_FALSE(link->receive(Deadline::in(std::chrono::milliseconds(1))).opened);
  add(server, {"m1"});
  CHECK(told(*link) == Lines{"m1 1"});
}

TEST_CASE("a poll that a stopped server does not answer is told as one since it began") {
  Server server;
  const auto link = consumer_link(setup_for(server, "c#1"));
  link->open(soon());
  CHECK(told(*link) == Lines{});
  server.stop_running();
  link->receive(shortly());  // may still bring the answer that was on its way
  const auto first = link->receive(shortly()), second = link->receive(shortly());
  REQUIRE(first.unanswered);
  CHECK(second.unanswered == first.unanswered);
}

TEST_CASE("a new session is offered everything that the last one held, page by page") {
  for (const std::int64_t prefetch : {1, 2, 100}) {
    CAPTURE(prefetch);
    Server server;
    const auto link = consumer_link(setup_for(server, "c#1", nullptr, prefetch));
    link->open(soon());
    add(server, {"m1", "m2", "m3", "m4", "m5"});
    const auto held = receive(*link, 5);
    CHECK(link->ack(held[1], soon()) == AckOutcome::confirmed);
    server.kill();
    CHECK(link->ack(held[2], shortly()) == AckOutcome::indeterminate);
    CHECK(told(*link) == Lines{});
    server.start();
    add(server, {"m6"});
    CHECK(told(*link) == Lines{"session c#1/2", "m1 2 again", "m3 2 again", "m4 2 again", "m5 2 again", "m6 1"});
  }
}

TEST_CASE("a connection that breaks between two receives is a new session") {
  Server server;
  const auto link = consumer_link(setup_for(server, "c#1"));
  link->open(soon());
  add(server, {"m1", "m2"});
  CHECK(told(*link, 1) == Lines{"m1 1"});  // m2 is buffered, and dropped with its session
  server.command({"CLIENT", "KILL", "TYPE", "normal"});
  CHECK(told(*link) == Lines{"session c#1/2", "m1 2 again", "m2 2 again"});
}

TEST_CASE("an acknowledgement finds its way over a new connection, and the session is still reported") {
  Server server;
  const auto link = consumer_link(setup_for(server, "c#1"));
  link->open(soon());
  add(server, {"m1", "m2"});
  const auto held = receive(*link, 2);
  server.command({"CLIENT", "KILL", "TYPE", "normal"});
  CHECK(link->ack(held[0], soon()) == AckOutcome::confirmed);
  CHECK(told(*link) == Lines{"session c#1/2", "m2 2 again"});
}

TEST_CASE("an acknowledgement that the stopped server leaves unanswered is indeterminate") {
  Server server;
  const auto link = consumer_link(setup_for(server, "c#1"));
  link->open(soon());
  add(server, {"m1"});
  const auto held = receive(*link, 1);
  server.stop_running();
  CHECK(link->ack(held[0], shortly()) == AckOutcome::indeterminate);
}

TEST_CASE("a successor takes over what a dead incarnation held") {
  Server server;
  auto dead = consumer_link(setup_for(server, "c#1"));
  dead->open(soon());
  add(server, {"m1", "m2", "m3"});
  receive(*dead, 3);
  dead.reset();

  const auto link = consumer_link(setup_for(server, "c#2", nullptr, 2));
  link->open(soon());
  SUBCASE("nothing of it comes unasked") { CHECK(told(*link) == Lines{}); }
  SUBCASE("before it received anything") {
    link->take_over("c#1", soon());
    CHECK(told(*link) == Lines{"m1 2 again", "m2 2 again", "m3 2 again"});
  }
  SUBCASE("amid its own work, which is not offered twice") {
    add(server, {"m4", "m5"});
    CHECK(told(*link, 1) == Lines{"m4 1"});  // m5 is buffered
    link->take_over("c#1", soon());
    CHECK(told(*link) == Lines{"m5 1", "m1 2 again", "m2 2 again", "m3 2 again"});
  }
  SUBCASE("of nobody") {
    link->take_over("c#7", soon());
    CHECK(told(*link) == Lines{});
  }
}

TEST_CASE("a take-over of more than one page misses nothing") {
  Server server;
  auto dead = consumer_link(setup_for(server, "c#1", nullptr, 1000));
  dead->open(soon());
  add(server, Lines(250, "m"));
  receive(*dead, 250);
  const auto link = consumer_link(setup_for(server, "c#2", nullptr, 7));
  link->open(soon());
  link->take_over("c#1", soon());
  CHECK(told(*link, 1000).size() == 250);
}

TEST_CASE("Redis confirms the acknowledgement of a lost lease and then refuses its owner's") {
  Server server;
  const auto old = consumer_link(setup_for(server, "c#1"));
  old->open(soon());
  add(server, {"m1"});
  const auto stale = receive(*old, 1).front();
  const auto owner = consumer_link(setup_for(server, "c#2"));
  owner->open(soon());
  owner->take_over("c#1", soon());
  const auto owned = receive(*owner, 1).front();

  CHECK(owned.copy == stale.copy);
  CHECK(old->ack(stale, soon()) == AckOutcome::confirmed);
  CHECK(owner->ack(owned, soon()) == AckOutcome::refused);
}

TEST_CASE("a stream that vanished is created again, with a notice, and its loss stays a loss") {
  Server server;
  std::vector<Notice> notices;
  const auto link = consumer_link(setup_for(server, "c#1", &notices));
  link->open(soon());
  add(server, {"m1", "m2"});
  receive(*link, 1);
  const auto vanish = [&] { server.command({"FLUSHALL"}); };
  SUBCASE("under an idle consumer") {
    receive(*link, 1);
    CHECK(told(*link) == Lines{});
    vanish();
    CHECK(told(*link) == Lines{});
    add(server, {"m3"});
    CHECK(told(*link) == Lines{"m3 1"});
  }
  SUBCASE("and somebody sent before the consumer looked") {
    receive(*link, 1);
    vanish();
    add(server, {"m3"});
    CHECK(told(*link) == Lines{"m3 1"});
  }
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].level == "warn");
  CHECK(notices[0].line == "stream ch vanished and was created again");
}

TEST_CASE("a pending entry that was deleted from its stream is told, not delivered and not acknowledged") {
  Server server;
  std::vector<Notice> notices;
  const auto link = consumer_link(setup_for(server, "c#1", &notices));
  link->open(soon());
  add(server, {"m1", "m2"});
  const auto held = receive(*link, 2);
  server.command({"XDEL", "ch", held[0].tag});
  server.command({"CLIENT", "KILL", "TYPE", "normal"});
  CHECK(told(*link) == Lines{"session c#1/2", "m2 2 again"});
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].line == "pending entry " + held[0].copy + " was deleted from its stream");
  CHECK(audit_link(setup_for(server, "auditor#1"))->backlog(soon()).leased == 2);
}

TEST_CASE("a channel that is no stream ends the consumer with the server's words") {
  Server server;
  server.command({"SET", "ch", "text"});
  const auto link = consumer_link(setup_for(server, "c#1"));
  CHECK_THROWS_WITH(link->open(soon()), doctest::Contains("XGROUP CREATE ch for group g: WRONGTYPE"));
}

TEST_CASE("a consumer that finds no server by its deadline says why") {
  Server server;
  server.kill();
  const auto link = consumer_link(setup_for(server, "c#1"));
  CHECK_THROWS_WITH(link->open(shortly()), doctest::Contains("connection refused"));
}
