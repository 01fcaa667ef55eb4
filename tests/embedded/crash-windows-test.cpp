// The broker is killed at each of its windows; CONTRACTS 3.3, tables T1 and T3.
#include <chrono>
#include <future>

#include <doctest/doctest.h>

#include "agents/systems/embedded/links.hpp"
#include "broker-process.hpp"

using namespace assay;
using namespace assay::embedded;

namespace {

using Bodies = std::vector<std::string>;

// What the producer of "m1" learns when the broker dies at a window.
SendOutcome send_killed_at(BrokerProcess& broker, Window window) {
  const auto producer = producer_link(broker.setup("producer-0#1"));
  broker.arm(window);
  producer->submit({.ticket = 1, .bytes = "m1", .key = "-"}, soon());
  broker.wait_stopped();
  broker.kill();
  const auto killed = std::chrono::steady_clock::now();
  REQUIRE(producer->answer_waiting(soon()) != Waiting::nothing);
  const auto answers = producer->take_answers();
  CHECK(std::chrono::steady_clock::now() - killed < std::chrono::seconds(2));  // not by a time-out
  broker.start();
  REQUIRE(answers.size() == 1);
  return answers[0].outcome;
}

// What the consumer learns whose ack of "m1" the broker does not survive.
AckOutcome ack_killed_at(BrokerProcess& broker, ConsumerLink& consumer, Window window) {
  send(*producer_link(broker.setup("producer-0#1")), "m1");
  const auto delivery = next_delivery(consumer);
  REQUIRE(delivery);
  broker.arm(window);
  auto ack = std::async(std::launch::async, [&] { return consumer.ack(*delivery, soon()); });
  broker.wait_stopped();
  broker.restart();
  return ack.get();
}

}  // namespace

TEST_CASE("a send is stored from the moment it is durable, and nobody can tell until it is answered") {
  BrokerProcess broker;
  SUBCASE("killed at B.recv") {
    CHECK(send_killed_at(broker, Window::b_recv) == SendOutcome::indeterminate);
    CHECK(stored(broker) == Bodies{});
  }
  SUBCASE("killed at B.appended") {
    CHECK(send_killed_at(broker, Window::b_appended) == SendOutcome::indeterminate);
    CHECK(stored(broker) == Bodies{});
  }
  SUBCASE("killed at B.durable_before_reply") {
    CHECK(send_killed_at(broker, Window::b_durable_before_reply) == SendOutcome::indeterminate);
    CHECK(stored(broker) == Bodies{"m1"});
  }
  SUBCASE("killed at B.replied") {
    CHECK(send_killed_at(broker, Window::b_replied) == SendOutcome::ok);
    CHECK(stored(broker) == Bodies{"m1"});
  }
}

TEST_CASE("a broker that answers before it stores loses what it has acknowledged") {
  BrokerProcess broker(Defect::answers_before_durable);
  SUBCASE("killed at B.appended, unanswered") {
    CHECK(send_killed_at(broker, Window::b_appended) == SendOutcome::indeterminate);
    CHECK(stored(broker) == Bodies{});
  }
  SUBCASE("killed at B.replied") {
    CHECK(send_killed_at(broker, Window::b_replied) == SendOutcome::ok);
    CHECK(stored(broker) == Bodies{});
  }
  SUBCASE("killed at B.durable_before_reply, which comes behind the reply") {
    send_killed_at(broker, Window::b_durable_before_reply);
    CHECK(stored(broker) == Bodies{"m1"});
  }
  SUBCASE("not killed at all") {
    CHECK(send(*producer_link(broker.setup("producer-0#1")), "m1").outcome == SendOutcome::ok);
    CHECK(stored(broker) == Bodies{"m1"});
  }
}

TEST_CASE("a broker killed at B.replied has replied, each time") {
  int replied = 0;
  for (int i = 0; i < 100; ++i) {
    BrokerProcess broker;
    if (send_killed_at(broker, Window::b_replied) == SendOutcome::ok) ++replied;
  }
  CHECK(replied == 100);
}

TEST_CASE("all answers before B.replied have left as well") {
  BrokerProcess broker;
  const auto producer = producer_link(broker.setup("producer-0#1"));
  broker.arm(Window::b_replied, 500);
  for (std::int64_t ticket = 1; ticket <= 600; ++ticket)  // the last of them may find nobody there
    producer->submit({.ticket = ticket, .bytes = "m", .key = "-"}, ticket == 1 ? soon() : Deadline::in(std::chrono::milliseconds(10)));
  broker.wait_stopped();
  broker.kill();
  std::int64_t ok = 0, indeterminate = 0;
  while (ok + indeterminate < 600) {
    REQUIRE(producer->answer_waiting(soon()) != Waiting::nothing);
    for (const auto& answer : producer->take_answers())
      ++(answer.outcome == SendOutcome::ok ? ok : indeterminate);
  }
  CHECK(ok == 500);
  CHECK(indeterminate == 100);
}

