// Each planted defect, seen through the links. The tests of the honest broker
// show the opposite of every one.
#include <doctest/doctest.h>

#include <chrono>
#include <thread>

#include "agents/systems/embedded/links.hpp"
#include "broker-process.hpp"
#include "checker/history/payload.hpp"

using namespace assay;
using namespace assay::embedded;

namespace {

std::vector<std::string> payloads(int count) {
  std::vector<std::string> all;
  for (int i = 1; i <= count; ++i)
    all.push_back(to_bytes({.run = "run",
                            .message = "1/producer-0/" + std::to_string(i),
                            .attempt = 1,
                            .key = "",
                            .body = "body"}));
  return all;
}

std::vector<std::string> send_all(const BrokerProcess& broker, int count) {
  const auto producer = producer_link(broker.setup("producer-0#1"));
  const auto all = payloads(count);
  for (const auto& bytes : all) CHECK(send(*producer, bytes).outcome == SendOutcome::ok);
  return all;
}

}  // namespace

TEST_CASE("the honest broker stores and delivers forty payloads as they were sent, through a restart") {
  BrokerProcess broker;
  const auto sent = send_all(broker, 40);
  CHECK(stored(broker) == sent);
  const auto consumer = consumer_link(broker.setup());
  for (const auto& bytes : sent) {
    const auto delivery = next_delivery(*consumer);
    REQUIRE(delivery);
    CHECK(delivery->bytes == bytes);
    CHECK(consumer->ack(*delivery, soon()) == AckOutcome::confirmed);
  }
  broker.restart();
  CHECK(nothing_comes(*consumer));
  CHECK(stored(broker) == sent);
}

TEST_CASE("loses-leased-on-restart: what was delivered and not acknowledged is gone") {
  BrokerProcess broker(Defect::loses_leased_on_restart);
  const auto sent = send_all(broker, 3);
  const auto consumer = consumer_link(broker.setup());
  CHECK(consumer->ack(*next_delivery(*consumer), soon()) == AckOutcome::confirmed);
  CHECK(next_delivery(*consumer)->bytes == sent[1]);
  broker.restart();
  CHECK(stored(broker) == std::vector<std::string>{sent[0], sent[2]});
  CHECK(next_delivery(*consumer)->bytes == sent[2]);
}

TEST_CASE("forgets-acks-on-restart: the three copies that were acknowledged last are delivered again") {
  BrokerProcess broker(Defect::forgets_acks_on_restart);
  const auto sent = send_all(broker, 5);
  const auto consumer = consumer_link(broker.setup());
  for (int i = 0; i < 4; ++i) CHECK(consumer->ack(*next_delivery(*consumer), soon()) == AckOutcome::confirmed);
  broker.restart();
  for (std::size_t i = 1; i < 5; ++i) {
    CAPTURE(i);
    const auto again = next_delivery(*consumer);
    REQUIRE(again);
    CHECK(again->bytes == sent[i]);
    CHECK(again->count == (i < 4 ? 2 : 1));
    CHECK(consumer->ack(*again, soon()) == AckOutcome::confirmed);
  }
  CHECK(nothing_comes(*consumer));
}

TEST_CASE("corrupts-payload: every twentieth message is stored with another last byte") {
  BrokerProcess broker(Defect::corrupts_payload);
  auto sent = send_all(broker, 25);
  broker.restart();
  const auto producer = producer_link(broker.setup("producer-0#1"));
  for (int i = 0; i < 15; ++i) send(*producer, sent.emplace_back("later"));
  const auto found = stored(broker);
  REQUIRE(found.size() == 40);
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    CHECK((found[i] != sent[i]) == (i == 19 || i == 39));
  }
  CHECK(parse_payload(found[19])->message == parse_payload(sent[19])->message);
  CHECK(digest(*parse_payload(found[19])) != digest(*parse_payload(sent[19])));
}

TEST_CASE("invents-message: behind every twentieth message there is one that nobody sent") {
  BrokerProcess broker(Defect::invents_message);
  auto expected = send_all(broker, 25);
  auto never_sent = *parse_payload(expected[19]);
  never_sent.message = "1/producer-0/20000000";
  expected.insert(expected.begin() + 20, to_bytes(never_sent));
  CHECK(stored(broker) == expected);
}

TEST_CASE("claims-first-delivery: a redelivery is not marked as one") {
  BrokerProcess broker(Defect::claims_first_delivery);
  send_all(broker, 1);
  const auto consumer = consumer_link(broker.setup());
  REQUIRE(next_delivery(*consumer));
  broker.restart();
  const auto again = next_delivery(*consumer);
  REQUIRE(again);
  CHECK(again->redelivered == false);
  CHECK(again->count == 1);
}

TEST_CASE("delivers-nothing: every send is confirmed, nothing comes, and nothing is said to be owed") {
  BrokerProcess broker(Defect::delivers_nothing);
  const auto sent = send_all(broker, 2);
  CHECK(nothing_comes(*consumer_link(broker.setup())));
  CHECK(audit_link(broker.setup("auditor#1"))->backlog(soon()).empty());
  CHECK(stored(broker) == sent);
}

TEST_CASE("stores-again-when-slow: a send during which the broker stood still is stored twice, in spite of its id") {
  for (const auto defect : {Defect::none, Defect::stores_again_when_slow}) {
    CAPTURE(static_cast<int>(defect));
    BrokerProcess broker(defect);
    const auto producer = producer_link(broker.setup("producer-0#1"));
    broker.arm(Window::b_recv);
    producer->submit({.ticket = 1, .bytes = "m1", .key = "-", .dedup_id = "1"}, soon());
    broker.wait_stopped();
    std::this_thread::sleep_for(std::chrono::milliseconds(60));  // not a wait for anything: this long it stands still
    broker.resume();
    REQUIRE(producer->answer_waiting(soon()) == Waiting::answer);
    const auto copies = defect == Defect::none ? 1u : 2u;
    CHECK(stored(broker) == std::vector<std::string>(copies, "m1"));
  }
}

TEST_CASE("every defect has a name, and other names are unknown") {
  for (const auto& [defect, name] : defects) CHECK(defect_named(name) == defect);
  CHECK_FALSE(defect_named("answers-never"));
}
