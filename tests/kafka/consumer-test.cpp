#include <doctest/doctest.h>

#include "tests/kafka/server.hpp"

using namespace assay;
using namespace assay::kafka;

TEST_CASE("a commit acknowledges all before it, and nobody is given that again") {
  const Channel channel;
  channel.send({"m1", "m2", "m3", "m4"});
  {
    const auto first = channel.consumer("c-0#1", 4);
    const auto taken = receive(*first, 4);
    CHECK(channel.owed() == 4);
    CHECK(first->ack(taken[2], soon()) == AckOutcome::confirmed);
    CHECK(channel.owed() == 1);
  }
  CHECK(bodies_of(receive(*channel.consumer("c-0#2", 4), 1)) == std::vector<std::string>{"m4"});
}

TEST_CASE("no more is handed out than may be held") {
  const Channel channel;
  channel.send({"m1", "m2", "m3"});
  const auto link = channel.consumer("c-0#1", 2);
  const auto taken = receive(*link, 2);
  CHECK_FALSE(link->receive(shortly()).delivery);
  CHECK(link->ack_together(taken, soon()) == std::vector(2, AckOutcome::confirmed));
  CHECK(bodies_of(receive(*link, 1)) == std::vector<std::string>{"m3"});
}

TEST_CASE("a successor of its name takes a consumer's place at once, and shuts it out") {
  const Channel channel;
  channel.send({"m1", "m2"});
  const auto first = channel.consumer("c-0#1");
  const auto of_first = receive(*first, 1);
  const auto second = channel.consumer("c-0#2");
  second->take_over("c-0#1", soon());
  const auto of_second = receive(*second, 1);
  CHECK(bodies_of(of_second) == std::vector<std::string>{"m1"});
  CHECK(first->ack(of_first.front(), soon()) == AckOutcome::refused);
  CHECK_FALSE(first->receive(shortly()).delivery);
  CHECK(second->ack(of_second.front(), soon()) == AckOutcome::confirmed);
  CHECK(bodies_of(receive(*second, 1)) == std::vector<std::string>{"m2"});
}

TEST_CASE("nobody shuts out a consumer that is assigned its partitions") {
  const Channel channel(R"({"membership": "assigned"})");
  channel.send({"m1", "m2"});
  const auto first = channel.consumer("c-0#1");
  const auto of_first = receive(*first, 1);
  const auto second = channel.consumer("c-0#2");
  CHECK(bodies_of(receive(*second, 1)) == std::vector<std::string>{"m1"});
  CHECK(first->ack(of_first.front(), soon()) == AckOutcome::confirmed);
  CHECK(bodies_of(receive(*first, 1)) == std::vector<std::string>{"m2"});
}

TEST_CASE("two members share the partitions, and a dynamic one that goes leaves its part to the other") {
  const Channel channel(R"({"membership": "dynamic", "partitions": 2, "session_timeout_ms": 6000})");
  auto one = channel.consumer("c-0#1", 64), other = channel.consumer("c-1#1", 64);
  const auto link = channel.producer();
  for (int i = 0; i < 32; ++i) link->submit({i, "m" + std::to_string(i), "k" + std::to_string(i)}, soon());
  REQUIRE(answers(*link, 32).size() == 32);
  std::size_t of_one = 0, of_other = 0;
  for (const auto deadline = soon(); of_one + of_other < 32 && !deadline.passed();) {
    if (one->receive(Deadline::in(std::chrono::milliseconds(20))).delivery) ++of_one;
    if (other->receive(Deadline::in(std::chrono::milliseconds(20))).delivery) ++of_other;
  }
  CHECK(of_one + of_other >= 32);
  other.reset();
  one.reset();
  CHECK(receive(*channel.consumer("c-0#2", 64), 32).size() == 32);
}

TEST_CASE("what is handed out is committed by itself where that is asked for, worked on or not") {
  const Channel channel(R"({"commit": "auto", "auto_commit_interval_ms": 20})");
  channel.send({"m1", "m2"});
  const auto link = channel.consumer("c-0#1");
  receive(*link, 2);
  for (const auto deadline = soon(); channel.owed() > 0 && !deadline.passed();) link->receive(shortly());
  CHECK(channel.owed() == 0);
}

TEST_CASE("a question that a server does not answer is told as one, and its group goes on afterwards") {
  const Channel channel;
  auto& server = Server::shared();
  channel.send({"m1"});
  const auto link = channel.consumer("c-0#1");
  CHECK(link->ack(receive(*link, 1).front(), soon()) == AckOutcome::confirmed);
  server.stop_running();
  std::optional<std::int64_t> unanswered;
  for (const auto deadline = soon(); !unanswered && !deadline.passed();) unanswered = link->receive(shortly()).unanswered;
  CHECK(unanswered);
  server.go_on();
  channel.send({"m2"});
  CHECK(bodies_of(receive(*link, 1)) == std::vector<std::string>{"m2"});
}
