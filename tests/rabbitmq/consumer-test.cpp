#include <algorithm>
#include <chrono>
#include <map>

#include <doctest/doctest.h>

#include "tests/rabbitmq/server.hpp"

using namespace assay;
using namespace assay::rabbitmq;

namespace {

const char* const quorum = R"({"queue_type": "quorum"})";

}  // namespace

TEST_CASE("what a consumer held when it died is delivered again, and says so") {
  for (const std::string settings : {"{}", quorum}) {
    CAPTURE(settings);
    const Channel channel(shared_server(), settings);
    channel.send({"m1", "m2", "m3"});
    auto first = channel.consumer("c#1", 2);
    const auto held = receive(*first, 2);
    CHECK(bodies_of(held) == std::vector<std::string>{"m1", "m2"});
    CHECK(held[0].redelivered == false);
    first.reset();

    const auto second = channel.consumer("c#2", 3);
    auto again = receive(*second, 3);
    const bool counts = settings == quorum;
    // A quorum queue may give what is ready before it has noticed that the first is gone.
    if (counts) std::sort(again.begin(), again.end(), [](const Delivery& a, const Delivery& b) { return a.bytes < b.bytes; });
    CHECK(bodies_of(again) == std::vector<std::string>{"m1", "m2", "m3"});
    CHECK(again[0].redelivered == true);
    CHECK(again[2].redelivered == false);
    CHECK(held[0].count == (counts ? std::optional<std::int64_t>(1) : std::nullopt));
    CHECK(again[0].count == (counts ? std::optional<std::int64_t>(2) : std::nullopt));
  }
}

TEST_CASE("an acknowledgement is gone out and not answered; its message does not come again") {
  const Channel channel(shared_server());
  channel.send({"m1", "m2"});
  auto first = channel.consumer("c#1");
  CHECK(first->ack(receive(*first, 1)[0], soon()) == AckOutcome::unconfirmed);
  CHECK(bodies_of(receive(*first, 1)) == std::vector<std::string>{"m2"});
  first.reset();
  const auto second = channel.consumer("c#2", 2);
  CHECK(bodies_of(receive(*second, 1)) == std::vector<std::string>{"m2"});
  CHECK(hears_nothing(*second));
}

TEST_CASE("what is given back comes again, marked as repeated; what is rejected does not") {
  for (const std::string settings : {"{}", quorum}) {
    CAPTURE(settings);
    const Channel channel(shared_server(), settings);
    channel.send({"m1"});
    const auto link = channel.consumer();
    CHECK(link->give_back(receive(*link, 1)[0], GivingBack::nack, soon()) == AckOutcome::unconfirmed);
    const auto again = receive(*link, 1)[0];
    CHECK(again.bytes == "m1");
    CHECK(again.redelivered == true);
    CHECK(link->give_back(again, GivingBack::reject, soon()) == AckOutcome::unconfirmed);
    CHECK(hears_nothing(*link));
    CHECK(channel.ready(0) == 0);
  }
}

TEST_CASE("a delivery of an earlier session cannot be given back") {
  Server server;
  const Channel channel(server);
  channel.send({"m1"});
  const auto link = channel.consumer();
  const auto held = receive(*link, 1)[0];
  server.kill();
  for (const auto deadline = soon(); !link->receive(shortly()).unanswered;) REQUIRE(!deadline.passed());
  for (const auto how : {GivingBack::nack, GivingBack::reject}) CHECK(link->give_back(held, how, shortly()) == AckOutcome::indeterminate);
  server.start();
  CHECK(receive(*link, 1)[0].session == "c#1/2");
  for (const auto how : {GivingBack::nack, GivingBack::reject}) CHECK(link->give_back(held, how, soon()) == AckOutcome::indeterminate);
}

// Its limit of deliveries is what the flag in `describe` is about, and why what a
// consumer may hold is then no bound for anything (rabbitmq-server #5609).
TEST_CASE("a quorum queue of 3.10 gives more than prefetch to one that has met its limit of deliveries") {
  const auto held_after_two_returns = [](const std::string& settings) {
    const Channel channel(shared_server(), settings);
    channel.send({"m1", "m2", "m3", "m4", "m5"});
    const auto link = channel.consumer("c#1", 1);
    for (int times = 1; times <= 2; ++times) link->give_back(receive(*link, 1)[0], GivingBack::nack, soon());
    auto held = receive(*link, 1);
    for (const auto end = Deadline::in(std::chrono::milliseconds(500)); !end.passed();)
      if (const auto received = link->receive(shortly()); received.delivery) held.push_back(*received.delivery);
    return bodies_of(held);
  };
  // Without a limit what is given back goes to the end, with one to the front.
  CHECK(held_after_two_returns(R"({"queue_type": "quorum"})") == std::vector<std::string>{"m3"});
  CHECK(held_after_two_returns(R"({"queue_type": "quorum", "delivery_limit": 1})") == std::vector<std::string>{"m2", "m3"});
}

