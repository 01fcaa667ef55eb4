// Who may acknowledge a copy: only who holds it, or, unfenced, anybody.
#include <doctest/doctest.h>

#include "agents/systems/embedded/connection.hpp"
#include "agents/systems/embedded/links.hpp"
#include "broker-process.hpp"

using namespace assay;
using namespace assay::embedded;
using nlohmann::json;

namespace {

// Two ways to the same broker: as it is configured, and against what is configured.
std::vector<json> unfenced() { return {{{"fenced", false}}, {{"fenced", true}, {"defect", "accepts-stale-ack"}}}; }

// An ack in a session that was never open: "ok", or why not.
std::string ack_of_stranger(const BrokerProcess& broker, const std::string& tag) {
  Connection connection(broker.address());
  auto reply = connection.ask({{"op", "ack"}, {"session", "a stranger's"}, {"tag", tag}}, soon());
  REQUIRE(reply);
  reply->erase("n");
  return reply->empty() ? "ok" : reply->at("refused").get<std::string>();
}

bool nothing_owed(const BrokerProcess& broker) { return audit_link(broker.setup("auditor#1"))->backlog(soon()).empty(); }

}  // namespace

TEST_CASE("unfenced, a zombie's ack is answered ok and ends its successor's lease") {
  for (const auto& settings : unfenced()) {
    for (const bool delivered_again : {true, false}) {
      CAPTURE(settings.dump());
      CAPTURE(delivered_again);
      BrokerProcess broker(settings);
      send(*producer_link(broker.setup("producer-0#1")), "m1");
      const auto zombie = consumer_link(broker.setup("consumer-0#1"));
      const auto first = next_delivery(*zombie);
      REQUIRE(first);
      const auto successor = consumer_link(broker.setup("consumer-0#2"));
      successor->take_over("consumer-0#1", soon());

      const auto second = delivered_again ? next_delivery(*successor) : std::nullopt;
      CHECK(second.has_value() == delivered_again);
      CHECK(zombie->ack(*first, soon()) == AckOutcome::confirmed);
      CHECK(nothing_owed(broker));
      if (second) CHECK(successor->ack(*second, soon()) == AckOutcome::confirmed);
      successor->take_over("consumer-0#2", soon());
      CHECK(nothing_comes(*successor));
      CHECK(zombie->receive(soon()).opened->session == "queue/consumer-0#1/2");
      CHECK(broker.hits(Window::b_ack_recv) == broker.hits(Window::b_ack_durable_before_reply));
      broker.restart();
      CHECK(nothing_comes(*successor));
    }
  }
}

TEST_CASE("unfenced, a copy that was ever delivered may be acknowledged by anybody, also after a restart") {
  for (const auto& settings : unfenced()) {
    CAPTURE(settings.dump());
    BrokerProcess broker(settings);
    const auto producer = producer_link(broker.setup("producer-0#1"));
    for (const auto* body : {"m1", "m2"}) send(*producer, body);
    REQUIRE(next_delivery(*consumer_link(broker.setup())));
    broker.restart();
    CHECK(ack_of_stranger(broker, "1") == "ok");
    CHECK(ack_of_stranger(broker, "1") == "ok");
    CHECK(ack_of_stranger(broker, "2") == "never delivered");
    CHECK(ack_of_stranger(broker, "3") == "never delivered");
    const auto consumer = consumer_link(broker.setup("consumer-0#2"));
    CHECK(consume(*consumer, 1) == std::vector<std::string>{"m2"});
    CHECK(nothing_comes(*consumer));
  }
}

TEST_CASE("fenced, nobody else's ack counts") {
  BrokerProcess broker;
  send(*producer_link(broker.setup("producer-0#1")), "m1");
  const auto consumer = consumer_link(broker.setup());
  const auto delivery = next_delivery(*consumer);
  REQUIRE(delivery);
  CHECK(ack_of_stranger(broker, "1") == "no session");
  const auto other = consumer_link(broker.setup("consumer-1#1"));
  other->open(soon());
  auto stolen = *delivery;
  stolen.session = "queue/consumer-1#1/1";
  CHECK(other->ack(stolen, soon()) == AckOutcome::refused);
  CHECK(consumer->ack(*delivery, soon()) == AckOutcome::confirmed);
}
