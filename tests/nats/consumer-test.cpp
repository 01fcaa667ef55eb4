#include <doctest/doctest.h>

#include "tests/nats/server.hpp"

using namespace assay;
using namespace assay::nats;

namespace {

const std::string short_wait = R"({"ack_wait_ms": 300})";

Delivery next(ConsumerLink& link) { return receive(link, 1).front(); }

}  // namespace

TEST_CASE("a message is delivered once with count 1, and after its ack to nobody") {
  Server server(short_wait);
  const auto first = consumer(server);
  const auto sent = send(server, {"m1"});
  const auto delivery = next(*first);
  CHECK(delivery.bytes == "m1");
  CHECK(delivery.copy == sent[0].copy);
  CHECK(delivery.session == "c#1/1");
  CHECK(delivery.redelivered == false);
  CHECK(delivery.count == 1);
  CHECK(first->ack(delivery, soon()) == AckOutcome::confirmed);
  const auto second = consumer(server, "c#2");
  CHECK(told(*second).empty());
  CHECK(counts(*audit_link(setup_for(server, "auditor#1"))) == Counts{0, 0, 0, 0});
}

TEST_CASE("what was not acknowledged comes again after the ack wait, to whoever asks, and says so") {
  Server server(R"({"ack_wait_ms": 1500})");
  auto first = consumer(server, "c#1", 2);
  send(server, {"m1", "m2"});
  receive(*first, 2);
  const auto second = consumer(server, "d#1", 2);
  SUBCASE("from one that lives") {}
  SUBCASE("from one that is dead") { first.reset(); }
  CHECK(second->receive(shortly()).delivery == std::nullopt);
  const auto again = receive(*second, 2);
  CHECK(again[0].bytes == "m1");
  CHECK(again[0].redelivered == true);
  CHECK(again[0].count == 2);
}

TEST_CASE("NATS takes an ack from a consumer whose ack wait is over, and the message comes no more") {
  Server server(short_wait);
  const auto first = consumer(server), second = consumer(server, "d#1");
  send(server, {"m1"});
  const auto late = next(*first);
  const auto again = next(*second);
  CHECK(again.count == 2);
  CHECK(first->ack(late, soon()) == AckOutcome::confirmed);
  CHECK(told(*second).empty());
  CHECK(second->ack(again, soon()) == AckOutcome::confirmed);  // nothing was left to acknowledge
}

TEST_CASE("what is given back comes again at once, to whoever asks, and counts") {
  Server server(R"({"ack_wait_ms": 60000, "max_deliver": 2})");
  const auto first = consumer(server, "c#1", 2), second = consumer(server, "d#1");
  send(server, {"m1", "m2"});
  const auto both = receive(*first, 2);
  CHECK(first->give_back(both[0], GivingBack::nack, soon()) == AckOutcome::confirmed);
  const auto again = next(*second);
  CHECK(again.bytes == "m1");
  CHECK(again.copy == both[0].copy);
  CHECK(again.redelivered == true);
  CHECK(again.count == 2);
  CHECK(second->give_back(again, GivingBack::nack, soon()) == AckOutcome::confirmed);
  CHECK(told(*second).empty());  // that was once too often, and m2 is with the first
}

TEST_CASE("nothing is given back over a later session, or for good") {
  Server server(short_wait);
  const auto link = consumer(server);
  send(server, {"m1"});
  const auto delivery = next(*link);
  CHECK_THROWS_AS(link->give_back(delivery, GivingBack::reject, soon()), std::logic_error);
  server.restart();
  CHECK(told(*link, 2) == Lines{"session c#1/2", "m1"});
  CHECK(link->give_back(delivery, GivingBack::nack, soon()) == AckOutcome::indeterminate);
}

TEST_CASE("an ack that nobody waits for is unconfirmed") {
  Server server(R"({"ack_sync": false})");
  const auto link = consumer(server);
  send(server, {"m1"});
  const auto delivery = next(*link);
  CHECK(link->give_back(delivery, GivingBack::nack, soon()) == AckOutcome::unconfirmed);
  CHECK(link->ack(next(*link), soon()) == AckOutcome::unconfirmed);
  const auto audit = audit_link(setup_for(server, "auditor#1"));
  for (const auto deadline = soon(); !audit->backlog(soon()).empty() && !deadline.passed();) {}
  CHECK(counts(*audit) == Counts{0, 0, 0, 0});
}

TEST_CASE("an ack of the last covers all before it, if that is the policy") {
  Server server(R"({"ack_policy": "all"})");
  const auto link = consumer(server, "c#1", 3);
  send(server, {"m1", "m2", "m3"});
  const auto all = receive(*link, 3);
  CHECK(link->ack(all[1], soon()) == AckOutcome::confirmed);
  CHECK(counts(*audit_link(setup_for(server, "auditor#1"))) == Counts{0, 1, 0, 0});
}

TEST_CASE("a message that is not to be acknowledged is let go of as it is handed out") {
  Server server(R"({"ack_policy": "none"})");
  auto first = consumer(server);
  send(server, {"m1", "m2"});
  const auto delivery = next(*first);
  CHECK(delivery.count == std::nullopt);
  CHECK(delivery.redelivered == std::nullopt);
  CHECK_THROWS_AS(first->ack(delivery, soon()), std::logic_error);
  first.reset();
  CHECK(told(*consumer(server, "c#2")) == Lines{"m2"});
}

TEST_CASE("after max_deliver times a message comes no more") {
  Server server(R"({"max_deliver": 2, "ack_wait_ms": 100})");
  const auto link = consumer(server);
  send(server, {"m1"});
  CHECK(receive(*link, 2)[1].count == 2);
  CHECK(told(*link).empty());
}

TEST_CASE("a poll that is answered with nothing says when it was asked") {
  Server server;
  const auto link = consumer(server);
  const auto received = link->receive(Deadline::in(std::chrono::milliseconds(200)));
  CHECK(received.answered_empty);
  CHECK_FALSE(received.delivery);
}

TEST_CASE("a poll that a stopped server does not answer is told as one, and its answer is not lost") {
  Server server;
  const auto link = consumer(server);
  send(server, {"m1"});
  server.stop_running();
  const auto first = link->receive(shortly());
  CHECK(first.unanswered);
  CHECK_FALSE(first.answered_empty);
  CHECK(link->receive(shortly()).unanswered == first.unanswered);
  server.go_on();
  CHECK(next(*link).bytes == "m1");
}

TEST_CASE("a killed server ends the session, and what was leased comes again in the next") {
  Server server(short_wait);
  const auto link = consumer(server, "c#1", 2);
  send(server, {"m1", "m2"});
  const auto delivery = next(*link);
  server.restart();
  CHECK(link->ack(delivery, shortly()) == AckOutcome::indeterminate);
  CHECK(told(*link, 3) == Lines{"session c#1/2", "m1", "m2"});
  CHECK(link->ack(delivery, shortly()) == AckOutcome::indeterminate);  // of the session before
}

TEST_CASE("a stream in memory vanishes with its server, is created again, and that is told") {
  Server server(R"({"storage": "memory"})");
  std::vector<Notice> notices;
  const auto link = consumer(server, "c#1", 1, &notices);
  const auto before = send(server, {"m1"});
  server.restart();
  CHECK(told(*link, 1) == Lines{"session c#1/2"});
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].level == "warn");
  CHECK(notices[0].line == "stream ch vanished and was created again");
  const auto after = send(server, {"m2"});
  CHECK(after[0].copy.starts_with("ch/1-"));  // the sequence begins again
  CHECK(after[0].copy != before[0].copy);
}
