#include <algorithm>

#include <doctest/doctest.h>

#include "tests/postgres/server.hpp"

using namespace assay;
using namespace assay::postgres;

namespace {

using Lines = std::vector<std::string>;

std::int64_t owed(const Server& server) { return audit_link(setup_for(server, "auditor#1"))->backlog(soon()).ready; }

SinkRow effect_of(const Delivery& delivery) {
  return {.message = delivery.bytes, .attempt = 1, .key = "k", .digest = "d", .writer = "c#1", .position = 0};
}

Lines effects(const Server& server) {
  Lines messages;
  audit_link(setup_for(server, "auditor#1"))->scan_effects([&](const SinkRow& row) { messages.push_back(row.message); }, soon());
  return messages;
}

std::vector<std::string> numbers(int count) {
  std::vector<std::string> bodies;
  for (int i = 1; i <= count; ++i) bodies.push_back("m" + std::to_string(i));
  return bodies;
}

}  // namespace

TEST_CASE("what was sent is delivered once, acknowledged, and does not come again") {
  const Server server;
  const auto link = consumer(server);
  const auto sent = send(server, {"m1"});
  const auto delivery = receive(*link, 1).front();
  CHECK(delivery.bytes == "m1");
  CHECK(delivery.copy == sent[0].copy);
  CHECK(delivery.session == "c#1/1");
  CHECK(delivery.redelivered == std::nullopt);
  CHECK(delivery.count == std::nullopt);
  CHECK(link->ack(delivery, soon()) == AckOutcome::confirmed);
  CHECK(link->ack(delivery, soon()) == AckOutcome::indeterminate);  // nothing was sent
  CHECK(told(*link).empty());
  CHECK(owed(server) == 0);
}

TEST_CASE("rows come in the order of their numbers, not of their digits") {
  const Server server;
  send(server, numbers(12));
  CHECK(told(*consumer(server)) == numbers(12));
}

TEST_CASE("a transaction takes as many rows as may be held, and one commit acknowledges them") {
  const Server server;
  send(server, numbers(5));
  const auto link = consumer(server, "c#1", 3), other = consumer(server, "c#2", 8);
  const auto held = receive(*link, 3);
  CHECK_FALSE(link->receive(shortly()).delivery);  // it holds what it may
  CHECK(told(*other) == Lines{"m4", "m5"});        // nobody else is given those
  REQUIRE(link->acks_together());
  CHECK(link->ack_together(held, soon()) == std::vector(3, AckOutcome::confirmed));
  CHECK(owed(server) == 0);
}

TEST_CASE("a transaction that has room takes more, and nothing twice") {
  const Server server;
  const auto link = consumer(server, "c#1", 3);
  send(server, {"m1"});
  auto held = receive(*link, 1);
  send(server, {"m2", "m3"});
  for (auto& more : receive(*link, 2)) held.push_back(more);
  CHECK(held[2].bytes == "m3");
  CHECK(link->ack_together(held, soon()) == std::vector(3, AckOutcome::confirmed));
  CHECK(told(*link).empty());
}

TEST_CASE("one acknowledgement ends the transaction, and what it held beside is taken again") {
  const Server server;
  send(server, numbers(3));
  const auto link = consumer(server, "c#1", 3);
  const auto first = receive(*link, 1).front();
  CHECK(link->ack(first, soon()) == AckOutcome::confirmed);
  SUBCASE("by the same") { CHECK(told(*link) == Lines{"m2", "m3"}); }
  SUBCASE("or by another") {
    CHECK(told(*consumer(server, "c#2")) == Lines{"m2", "m3"});
    CHECK(told(*link).empty());
  }
}

TEST_CASE("an empty receive keeps to its deadline and to its session") {
  const Server server;
  const auto link = consumer(server);
  const auto deadline = Deadline::in(std::chrono::milliseconds(100));
  const auto received = link->receive(deadline);
  CHECK(deadline.passed());
  CHECK_FALSE(received.delivery);
  CHECK((received.answered_empty || received.unanswered));  // on a busy machine its first poll may still be open
  CHECK(told(*link).empty());
  for (int i = 0; i < 20; ++i) CHECK_FALSE(link->receive(Deadline::in(std::chrono::milliseconds(1))).opened);
  send(server, {"m1"});
  CHECK(told(*link) == Lines{"m1"});
}

TEST_CASE("a poll that a stopped server does not answer is told as one since it began") {
  Server server;
  const auto link = consumer(server);
  CHECK(told(*link).empty());
  server.stop_running();
  const auto first = link->receive(shortly()), second = link->receive(shortly());
  REQUIRE(first.unanswered);
  CHECK(second.unanswered == first.unanswered);
  server.go_on();
  CHECK(told(*link).empty());
  CHECK(link->receive(shortly()).unanswered != first.unanswered);
}

