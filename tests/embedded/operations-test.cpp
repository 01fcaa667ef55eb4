#include <chrono>
#include <future>

#include <doctest/doctest.h>

#include "agents/systems/embedded/connection.hpp"
#include "agents/systems/embedded/links.hpp"
#include "broker-process.hpp"

using namespace assay;
using namespace assay::embedded;

namespace {

Backlog backlog(const BrokerProcess& broker) { return audit_link(broker.setup("auditor#1"))->backlog(soon()); }

void check_backlog(const BrokerProcess& broker, std::int64_t ready, std::int64_t leased) {
  const auto now = backlog(broker);
  CHECK(now.ready == ready);
  CHECK(now.leased == leased);
  CHECK(now.delayed == 0);
  CHECK(now.prepared == 0);
}

}  // namespace

TEST_CASE("a message that was sent is stored, delivered and acknowledged once") {
  BrokerProcess broker;
  const auto producer = producer_link(broker.setup("producer-0#1"));
  const auto consumer = consumer_link(broker.setup());

  const auto answer = send(*producer, "hello", 7);
  CHECK(answer.ticket == 7);
  CHECK(answer.outcome == SendOutcome::ok);
  CHECK(answer.copy == "queue/1");
  CHECK(answer.error == "");
  check_backlog(broker, 1, 0);

  CHECK(consumer->open(soon()).session == "queue/consumer-0#1/1");
  const auto before = monotonic_ns();
  const auto delivery = next_delivery(*consumer);
  REQUIRE(delivery);
  CHECK(delivery->bytes == "hello");
  CHECK(delivery->copy == "queue/1");
  CHECK(delivery->session == "queue/consumer-0#1/1");
  CHECK(delivery->tag == "1");
  CHECK(delivery->asked >= before);
  CHECK(delivery->asked <= monotonic_ns());
  CHECK(delivery->redelivered == false);
  CHECK(delivery->count == 1);
  check_backlog(broker, 0, 1);

  CHECK(consumer->ack(*delivery, soon()) == AckOutcome::confirmed);
  check_backlog(broker, 0, 0);
  CHECK(nothing_comes(*consumer));
  CHECK(consumer->ack(*delivery, soon()) == AckOutcome::refused);
  CHECK(stored(broker) == std::vector<std::string>{"hello"});  // acknowledged copies are kept

  CHECK(broker.hits(Window::b_recv) == 1);
  CHECK(broker.hits(Window::b_appended) == 1);
  CHECK(broker.hits(Window::b_durable_before_reply) == 1);
  CHECK(broker.hits(Window::b_replied) == 1);
  CHECK(broker.hits(Window::b_ack_recv) == 2);
  CHECK(broker.hits(Window::b_ack_durable_before_reply) == 1);
}

TEST_CASE("a receive reports the session it had to open before any delivery") {
  BrokerProcess broker;
  send(*producer_link(broker.setup("producer-0#1")), "hello");
  const auto consumer = consumer_link(broker.setup());
  const auto first = consumer->receive(soon());
  REQUIRE(first.opened);
  CHECK(first.opened->session == "queue/consumer-0#1/1");
  CHECK_FALSE(first.delivery);
  const auto second = consumer->receive(soon());
  CHECK_FALSE(second.opened);
  REQUIRE(second.delivery);
  CHECK(second.delivery->session == "queue/consumer-0#1/1");
}

TEST_CASE("bytes travel unchanged, whatever they are") {
  BrokerProcess broker;
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  const std::vector<std::string> bodies = {every_byte, "", std::string(1 << 20, 'x')};
  const auto producer = producer_link(broker.setup("producer-0#1"));
  const auto consumer = consumer_link(broker.setup("consumer-0#1", 2));
  for (const auto& body : bodies) CHECK(send(*producer, body).outcome == SendOutcome::ok);
  for (const auto& body : bodies) {
    const auto delivery = next_delivery(*consumer);
    REQUIRE(delivery);
    CHECK((delivery->bytes == body));
  }
  CHECK((stored(broker) == bodies));
}

