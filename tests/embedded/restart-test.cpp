#include <chrono>

#include <doctest/doctest.h>

#include <future>

#include "agents/systems/embedded/links.hpp"
#include "broker-process.hpp"

using namespace assay;
using namespace assay::embedded;

TEST_CASE("a restart keeps what was confirmed and ends every lease") {
  BrokerProcess broker;
  const auto producer = producer_link(broker.setup("producer-0#1"));
  const auto consumer = consumer_link(broker.setup());
  for (const auto* body : {"m1", "m2", "m3"}) CHECK(send(*producer, body).outcome == SendOutcome::ok);
  const auto first = next_delivery(*consumer);
  const auto second = next_delivery(*consumer);
  REQUIRE(second);
  CHECK(consumer->ack(*first, soon()) == AckOutcome::confirmed);

  broker.restart();
  const auto owed = audit_link(broker.setup("auditor#1"))->backlog(soon());
  CHECK(owed.ready == 2);
  CHECK(owed.leased == 0);
  CHECK(consumer->ack(*second, soon()) != AckOutcome::confirmed);  // refused, or lost with the old connection

  const auto again = next_delivery(*consumer);
  REQUIRE(again);
  CHECK(again->bytes == "m2");
  CHECK(again->session == "queue/consumer-0#1/2");
  CHECK(again->redelivered == true);
  CHECK(again->count == 2);
  const auto third = next_delivery(*consumer);
  REQUIRE(third);
  CHECK(third->bytes == "m3");
  CHECK(third->redelivered == false);
  CHECK(stored(broker) == std::vector<std::string>{"m1", "m2", "m3"});
}

TEST_CASE("deliveries that wait in a consumer's buffer are dropped with their session") {
  BrokerProcess broker;
  const auto producer = producer_link(broker.setup("producer-0#1"));
  for (const auto* body : {"m1", "m2", "m3"}) send(*producer, body);
  const auto consumer = consumer_link(broker.setup("consumer-0#1", 3));
  const auto first = next_delivery(*consumer);
  REQUIRE(first);
  broker.kill();
  CHECK(consumer->ack(*first, Deadline::in(std::chrono::milliseconds(100))) == AckOutcome::indeterminate);
  broker.start();
  const auto again = next_delivery(*consumer);
  REQUIRE(again);
  CHECK(again->bytes == "m1");
  CHECK(again->session == "queue/consumer-0#1/2");
  CHECK(again->count == 2);
}

TEST_CASE("a send to a broker that is down waits for it, and is not made behind its deadline") {
  BrokerProcess broker;
  broker.kill();
  const auto producer = producer_link(broker.setup("producer-0#1"));
  producer->submit({.ticket = 1, .bytes = "hopeless", .key = "-"}, Deadline::in(std::chrono::milliseconds(50)));
  REQUIRE(producer->answer_waiting(soon()) == Waiting::lost);
  auto answers = producer->take_answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].outcome == SendOutcome::indeterminate);
  CHECK(answers[0].error == "no connection within the deadline");

  auto patient = std::async(std::launch::async, [&] {
    producer->submit({.ticket = 2, .bytes = "patient", .key = "-"}, soon());
  });
  broker.start();
  patient.get();
  REQUIRE(producer->answer_waiting(soon()) == Waiting::answer);
  answers = producer->take_answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].ticket == 2);
  CHECK(answers[0].outcome == SendOutcome::ok);
  CHECK(stored(broker) == std::vector<std::string>{"patient"});
}

TEST_CASE("a consumer of a broker that is down receives nothing, and goes on when it is back") {
  BrokerProcess broker;
  send(*producer_link(broker.setup("producer-0#1")), "m1");
  const auto consumer = consumer_link(broker.setup());
  broker.kill();
  const auto nothing = consumer->receive(Deadline::in(std::chrono::milliseconds(50)));
  CHECK_FALSE(nothing.opened);
  CHECK_FALSE(nothing.delivery);
  CHECK_THROWS_AS(consumer->open(Deadline::in(std::chrono::milliseconds(50))), std::runtime_error);
  broker.start();
  const auto delivery = next_delivery(*consumer);
  REQUIRE(delivery);
  CHECK(delivery->bytes == "m1");
}

TEST_CASE("an audit of a broker that stays down is an error, not an empty queue") {
  BrokerProcess broker;
  const auto auditor = audit_link(broker.setup("auditor#1"));
  broker.kill();
  const auto shortly = [] { return Deadline::in(std::chrono::milliseconds(50)); };
  CHECK_THROWS_AS(auditor->backlog(shortly()), std::runtime_error);
  CHECK_THROWS_AS(auditor->scan([](const StoredCopy&) {}, shortly()), std::runtime_error);
}