TEST_CASE("a consumer connects again in calls that are too short for it") {
  Server server;
  const auto link = consumer(server);
  send(server, {"m1"});
  server.restart();
  std::vector<std::string> lines;
  for (const auto deadline = soon(); lines.size() < 2 && !deadline.passed();) {
    const auto received = link->receive(Deadline::in(std::chrono::milliseconds(0)));
    if (received.opened) lines.push_back("session " + received.opened->session);
    if (received.delivery) lines.push_back(received.delivery->bytes);
  }
  CHECK(lines == Lines{"session c#1/2", "m1"});
}

TEST_CASE("what a consumer held is given to others when its connection closes, and not before") {
  const Server server;
  send(server, {"m1", "m2"});
  auto dead = consumer(server);
  receive(*dead, 1);
  const auto link = consumer(server, "c#2");
  CHECK(told(*link) == Lines{"m2"});
  dead.reset();
  const auto rest = receive(*link, 1);
  CHECK(rest[0].bytes == "m1");
}

TEST_CASE("who takes over ends the other's session, and its acknowledgement and effect are refused") {
  const Server server;
  send(server, {"m1"});
  const auto zombie = consumer(server, "c#1"), bystander = consumer(server, "c#11");
  const auto stale = receive(*zombie, 1).front();
  const auto link = consumer(server, "c#2");
  link->take_over("c#1", soon());
  const auto owned = receive(*link, 1).front();
  CHECK(owned.copy == stale.copy);
  SUBCASE("acknowledged") { CHECK(zombie->ack(stale, soon()) == AckOutcome::refused); }
  SUBCASE("with an effect") {
    CHECK_FALSE(zombie->put(effect_of(stale), stale, soon()));
    CHECK(zombie->ack(stale, soon()) == AckOutcome::indeterminate);
  }
  CHECK(link->ack(owned, soon()) == AckOutcome::confirmed);
  CHECK(told(*zombie) == Lines{"session c#1/2"});
  CHECK(told(*bystander).empty());  // its session was not ended
}

TEST_CASE("a consumer that idles in its transaction for too long has lost it") {
  const Server server(R"({"idle_in_transaction_ms": 60})");
  send(server, {"m1"});
  const auto slow = consumer(server);
  const auto held = receive(*slow, 1).front();
  const auto link = consumer(server, "c#2");
  CHECK(receive(*link, 1).front().copy == held.copy);
  CHECK(slow->ack(held, soon()) == AckOutcome::refused);
}

TEST_CASE("an effect lasts when its message is acknowledged, and goes when it is not") {
  const Server server;
  send(server, {"m1", "m2"});
  auto link = consumer(server, "c#1", 2);
  const auto held = receive(*link, 2);
  for (const auto& one : held) CHECK(link->put(effect_of(one), one, soon()));
  CHECK(effects(server).empty());
  SUBCASE("acknowledged") {
    link->ack_together(held, soon());
    CHECK(effects(server) == Lines{"m1", "m2"});
  }
  SUBCASE("died before") {
    link.reset();
    CHECK(told(*consumer(server, "c#2")) == Lines{"m1", "m2"});
    CHECK(effects(server).empty());
  }
}

TEST_CASE("a server gives again after its death what was not acknowledged") {
  Server server;
  send(server, numbers(3));
  const auto link = consumer(server);
  REQUIRE(link->ack(receive(*link, 1).front(), soon()) == AckOutcome::confirmed);
  const auto held = receive(*link, 1).front();
  server.kill();
  CHECK(link->ack(held, soon()) != AckOutcome::confirmed);
  server.start();
  CHECK(link->ack(held, soon()) == AckOutcome::indeterminate);
  SUBCASE("to be acknowledged anew") { CHECK(told(*link) == Lines{"session c#1/2", "m2", "m3"}); }
  SUBCASE("and an old acknowledgement does not go out for the new delivery") {
    const auto again = receive(*link, 1).front();
    REQUIRE(again.copy == held.copy);
    CHECK(link->ack(held, soon()) == AckOutcome::indeterminate);
    CHECK(owed(server) == 2);
    CHECK(link->ack(again, soon()) == AckOutcome::confirmed);
  }
}

TEST_CASE("what an isolated transaction cannot do beside another it does again") {
  const Server server(R"({"isolation": "serializable"})");
  send(server, numbers(6));
  const auto one = consumer(server, "c#1", 3), other = consumer(server, "c#2", 3);
  const auto of_one = receive(*one, 3);
  Lines all = told(*other);
  const bool done = one->ack_together(of_one, soon()).front() == AckOutcome::confirmed;
  for (const auto& delivery : of_one)
    if (done) all.push_back(delivery.bytes);
  for (auto& line : told(*one)) all.push_back(line);
  std::sort(all.begin(), all.end());
  CHECK(all == numbers(6));
  CHECK(owed(server) == 0);
}

TEST_CASE("a consumer that finds no server by its deadline says why") {
  Server server;
  server.kill();
  const auto link = consumer_link(setup_for(server, "c#1"));
  CHECK_THROWS_WITH(link->open(shortly()), doctest::Contains("take from ch: no connection to PostgreSQL: "));
}
