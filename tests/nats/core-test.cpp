#include <doctest/doctest.h>

#include "tests/nats/server.hpp"

using namespace assay;
using namespace assay::nats;

namespace {

const std::string queue = R"({"mode": "core"})", fan_out = R"({"mode": "core", "queue_group": false})";

}  // namespace

TEST_CASE("what is published in core is never answered, and each of a queue group gets some") {
  Server server(queue);
  const auto first = consumer(server, "c#1"), second = consumer(server, "d#1");
  const auto sent = send(server, {"m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8"});
  CHECK(outcomes(sent) == std::vector(8, SendOutcome::unconfirmed));
  CHECK(told(*first).size() + told(*second).size() == 8);
}

TEST_CASE("without a queue group everybody gets everything") {
  Server server(fan_out);
  const auto first = consumer(server, "c#1"), second = consumer(server, "d#1");
  send(server, {"m1", "m2"});
  CHECK(told(*first) == Lines{"m1", "m2"});
  CHECK(told(*second) == Lines{"m1", "m2"});
}

TEST_CASE("who subscribes later has missed it") {
  Server server(queue);
  send(server, {"m1"});
  const auto link = consumer(server);
  send(server, {"m2"});
  CHECK(told(*link) == Lines{"m2"});
}

TEST_CASE("a quiet subscriber knows that the server lives, and that nothing was on its way") {
  Server server(queue);
  const auto link = consumer(server);
  CHECK(link->receive(shortly()).answered_empty);
  server.stop_running();
  const auto silent = link->receive(shortly());
  CHECK_FALSE(silent.answered_empty);
  CHECK(silent.unanswered);
  server.go_on();
  for (const auto deadline = soon(); !link->receive(shortly()).answered_empty && !deadline.passed();) {}
  CHECK(link->receive(shortly()).answered_empty);
}

TEST_CASE("what arrived before the server died is delivered, and a new session begins after it") {
  Server server(queue);
  const auto link = consumer(server);
  send(server, {"m1", "m2"});
  CHECK(receive(*link, 1)[0].bytes == "m1");
  server.restart();
  CHECK(told(*link, 2) == Lines{"m2", "session c#1/2"});
  send(server, {"m3"});
  CHECK(told(*link) == Lines{"m3"});
}