TEST_CASE("many sends can be open, and each is answered by its ticket") {
  BrokerProcess broker;
  const auto producer = producer_link(broker.setup("producer-0#1"));
  const std::int64_t messages = 5000;  // more than ZeroMQ's default limit
  for (std::int64_t ticket = 1; ticket <= messages; ++ticket)
    producer->submit({.ticket = ticket, .bytes = std::to_string(ticket), .key = "-"}, soon());
  std::int64_t answered = 0;
  while (answered < messages) {
    REQUIRE(producer->answer_waiting(soon()) != Waiting::nothing);
    for (const auto& answer : producer->take_answers()) {
      ++answered;
      REQUIRE(answer.ticket == answered);
      REQUIRE(answer.outcome == SendOutcome::ok);
      REQUIRE(answer.copy == "queue/" + std::to_string(answered));
    }
  }
  CHECK(producer->answer_waiting(Deadline::in({})) == Waiting::nothing);
  CHECK(stored(broker).size() == 5000);  // five pages

  const auto consumer = consumer_link(broker.setup("consumer-0#1", 100));
  for (std::int64_t n = 1; n <= 250; ++n) {
    const auto delivery = next_delivery(*consumer);
    REQUIRE(delivery);
    REQUIRE(delivery->bytes == std::to_string(n));
  }
  check_backlog(broker, messages - 300, 300);
}

TEST_CASE("an answer that waits is not taken before it is asked for") {
  BrokerProcess broker;
  const auto producer = producer_link(broker.setup("producer-0#1"));
  CHECK(producer->answer_waiting(Deadline::in({})) == Waiting::nothing);
  producer->submit({.ticket = 1, .bytes = "m", .key = "-"}, soon());
  CHECK(producer->answer_waiting(soon()) != Waiting::nothing);
  CHECK(producer->answer_waiting(soon()) != Waiting::nothing);
  CHECK(producer->take_answers().size() == 1);
  CHECK(producer->take_answers().empty());
}

TEST_CASE("a waiting receive is answered when a message comes") {
  BrokerProcess broker;
  const auto consumer = consumer_link(broker.setup());
  consumer->open(soon());
  auto waiting = std::async(std::launch::async, [&] { return consumer->receive(soon()); });
  send(*producer_link(broker.setup("producer-0#1")), "late");
  const auto received = waiting.get();
  REQUIRE(received.delivery);
  CHECK(received.delivery->bytes == "late");
}

TEST_CASE("an empty receive ends by its deadline and keeps its session") {
  BrokerProcess broker;
  const auto consumer = consumer_link(broker.setup());
  consumer->open(soon());
  for (int i = 0; i < 3; ++i) {
    const auto received = consumer->receive(Deadline::in(std::chrono::milliseconds(100)));
    CHECK_FALSE(received.opened);
    CHECK_FALSE(received.delivery);
  }
}

TEST_CASE("polls of no length at all find a session and a message in the end") {
  BrokerProcess broker;
  send(*producer_link(broker.setup("producer-0#1")), "m1");
  const auto consumer = consumer_link(broker.setup());
  const auto deadline = soon();
  std::vector<std::string> opened;
  std::optional<Delivery> delivery;
  while (!delivery && !deadline.passed()) {
    auto received = consumer->receive(Deadline::in(std::chrono::milliseconds(1)));
    if (received.opened) opened.push_back(received.opened->session);
    delivery = std::move(received.delivery);
  }
  REQUIRE(delivery);
  CHECK(delivery->count == 1);
  CHECK(opened == std::vector<std::string>{"queue/consumer-0#1/1"});
}