TEST_CASE("a broker that is continued at B.replied serves on at the same address") {
  BrokerProcess broker;
  const auto producer = producer_link(broker.setup("producer-0#1"));
  const auto consumer = consumer_link(broker.setup());
  send(*producer, "m1");
  const auto delivery = next_delivery(*consumer);
  REQUIRE(delivery);
  broker.arm(Window::b_replied);
  producer->submit({.ticket = 2, .bytes = "m2", .key = "-"}, soon());
  broker.wait_stopped();
  broker.resume();
  REQUIRE(producer->answer_waiting(soon()) != Waiting::nothing);
  CHECK(producer->take_answers()[0].outcome == SendOutcome::ok);
  CHECK(send(*producer, "m3").outcome == SendOutcome::ok);
  CHECK(consumer->ack(*delivery, soon()) != AckOutcome::refused);  // sessions outlive connections
  CHECK(next_delivery(*consumer));
  CHECK(stored(broker) == Bodies{"m1", "m2", "m3"});
}

TEST_CASE("a stalled broker's late answer is not taken for a new one") {
  BrokerProcess broker;
  const auto producer = producer_link(broker.setup("producer-0#1"));
  broker.arm(Window::b_durable_before_reply);
  producer->submit({.ticket = 1, .bytes = "m1", .key = "-"}, soon());
  broker.wait_stopped();
  CHECK(producer->answer_waiting(Deadline::in(std::chrono::milliseconds(50))) == Waiting::nothing);
  producer->abandon();
  producer->submit({.ticket = 2, .bytes = "m2", .key = "-"}, soon());
  broker.resume();
  REQUIRE(producer->answer_waiting(soon()) != Waiting::nothing);
  const auto answers = producer->take_answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].ticket == 2);
  CHECK(answers[0].copy == "queue/2");
}

TEST_CASE("an ack counts from the moment it is durable, and nobody can tell until it is answered") {
  BrokerProcess broker;
  const auto consumer = consumer_link(broker.setup());
  SUBCASE("killed at B.ack_recv it is delivered again, and says so") {
    CHECK(ack_killed_at(broker, *consumer, Window::b_ack_recv) == AckOutcome::indeterminate);
    const auto again = next_delivery(*consumer);
    REQUIRE(again);
    CHECK(again->bytes == "m1");
    CHECK(again->redelivered == true);
    CHECK(again->count == 2);
  }
  SUBCASE("killed at B.ack_durable_before_reply it is not delivered again") {
    CHECK(ack_killed_at(broker, *consumer, Window::b_ack_durable_before_reply) == AckOutcome::indeterminate);
    CHECK(nothing_comes(*consumer));
    CHECK(audit_link(broker.setup("auditor#1"))->backlog(soon()).empty());
    CHECK(stored(broker) == Bodies{"m1"});
  }
}

TEST_CASE("an ack that a stalled broker does not answer is indeterminate and not sent again") {
  BrokerProcess broker;
  send(*producer_link(broker.setup("producer-0#1")), "m1");
  const auto consumer = consumer_link(broker.setup());
  const auto delivery = next_delivery(*consumer);
  REQUIRE(delivery);
  broker.arm(Window::b_ack_recv);
  CHECK(consumer->ack(*delivery, Deadline::in(std::chrono::milliseconds(100))) == AckOutcome::indeterminate);
  broker.wait_stopped();
  broker.resume();
  CHECK(nothing_comes(*consumer));
  CHECK(broker.hits(Window::b_ack_recv) == 1);
}

TEST_CASE("a poll that a stalled broker does not answer in time is not lost") {
  BrokerProcess broker;
  const auto producer = producer_link(broker.setup("producer-0#1"));
  const auto consumer = consumer_link(broker.setup());
  send(*producer, "m1");
  const auto first = next_delivery(*consumer);
  REQUIRE(first);
  broker.arm(Window::b_durable_before_reply);
  producer->submit({.ticket = 2, .bytes = "m2", .key = "-"}, soon());
  broker.wait_stopped();
  for (int i = 0; i < 5; ++i) {
    const auto received = consumer->receive(Deadline::in(std::chrono::milliseconds(5)));
    CHECK_FALSE(received.opened);
    CHECK_FALSE(received.delivery);
    CHECK(received.unanswered);
  }
  broker.resume();

  SUBCASE("its answer is taken by the next poll") {}
  SUBCASE("nor when it is answered while an ack waits") {
    CHECK(consumer->ack(*first, soon()) == AckOutcome::confirmed);
  }
  SUBCASE("nor when it is answered while a takeover waits") { consumer->take_over("consumer-9#1", soon()); }
  const auto second = next_delivery(*consumer);
  REQUIRE(second);
  CHECK(second->bytes == "m2");
  CHECK(second->session == "queue/consumer-0#1/1");
  CHECK(second->count == 1);
  CHECK(consumer->ack(*second, soon()) == AckOutcome::confirmed);
}
