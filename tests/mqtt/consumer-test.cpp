#include <doctest/doctest.h>

#include "agents/systems/mqtt/links.hpp"
#include "tests/mqtt/server.hpp"

using namespace assay;
using namespace assay::mqtt;

using Lines = std::vector<std::string>;

TEST_CASE("what was sent is delivered once, under the name that the sender was told") {
  const Server server;
  const auto link = server.consumer();
  const auto sent = send(server, {"m1"});
  const auto delivery = receive(*link, 1).front();
  CHECK(delivery.copy == sent.front().copy);
  CHECK(delivery.redelivered == false);
  CHECK(link->ack(delivery, soon()) == AckOutcome::unconfirmed);
  CHECK(told(*link).empty());
}

TEST_CASE("a consumer holds one message, and is given the next when that is acknowledged") {
  const Server server;
  const auto link = server.consumer();
  send(server, {"m1", "m2"});
  const auto held = receive(*link, 1).front();
  const auto nothing = link->receive(shortly());
  CHECK_FALSE(nothing.delivery);
  CHECK_FALSE(nothing.answered_empty);  // it did not ask
  CHECK(link->ack(held, soon()) == AckOutcome::unconfirmed);
  CHECK(told(*link) == Lines{"m2"});
}

TEST_CASE("with prefetch a batch is acknowledged together") {
  const Server server;
  auto link = server.consumer("c-0#1", 3);
  REQUIRE(link->acks_together());
  send(server, {"m1", "m2", "m3", "m4"});
  const auto held = receive(*link, 3);
  CHECK_FALSE(link->receive(shortly()).delivery);
  SUBCASE("all of it") {
    CHECK(link->ack_together(held, soon()) == std::vector(3, AckOutcome::unconfirmed));
    CHECK(told(*link) == Lines{"m4"});
  }
  SUBCASE("and a part of it leaves nothing to say") {
    CHECK(link->ack(held[1], soon()) == AckOutcome::indeterminate);
    link.reset();
    CHECK(told(*server.consumer("c-0#2"), Then::acknowledge) == Lines{"m1", "m2", "m3", "m4"});
  }
}

TEST_CASE("what a dead consumer held comes again to its successor, flagged") {
  const Server server;
  auto dead = server.consumer("c-0#1");
  send(server, {"m1", "m2"});
  receive(*dead, 1);
  dead.reset();
  const auto link = server.consumer("c-0#2");
  const auto again = receive(*link, 1).front();
  CHECK(again.bytes == "m1");
  CHECK(again.redelivered == true);
  CHECK(again.session == "c-0#2/1");
  CHECK(link->ack(again, soon()) == AckOutcome::unconfirmed);
  CHECK(told(*link) == Lines{"m2"});
}

TEST_CASE("what was sent while nobody was there waits for the session, but not at QoS 0 nor for a clean one") {
  const auto waits = [](const std::string& settings, SendOutcome outcome = SendOutcome::ok) {
    const Server server(settings);
    server.consumer().reset();
    send(server, {"m1"}, outcome);
    return told(*server.consumer("c-0#2"));
  };
  CHECK(waits("{}") == Lines{"m1"});
  CHECK(waits(R"({"qos": 2})") == Lines{"m1"});
  CHECK(waits(R"({"qos": 0})", SendOutcome::unconfirmed).empty());
  CHECK(waits(R"({"clean_session": true})").empty());
}

TEST_CASE("libmosquitto has let go of a message when it hands it over, at QoS 2 and in a plain loop") {
  for (const auto* settings : {R"({"qos": 2})", R"({"loop": "plain"})"}) {
    CAPTURE(settings);
    const Server server(settings);
    auto dead = server.consumer();
    send(server, {"m1"});
    const auto held = receive(*dead, 1).front();
    CHECK(told(*dead).empty());  // the server has heard of it
    dead.reset();
    CHECK(told(*server.consumer("c-0#2")).empty());
    CHECK_THROWS_AS(server.consumer("c-0#3")->ack(held, soon()), std::logic_error);
  }
}

TEST_CASE("each process has a subscription of its own") {
  const Server server;
  const auto one = server.consumer("c-0#1"), other = server.consumer("c-1#1");
  send(server, {"m1"});
  CHECK(told(*one, Then::acknowledge) == Lines{"m1"});
  CHECK(told(*other, Then::acknowledge) == Lines{"m1"});
}

TEST_CASE("an acknowledgement does not go out over a later connection") {
  Server server;
  const auto link = server.consumer();
  send(server, {"m1"});
  const auto held = receive(*link, 1).front();
  server.end();
  CHECK(link->ack(held, soon()) != AckOutcome::confirmed);
  server.start();
  const auto again = receive(*link, 1).front();
  CHECK(again.session == "c-0#1/2");
  CHECK(again.copy == held.copy);
  CHECK(link->ack(held, soon()) == AckOutcome::indeterminate);
  CHECK(link->ack(again, soon()) == AckOutcome::unconfirmed);
}

TEST_CASE("a server that is killed forgets messages and subscriptions, unless it has saved them") {
  Server server;
  server.consumer().reset();
  send(server, {"m1"});
  SUBCASE("not saved") {
    server.kill();
    server.start();
    CHECK(told(*server.consumer("c-0#2")).empty());
  }
  SUBCASE("saved") {
    server.save();
    server.kill();
    server.start();
    CHECK(told(*server.consumer("c-0#2")) == Lines{"m1"});
  }
  SUBCASE("ended in order") {
    server.end();
    server.start();
    CHECK(told(*server.consumer("c-0#2")) == Lines{"m1"});
  }
}

TEST_CASE("a poll that a stopped server does not answer is told as one since it began") {
  Server server;
  const auto link = server.consumer();
  CHECK(told(*link).empty());
  server.stop_running();
  auto first = link->receive(shortly());
  if (!first.unanswered) first = link->receive(shortly());  // the one before was answered yet
  const auto second = link->receive(shortly());
  REQUIRE(first.unanswered);
  CHECK(second.unanswered == first.unanswered);
  server.go_on();
  CHECK(told(*link).empty());
}

TEST_CASE("an empty receive keeps to its deadline and to its session") {
  const Server server;
  const auto link = server.consumer();
  const auto deadline = Deadline::in(std::chrono::milliseconds(100));
  const auto received = link->receive(deadline);
  CHECK(deadline.passed());
  CHECK(received.answered_empty);
  for (int i = 0; i < 20; ++i) CHECK_FALSE(link->receive(Deadline::in(std::chrono::milliseconds(1))).opened);
  send(server, {"m1"});
  CHECK(told(*link) == Lines{"m1"});
}

TEST_CASE("a consumer connects again in calls that are too short for it") {
  Server server;
  const auto link = server.consumer();
  server.end();
  server.start();
  send(server, {"m1"});
  Lines lines;
  for (const auto deadline = soon(); lines.size() < 2 && !deadline.passed();) {
    const auto received = link->receive(Deadline::in(std::chrono::milliseconds(0)));
    if (received.opened) lines.push_back("session " + received.opened->session);
    if (received.delivery) lines.push_back(received.delivery->bytes);
  }
  CHECK(lines == Lines{"session c-0#1/2", "m1"});
}

TEST_CASE("a consumer that finds no server by its deadline says why") {
  Server server;
  server.kill();
  const auto link = consumer_link(server.setup("c-0#1"));
  CHECK_THROWS_WITH(link->open(shortly()), "subscribe to ch at MQTT: Connection refused");
}