TEST_CASE("who has opened a queue takes nothing out of it before the first receive") {
  const Channel channel(shared_server());
  const auto waiting = channel.consumer("c#1", 8);
  channel.send({"m1", "m2"});
  const auto other = channel.consumer("c#2", 8);
  CHECK(bodies_of(receive(*other, 2)) == std::vector<std::string>{"m1", "m2"});
  CHECK(hears_nothing(*waiting));
}

TEST_CASE("a consumer holds no more than it asked for, and is not told that a queue is empty which is not") {
  const Channel channel(shared_server());
  channel.send({"m1", "m2", "m3"});
  const auto link = channel.consumer("c#1", 2);
  const auto held = receive(*link, 2);
  for (int i = 0; i < 3; ++i) {
    const auto received = link->receive(shortly());
    CHECK(!received.delivery);
    CHECK(!received.answered_empty);
  }
  link->ack(held[0], soon());
  CHECK(bodies_of(receive(*link, 1)) == std::vector<std::string>{"m3"});
  CHECK(hears_nothing(*link));
}

TEST_CASE("a queue that is empty is heard to be so, by a question asked after the last delivery") {
  for (const std::string settings : {"{}", quorum}) {
    CAPTURE(settings);
    const Channel channel(shared_server(), settings);
    const auto link = channel.consumer("c#1", 500);
    CHECK(hears_nothing(*link));
    std::vector<std::string> sent;
    for (int i = 0; i < 300; ++i) sent.push_back("m" + std::to_string(i));
    channel.send(sent);
    // Whatever was stored when the question was asked has come when it is answered.
    std::vector<Delivery> all;
    for (const auto deadline = soon(); !deadline.passed();) {
      const auto received = link->receive(shortly());
      if (received.delivery) all.push_back(*received.delivery);
      if (received.answered_empty) break;
    }
    CHECK(bodies_of(all) == sent);
  }
}

TEST_CASE("a server that stands still owes an answer, and what it sends late is still taken") {
  Server server;
  const Channel channel(server);
  const auto link = channel.consumer("c#1", 2);
  CHECK(hears_nothing(*link));
  server.stop_running();
  std::optional<std::int64_t> unanswered;
  for (const auto deadline = soon(); !unanswered && !deadline.passed();) unanswered = link->receive(shortly()).unanswered;
  REQUIRE(unanswered);
  CHECK(link->receive(shortly()).unanswered == unanswered);
  server.go_on();
  channel.send({"m1"});
  CHECK(bodies_of(receive(*link, 1)) == std::vector<std::string>{"m1"});
  CHECK(hears_nothing(*link));
}

TEST_CASE("a server that was killed has kept what was not acknowledged; a delivery of the old session cannot be") {
  Server server;
  for (const std::string settings : {"{}", quorum}) {
    CAPTURE(settings);
    const Channel channel(server, settings);
    const auto link = channel.consumer("c#1", 1);
    channel.send({"m1", "m2"});
    const auto held = receive(*link, 1);
    server.restart();
    std::vector<std::string> sessions;
    std::map<std::string, Delivery> again;  // in any order: a quorum queue notices later that its consumer is gone
    for (const auto deadline = soon(); again.size() < 2 && !deadline.passed();) {
      const auto received = link->receive(shortly());
      if (received.opened) sessions.push_back(received.opened->session);
      if (!received.delivery) continue;
      again.emplace(received.delivery->bytes, *received.delivery);
      CHECK(link->ack(held[0], soon()) == AckOutcome::indeterminate);
      CHECK(link->ack(*received.delivery, soon()) == AckOutcome::unconfirmed);
    }
    CHECK(sessions == std::vector<std::string>{"c#1/2"});
    REQUIRE(again.size() == 2);
    CHECK(again.at("m1").session == "c#1/2");
    CHECK(again.at("m1").redelivered == true);
    // A classic queue says so of all that it had; a quorum queue of what it had delivered.
    const bool exact = settings != "{}";
    CHECK(again.at("m2").redelivered == !exact);
    if (exact) CHECK(again.at("m1").count == 2);
    CHECK(hears_nothing(*link));
  }
}

TEST_CASE("without acknowledgements the server forgets what it has written to a socket") {
  const Channel channel(shared_server(), R"({"auto_ack": true})");
  channel.send({"m1", "m2", "m3"});
  auto first = channel.consumer("c#1");
  CHECK(bodies_of(receive(*first, 1)) == std::vector<std::string>{"m1"});
  CHECK(channel.ready(0) == 0);
  first.reset();
  const auto second = channel.consumer("c#2");
  CHECK(hears_nothing(*second));
}

TEST_CASE("a queue that is new is left alone for as long as the settings say, and one that is there is not") {
  const Channel channel(shared_server(), R"({"queue_type": "quorum", "queue_age_ms": 700})");
  const auto opening = [&] {
    const auto begun = std::chrono::steady_clock::now();
    channel.consumer();
    return std::chrono::steady_clock::now() - begun;
  };
  CHECK(opening() >= std::chrono::milliseconds(700));
  std::chrono::nanoseconds shortest = std::chrono::hours(1);
  for (int i = 0; i < 5; ++i) shortest = std::min<std::chrono::nanoseconds>(shortest, opening());
  CHECK(shortest < std::chrono::milliseconds(700));
}
