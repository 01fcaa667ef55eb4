#include "tests/redis/talk.hpp"

using namespace assay;
using namespace assay::redis;

namespace {

const std::string move = R"({"mode": "list-move"})", pop = R"({"mode": "list-pop"})";
const std::string binary("a\0b\r\n\xff%s", 8);

}  // namespace

TEST_CASE("elements of a list are delivered byte for byte and in order, under the names that their producer was told") {
  for (const auto& mode : {move, pop}) {
    CAPTURE(mode);
    Server server;
    const auto consumer = consumer_link(setup_with(mode, server, "c#1"));
    CHECK(consumer->open(soon()).session == "c#1/1");
    CHECK(consumer->open(soon()).session == "c#1/1");
    const Lines bodies{binary, "", std::string(100'000, 'x')};
    const auto copies = send(*producer_link(setup_with(mode, server, "p#1")), bodies);
    CHECK(copies[0].size() == std::string("ch/").size() + 32);

    Lines delivered, names;
    for (const auto& delivery : receive(*consumer, 3)) {
      delivered.push_back(delivery.bytes);
      names.push_back(delivery.copy);
      CHECK(delivery.session == "c#1/1");
      CHECK_FALSE(delivery.redelivered.has_value());
      CHECK_FALSE(delivery.count.has_value());
      CHECK(delivery.asked > 0);
    }
    CHECK(delivered == bodies);
    CHECK(names == copies);
    CHECK(told(*consumer) == Lines{});
  }
}

TEST_CASE("the backlog and the scan of lists follow an element from sent to acknowledged") {
  Server server;
  const auto audit = audit_link(setup_with(move, server, "auditor#1"));
  const auto consumer = consumer_link(setup_with(move, server, "c#1"));
  consumer->open(soon());
  CHECK(counts(*audit) == Counts{0, 0, 0, 0});
  const auto copies = send(*producer_link(setup_with(move, server, "p#1")), {"m1", "m2"});
  CHECK(counts(*audit) == Counts{2, 0, 0, 0});
  const auto first = receive(*consumer, 1).front();
  CHECK(counts(*audit) == Counts{1, 1, 0, 0});
  server.kill();
  server.start();
  CHECK(counts(*audit) == Counts{1, 1, 0, 0});
  CHECK(scanned(*audit) == Lines{copies[1] + " m2", copies[0] + " m1"});

  CHECK(consumer->ack(first, soon()) == AckOutcome::confirmed);
  CHECK(consumer->ack(first, soon()) == AckOutcome::refused);
  CHECK(counts(*audit) == Counts{1, 0, 0, 0});
}

TEST_CASE("two elements with the same bytes never look like one copy") {
  Server server;
  const auto consumer = consumer_link(setup_with(move, server, "c#1"));
  const auto audit = audit_link(setup_with(move, server, "auditor#1"));
  consumer->open(soon());
  const auto copies = send(*producer_link(setup_with(move, server, "p#1")), {"m", "m"});
  CHECK(copies[0] == copies[1]);
  CHECK(scanned(*audit) == Lines{copies[0] + " m", copies[0] + "#2 m"});
  const auto held = receive(*consumer, 2);
  CHECK(held[0].copy == copies[0]);
  CHECK(held[1].copy == copies[0] + "#2");
  CHECK(consumer->ack(held[0], soon()) == AckOutcome::confirmed);
  CHECK(counts(*audit) == Counts{0, 1, 0, 0});
  CHECK(consumer->ack(held[1], soon()) == AckOutcome::confirmed);
  CHECK(consumer->ack(held[1], soon()) == AckOutcome::refused);
}

TEST_CASE("a new session is offered its own processing list before anything new") {
  Server server;
  const auto consumer = consumer_link(setup_with(move, server, "c#1"));
  consumer->open(soon());
  const auto producer = producer_link(setup_with(move, server, "p#1"));
  send(*producer, {"m1", "m2", "m3"});
  const auto held = receive(*consumer, 3);
  CHECK(consumer->ack(held[1], soon()) == AckOutcome::confirmed);
  SUBCASE("after its connection broke") { break_connections(server); }
  SUBCASE("after its server was killed") {
    server.kill();
    CHECK(consumer->ack(held[0], shortly()) == AckOutcome::indeterminate);
    server.start();
  }
  send(*producer_link(setup_with(move, server, "p#2")), {"m4"});
  CHECK(told(*consumer) == Lines{"session c#1/2", "m1", "m3", "m4"});
}

TEST_CASE("a server that lost its memory is told of the processing list again") {
  Server server({"--appendonly", "no"});
  const auto consumer = consumer_link(setup_with(move, server, "c#1"));
  const auto audit = audit_link(setup_with(move, server, "auditor#1"));
  consumer->open(soon());
  server.kill();
  server.start();
  CHECK(told(*consumer) == Lines{"session c#1/2"});
  send(*producer_link(setup_with(move, server, "p#1")), {"m1"});
  receive(*consumer, 1);
  CHECK(counts(*audit) == Counts{0, 1, 0, 0});
}

TEST_CASE("a successor moves what a dead incarnation held, and the zombie's acknowledgement is refused") {
  Server server;
  const auto zombie = consumer_link(setup_with(move, server, "c#1"));
  zombie->open(soon());
  const auto producer = producer_link(setup_with(move, server, "p#1"));
  send(*producer, {"m1", "m2"});
  const auto stale = receive(*zombie, 2);

  const auto owner = consumer_link(setup_with(move, server, "c#2"));
  owner->open(soon());
  SUBCASE("nothing of it comes unasked") { CHECK(told(*owner) == Lines{}); }
  SUBCASE("of nobody") {
    owner->take_over("c#7", soon());
    CHECK(told(*owner) == Lines{});
  }
  SUBCASE("amid its own work, which is not offered twice") {
    send(*producer, {"m3"});
    const auto own = receive(*owner, 1).front();
    owner->take_over("c#1", soon());
    const auto taken = receive(*owner, 2);
    CHECK(taken[0].copy == stale[0].copy);
    CHECK(taken[1].copy == stale[1].copy);
    CHECK(told(*owner) == Lines{});
    CHECK(zombie->ack(stale[0], soon()) == AckOutcome::refused);
    CHECK(owner->ack(taken[0], soon()) == AckOutcome::confirmed);
    CHECK(owner->ack(own, soon()) == AckOutcome::confirmed);
    CHECK(counts(*audit_link(setup_with(move, server, "auditor#1"))) == Counts{0, 1, 0, 0});
  }
}

TEST_CASE("an acknowledgement that the stopped server leaves unanswered is indeterminate, and so is a poll") {
  Server server;
  const auto consumer = consumer_link(setup_with(move, server, "c#1"));
  consumer->open(soon());
  send(*producer_link(setup_with(move, server, "p#1")), {"m1"});
  const auto held = receive(*consumer, 1).front();
  server.stop_running();
  consumer->receive(shortly());
  const auto first = consumer->receive(shortly()), second = consumer->receive(shortly());
  REQUIRE(first.unanswered);
  CHECK(second.unanswered == first.unanswered);
  CHECK(consumer->ack(held, shortly()) == AckOutcome::indeterminate);
}

TEST_CASE("what was popped is gone with the session that popped it") {
  Server server;
  const auto audit = audit_link(setup_with(pop, server, "auditor#1"));
  auto consumer = consumer_link(setup_with(pop, server, "c#1"));
  consumer->open(soon());
  send(*producer_link(setup_with(pop, server, "p#1")), {"m1", "m2"});
  CHECK(counts(*audit) == Counts{2, 0, 0, 0});
  const auto popped = receive(*consumer, 1).front();
  CHECK(counts(*audit) == Counts{1, 0, 0, 0});
  CHECK_THROWS_WITH(consumer->ack(popped, soon()), doctest::Contains("Redis has forgotten it"));
  SUBCASE("its own next one") {
    break_connections(server);
    CHECK(told(*consumer) == Lines{"session c#1/2", "m2"});
  }
  SUBCASE("a successor") {
    consumer = consumer_link(setup_with(pop, server, "c#2"));
    consumer->open(soon());
    consumer->take_over("c#1", soon());
    CHECK(told(*consumer) == Lines{"m2"});
  }
  SUBCASE("and a restart of the server") {
    server.kill();
    server.start();
    CHECK(told(*consumer) == Lines{"session c#1/2", "m2"});
  }
}

TEST_CASE("a key that holds no list fails the send and ends the consumer with the server's words") {
  Server server;
  server.command({"SET", "ch", "text"});
  const auto producer = producer_link(setup_with(move, server, "p#1"));
  producer->submit({.ticket = 1, .bytes = "m1", .key = "k"}, soon());
  const auto all = answers(*producer, 1);
  REQUIRE(all.size() == 1);
  CHECK(all[0].outcome == SendOutcome::fail);
  CHECK(all[0].error.starts_with("WRONGTYPE"));
  for (const auto& mode : {move, pop}) {
    const auto consumer = consumer_link(setup_with(mode, server, "c#1"));
    consumer->open(soon());
    CHECK_THROWS_WITH(told(*consumer), doctest::Contains("WRONGTYPE"));
  }
}
