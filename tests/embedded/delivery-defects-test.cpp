// Planted defects of what is delivered and acknowledged, each beside the honest broker.
#include <chrono>
#include <future>

#include <doctest/doctest.h>

#include "agents/systems/embedded/links.hpp"
#include "broker-process.hpp"

using namespace assay;
using namespace assay::embedded;

namespace {

using Bodies = std::vector<std::string>;

Bodies numbered(std::initializer_list<int> numbers) {
  Bodies bodies;
  for (const int number : numbers) bodies.push_back("m" + std::to_string(number));
  return bodies;
}

void send_numbered(const BrokerProcess& broker, int first, int last) {
  const auto producer = producer_link(broker.setup("producer-0#1"));
  for (int i = first; i <= last; ++i) CHECK(send(*producer, "m" + std::to_string(i)).outcome == SendOutcome::ok);
}

LinkSetup on(const BrokerProcess& broker, const std::string& queue, const std::string& incarnation = "consumer-0#1") {
  auto setup = broker.setup(incarnation);
  setup.channel = queue;
  return setup;
}

Backlog backlog(const BrokerProcess& broker) { return audit_link(broker.setup("auditor#1"))->backlog(soon()); }

}  // namespace

TEST_CASE("acks-ahead: one by one, every second message is acknowledged and never delivered") {
  for (const bool planted : {false, true}) {
    CAPTURE(planted);
    BrokerProcess broker(planted ? Defect::acks_ahead : Defect::none);
    send_numbered(broker, 1, 6);
    const auto consumer = consumer_link(broker.setup());
    const auto expected = planted ? numbered({1, 3, 5}) : numbered({1, 2, 3, 4, 5, 6});
    CHECK(consume(*consumer, expected.size()) == expected);
    CHECK(nothing_comes(*consumer));
    CHECK(backlog(broker).empty());
    broker.restart();
    CHECK(nothing_comes(*consumer));
    CHECK(stored(broker) == numbered({1, 2, 3, 4, 5, 6}));
  }
}

TEST_CASE("acks-ahead: of what a consumer holds, one more than it acknowledged is not delivered again") {
  for (const bool planted : {false, true}) {
    for (const bool restarted : {false, true}) {
      CAPTURE(planted);
      CAPTURE(restarted);
      BrokerProcess broker(planted ? Defect::acks_ahead : Defect::none);
      send_numbered(broker, 1, 3);
      const auto consumer = consumer_link(broker.setup("consumer-0#1", 3));
      CHECK(consume(*consumer, 1) == numbered({1}));
      const auto successor = consumer_link(broker.setup("consumer-0#2", 3));
      if (restarted) broker.restart();
      else successor->take_over("consumer-0#1", soon());
      const auto expected = planted ? numbered({3}) : numbered({2, 3});
      CHECK(consume(*successor, expected.size()) == expected);
      CHECK(nothing_comes(*successor));
    }
  }
}

TEST_CASE("acks-ahead: a consumer that acknowledges all it holds notices nothing") {
  BrokerProcess broker(Defect::acks_ahead);
  send_numbered(broker, 1, 3);
  const auto consumer = consumer_link(broker.setup("consumer-0#1", 3));
  CHECK(consume(*consumer, 3) == numbered({1, 2, 3}));
  CHECK(broker.hits(Window::b_ack_recv) == 3);
  CHECK(broker.hits(Window::b_ack_durable_before_reply) == 3);
}

TEST_CASE("reorders: the twentieth message comes behind the twenty-first") {
  for (const bool planted : {false, true}) {
    for (const std::int64_t prefetch : {1, 5, 20, 30}) {
      CAPTURE(planted);
      CAPTURE(prefetch);
      BrokerProcess broker(planted ? Defect::reorders : Defect::none);
      send_numbered(broker, 1, 23);
      const auto consumer = consumer_link(broker.setup("consumer-0#1", prefetch));
      CHECK(consume(*consumer, 18).back() == "m18");
      CHECK(consume(*consumer, 5) == (planted ? numbered({19, 21, 20, 22, 23}) : numbered({19, 20, 21, 22, 23})));
    }
  }
}

TEST_CASE("reorders: a receive with time left waits for the message to put in front") {
  for (const bool planted : {false, true}) {
    CAPTURE(planted);
    BrokerProcess broker(planted ? Defect::reorders : Defect::none);
    send_numbered(broker, 1, 20);
    const auto consumer = consumer_link(broker.setup());
    CHECK(consume(*consumer, 19).back() == "m19");
    auto waiting = std::async(std::launch::async, [&] { return consume(*consumer, 2); });
    send_numbered(broker, 21, 21);
    CHECK(waiting.get() == (planted ? numbered({21, 20}) : numbered({20, 21})));
  }
}

TEST_CASE("reorders: without a newer message it comes in its turn, at the end of a receive") {
  BrokerProcess broker(Defect::reorders);
  send_numbered(broker, 1, 20);
  const auto consumer = consumer_link(broker.setup());
  CHECK(consume(*consumer, 19).back() == "m19");
  CHECK(backlog(broker).ready == 1);
  std::optional<Delivery> last;
  for (const auto deadline = soon(); !last && !deadline.passed();)
    last = consumer->receive(Deadline::in(std::chrono::milliseconds(20))).delivery;
  REQUIRE(last);
  CHECK(last->bytes == "m20");
  CHECK(last->count == 1);
}

TEST_CASE("silent-after-restart: nothing comes any more, and the backlog tells the truth") {
  for (const bool planted : {false, true}) {
    CAPTURE(planted);
    BrokerProcess broker(planted ? Defect::silent_after_restart : Defect::none);
    broker.restart();  // with nothing in it, this is like the first start
    send_numbered(broker, 1, 3);
    const auto consumer = consumer_link(broker.setup());
    CHECK(consume(*consumer, 1) == numbered({1}));
    broker.restart();
    send_numbered(broker, 4, 4);
    CHECK(nothing_comes(*consumer) == planted);
    const auto owed = backlog(broker);
    CHECK(owed.ready + owed.leased == 3);
    CHECK(owed.leased == (planted ? 0 : 1));
    CHECK(stored(broker) == numbered({1, 2, 3, 4}));
  }
}

TEST_CASE("leaks-between-queues: the first message of one queue comes on the next one as well, once") {
  for (const bool planted : {false, true}) {
    CAPTURE(planted);
    BrokerProcess broker(planted ? Defect::leaks_between_queues : Defect::none);
    const auto first = consumer_link(on(broker, "first"));
    for (const auto* body : {"f1", "f2"}) send(*producer_link(on(broker, "first")), body);
    CHECK(consume(*first, 2) == Bodies{"f1", "f2"});
    for (const auto* body : {"s1", "s2"}) send(*producer_link(on(broker, "second")), body);

    const auto second = consumer_link(on(broker, "second"));
    const auto expected = planted ? Bodies{"s1", "s2", "f1"} : Bodies{"s1", "s2"};
    CHECK(consume(*second, expected.size()) == expected);
    CHECK(nothing_comes(*second));
    CHECK(nothing_comes(*consumer_link(on(broker, "second", "consumer-1#1"))));
    CHECK(nothing_comes(*first));

    const auto third = consumer_link(on(broker, "third"));
    if (planted) CHECK(consume(*third, 1) == Bodies{"s1"});
    CHECK(nothing_comes(*third));
    send(*producer_link(on(broker, "third")), "t1");
    CHECK(nothing_comes(*consumer_link(on(broker, "second", "consumer-2#1"))));  // opened before
    broker.restart();
    CHECK(nothing_comes(*second));
  }
}
