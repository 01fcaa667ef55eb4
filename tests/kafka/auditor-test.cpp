#include <doctest/doctest.h>

#include "tests/kafka/server.hpp"

using namespace assay;
using namespace assay::kafka;

TEST_CASE("the list has every record of every partition, acknowledged or not, and a topic without any is empty") {
  const Channel channel(R"({"partitions": 3})");
  const auto taker = channel.consumer("c-0#1", 8);
  CHECK(channel.stored().empty());
  CHECK(channel.owed() == 0);
  const auto link = channel.producer();
  for (int i = 0; i < 12; ++i) link->submit({i, "m", "k" + std::to_string(i)}, soon());
  REQUIRE(answers(*link, 12).size() == 12);
  CHECK(channel.owed() == 12);
  CHECK(channel.stored().size() == 12);
  for (const auto& delivery : receive(*taker, 8)) taker->ack(delivery, soon());
  CHECK(channel.owed() == 4);
  CHECK(channel.stored().size() == 12);
}

TEST_CASE("the backlog is true right after a kill and a restart") {
  const Channel channel;
  auto& server = Server::shared();
  channel.send({"m1", "m2", "m3"});
  {
    const auto taker = channel.consumer("c-0#1");
    CHECK(taker->ack(receive(*taker, 1).front(), soon()) == AckOutcome::confirmed);
  }
  server.kill();
  server.start();
  CHECK(channel.owed() == 2);
  CHECK(channel.stored() == std::vector<std::string>{"m1", "m2", "m3"});
}