TEST_CASE("a successor takes over what a dead incarnation holds") {
  BrokerProcess broker;
  send(*producer_link(broker.setup("producer-0#1")), "m1");
  const auto dead = consumer_link(broker.setup("consumer-0#1"));
  const auto first = next_delivery(*dead);
  REQUIRE(first);

  const auto successor = consumer_link(broker.setup("consumer-0#2"));
  CHECK(nothing_comes(*successor));
  successor->take_over("consumer-0#1", soon());
  const auto second = next_delivery(*successor);
  REQUIRE(second);
  CHECK(second->bytes == "m1");
  CHECK(second->session == "queue/consumer-0#2/1");
  CHECK(second->redelivered == true);
  CHECK(second->count == 2);

  SUBCASE("and the zombie's ack is refused") {
    CHECK(dead->ack(*first, soon()) == AckOutcome::refused);
    CHECK(successor->ack(*second, soon()) == AckOutcome::confirmed);
    CHECK(dead->receive(soon()).opened->session == "queue/consumer-0#1/2");
  }
  SUBCASE("and what comes later is not for a dead one's waiting request") {
    CHECK(successor->ack(*second, soon()) == AckOutcome::confirmed);
    const auto zombie = consumer_link(broker.setup("consumer-0#1"));
    zombie->open(soon());
    auto waiting = std::async(std::launch::async, [&] { return zombie->receive(soon()); });
    successor->take_over("consumer-0#1", soon());
    send(*producer_link(broker.setup("producer-0#1")), "m2");
    const auto third = next_delivery(*successor);
    REQUIRE(third);
    CHECK(third->bytes == "m2");
    CHECK_FALSE(waiting.get().delivery);
  }
}

TEST_CASE("a consumer that opens again is offered again what it held") {
  BrokerProcess broker;
  send(*producer_link(broker.setup("producer-0#1")), "m1");
  const auto consumer = consumer_link(broker.setup());
  const auto first = next_delivery(*consumer);
  REQUIRE(first);
  CHECK(consumer->open(soon()).session == "queue/consumer-0#1/2");
  const auto second = next_delivery(*consumer);
  REQUIRE(second);
  CHECK(second->session == "queue/consumer-0#1/2");
  CHECK(second->count == 2);
  CHECK(consumer->ack(*first, soon()) == AckOutcome::refused);
  CHECK(consumer->ack(*second, soon()) == AckOutcome::confirmed);
}

TEST_CASE("queues do not see each other") {
  BrokerProcess broker;
  auto elsewhere = broker.setup();
  elsewhere.channel = "another";
  send(*producer_link(broker.setup("producer-0#1")), "m1");
  CHECK(nothing_comes(*consumer_link(elsewhere)));
  CHECK(audit_link(elsewhere)->backlog(soon()).empty());
}

TEST_CASE("what a full disk does not take is an error, told once, and the broker serves on") {
  BrokerProcess broker;
  std::vector<std::string> notices;
  auto setup = broker.setup("producer-0#1");
  setup.notice = [&](const Notice& notice) { notices.push_back(notice.level + ": " + notice.line); };
  const auto producer = producer_link(setup);
  const auto consumer = consumer_link(broker.setup());
  send(*producer, "m1");
  broker.fill_disk();
  for (const auto* body : {"m2", "m3"}) {
    const auto answer = send(*producer, body);
    CHECK(answer.outcome == SendOutcome::indeterminate);
    CHECK(answer.error != "");
    CHECK(answer.copy == "");
    CHECK(notices == std::vector<std::string>{"error: " + answer.error});
  }
  CHECK(nothing_comes(*consumer));  // a delivery that cannot be counted is none
  broker.free_disk();
  CHECK(send(*producer, "m4").outcome == SendOutcome::ok);
  const auto delivery = next_delivery(*consumer);
  REQUIRE(delivery);
  CHECK(delivery->bytes == "m1");
  CHECK(delivery->count == 1);
  broker.restart();
  CHECK(stored(broker) == std::vector<std::string>{"m1", "m4"});
}

// One broker serves many trials, and each has a consumer-0#1. The second one
// once got nothing: its session was taken for the first one's.
TEST_CASE("consumers of the same name on two queues do not disturb each other") {
  BrokerProcess broker;
  const auto first = consumer_link(broker.setup());
  first->open(soon());
  auto elsewhere = broker.setup();
  elsewhere.channel = "another";
  const auto second = consumer_link(elsewhere);
  second->open(soon());
  send(*producer_link(elsewhere), "for the second");
  send(*producer_link(broker.setup("producer-0#1")), "for the first");
  CHECK(next_delivery(*second)->bytes == "for the second");
  CHECK(next_delivery(*first)->bytes == "for the first");
}
