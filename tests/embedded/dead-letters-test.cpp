// What is given back, rejected and set aside, each beside its planted defect.
#include <doctest/doctest.h>

#include "agents/systems/embedded/links.hpp"
#include "broker-process.hpp"

using namespace assay;
using namespace assay::embedded;

namespace {

using Letters = std::vector<std::string>;  // "m1 rejected"

Letters dead_letters(const BrokerProcess& broker) {
  Letters letters;
  audit_link(broker.setup("auditor#1"))
      ->scan_dead_letters([&](const StoredCopy& copy) { letters.push_back(copy.bytes + " " + copy.reason); }, soon());
  return letters;
}

void send_one(const BrokerProcess& broker) {
  CHECK(send(*producer_link(broker.setup("producer-0#1")), "m1").outcome == SendOutcome::ok);
}

Delivery next(ConsumerLink& consumer) { return next_delivery(consumer).value(); }

Backlog backlog(const BrokerProcess& broker) { return audit_link(broker.setup("auditor#1"))->backlog(soon()); }

}  // namespace

TEST_CASE("what is rejected is a dead letter, also after a restart, and no copy that anybody is owed") {
  BrokerProcess broker;
  send_one(broker);
  const auto consumer = consumer_link(broker.setup());
  CHECK(consumer->give_back(next(*consumer), GivingBack::reject, soon()) == AckOutcome::confirmed);
  CHECK(dead_letters(broker) == Letters{"m1 rejected"});
  CHECK(stored(broker).empty());
  CHECK(backlog(broker).empty());
  broker.restart();
  CHECK(dead_letters(broker) == Letters{"m1 rejected"});
  CHECK(nothing_comes(*consumer));
}

TEST_CASE("drops-rejected: it is gone") {
  BrokerProcess broker(Defect::drops_rejected);
  send_one(broker);
  const auto consumer = consumer_link(broker.setup());
  CHECK(consumer->give_back(next(*consumer), GivingBack::reject, soon()) == AckOutcome::confirmed);
  CHECK(dead_letters(broker).empty());
  CHECK(backlog(broker).empty());
}

TEST_CASE("what is given back comes again, marked and counted") {
  BrokerProcess broker;
  send_one(broker);
  const auto consumer = consumer_link(broker.setup());
  CHECK(consumer->give_back(next(*consumer), GivingBack::nack, soon()) == AckOutcome::confirmed);
  CHECK(backlog(broker).ready == 1);
  const auto again = next(*consumer);
  CHECK(again.redelivered == true);
  CHECK(again.count == 2);
}

TEST_CASE("a copy is set aside instead of being delivered more often than the limit says") {
  for (const bool planted : {false, true}) {
    CAPTURE(planted);
    BrokerProcess broker(nlohmann::json{{"delivery_limit", 2}, {"defect", planted ? "doubles-delivery-limit" : "none"}});
    send_one(broker);
    const auto consumer = consumer_link(broker.setup());
    for (int i = 0; i < (planted ? 4 : 2); ++i) consumer->give_back(next(*consumer), GivingBack::nack, soon());
    CHECK(nothing_comes(*consumer));
    CHECK(dead_letters(broker) == Letters{"m1 limit"});
    CHECK(backlog(broker).empty());
  }
}

TEST_CASE("a limit counts across restarts") {
  BrokerProcess broker(nlohmann::json{{"delivery_limit", 1}});
  send_one(broker);
  const auto consumer = consumer_link(broker.setup());
  next(*consumer);
  broker.restart();
  CHECK(nothing_comes(*consumer));
  CHECK(dead_letters(broker) == Letters{"m1 limit"});
}

TEST_CASE("whoever holds no lease gives nothing back") {
  BrokerProcess broker;
  send_one(broker);
  const auto first = consumer_link(broker.setup("consumer-0#1"));
  const auto held = next(*first);
  const auto second = consumer_link(broker.setup("consumer-0#2"));
  second->open(soon());
  second->take_over("consumer-0#1", soon());
  const auto taken = next(*second);
  CHECK(first->give_back(held, GivingBack::reject, soon()) == AckOutcome::refused);
  CHECK(first->give_back(held, GivingBack::nack, soon()) == AckOutcome::refused);
  CHECK(dead_letters(broker).empty());
  CHECK(second->ack(taken, soon()) == AckOutcome::confirmed);
}
