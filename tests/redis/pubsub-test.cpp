#include "tests/redis/talk.hpp"

using namespace assay;
using namespace assay::redis;

namespace {

const std::string pubsub = R"({"mode": "pubsub"})";
const std::string binary("a\0b\r\n\xff%s", 8);

}  // namespace

TEST_CASE("a published message reaches everybody who is subscribed, byte for byte") {
  Server server;
  const auto one = consumer_link(setup_with(pubsub, server, "c-0#1"));
  const auto other = consumer_link(setup_with(pubsub, server, "c-1#1"));
  CHECK(one->open(soon()).session == "c-0#1/1");
  CHECK(one->open(soon()).session == "c-0#1/1");
  CHECK(other->open(soon()).session == "c-1#1/1");
  const Lines bodies{binary, "", std::string(100'000, 'x')};
  const auto copies = send(*producer_link(setup_with(pubsub, server, "p#1")), bodies);
  for (auto* link : {one.get(), other.get()}) {
    Lines delivered, names;
    for (const auto& delivery : receive(*link, 3)) {
      delivered.push_back(delivery.bytes);
      names.push_back(delivery.copy);
    }
    CHECK(delivered == bodies);
    CHECK(names == copies);
    CHECK(told(*link) == Lines{});
  }
}

TEST_CASE("a message that nobody hears is sent all the same") {
  Server server;
  const auto producer = producer_link(setup_with(pubsub, server, "p#1"));
  send(*producer, {"m1"});
  const auto consumer = consumer_link(setup_with(pubsub, server, "c#1"));
  consumer->open(soon());
  send(*producer, {"m2"});
  CHECK(told(*consumer) == Lines{"m2"});
}

TEST_CASE("what is published while a subscriber is disconnected never comes, and what had arrived does") {
  Server server;
  const auto consumer = consumer_link(setup_with(pubsub, server, "c#1"));
  consumer->open(soon());
  const auto send_one = [&](const std::string& body) {
    send(*producer_link(setup_with(pubsub, server, "p#1")), {body});
    server.command({"PING"});  // answered after the message was written, as the publisher is not
  };
  send_one("m1");
  SUBCASE("by the server") { break_connections(server); }
  SUBCASE("by the death of the server") {
    server.kill();
    server.start();
  }
  send_one("m2");
  CHECK(told(*consumer) == Lines{"m1", "session c#1/2"});
  send_one("m3");
  CHECK(told(*consumer) == Lines{"m3"});
}

TEST_CASE("a subscriber hears nothing from a stopped server, says since when, and misses nothing by it") {
  Server server;
  const auto consumer = consumer_link(setup_with(pubsub, server, "c#1"));
  consumer->open(soon());
  const auto producer = producer_link(setup_with(pubsub, server, "p#1"));
  send(*producer, {"m0"});
  CHECK(told(*consumer) == Lines{"m0"});
  CHECK_FALSE(consumer->receive(Deadline::in(std::chrono::milliseconds(200))).unanswered);
  server.stop_running();
  const auto first = consumer->receive(shortly()), second = consumer->receive(shortly());
  REQUIRE(first.unanswered);
  CHECK(second.unanswered == first.unanswered);
  producer->submit({.ticket = 9, .bytes = "m1", .key = "k"}, soon());
  server.go_on();
  CHECK(told(*consumer) == Lines{"m1"});
}

TEST_CASE("a subscription that no server confirms by the deadline is no session") {
  Server server;
  const auto consumer = consumer_link(setup_with(pubsub, server, "c#1"));
  SUBCASE("nobody listens") {
    server.kill();
    CHECK_THROWS_WITH(consumer->open(shortly()), doctest::Contains("SUBSCRIBE ch at Redis: connection refused"));
  }
  SUBCASE("the server stands still") {
    server.stop_running();
    CHECK_THROWS_WITH(consumer->open(shortly()), doctest::Contains("SUBSCRIBE ch at Redis: "));
  }
}

TEST_CASE("there is nothing to audit, to take over or to acknowledge in pub/sub") {
  Server server;
  const auto audit = audit_link(setup_with(pubsub, server, "auditor#1"));
  const auto consumer = consumer_link(setup_with(pubsub, server, "c#2"));
  consumer->open(soon());
  send(*producer_link(setup_with(pubsub, server, "p#1")), {"m1"});
  CHECK(counts(*audit) == Counts{0, 0, 0, 0});
  CHECK(scanned(*audit) == Lines{});
  consumer->take_over("c#1", soon());
  const auto delivery = receive(*consumer, 1).front();
  CHECK_THROWS_WITH(consumer->ack(delivery, soon()), doctest::Contains("pub/sub has no acknowledgements"));
}
