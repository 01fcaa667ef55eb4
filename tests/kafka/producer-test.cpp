#include <doctest/doctest.h>

#include "tests/kafka/server.hpp"

using namespace assay;
using namespace assay::kafka;

namespace {

const std::string binary("a\0b\r\n\xff%s\r\n", 10);

}  // namespace

TEST_CASE("every send is answered with the name of its copy, byte for byte") {
  const Channel channel;
  const std::vector<std::string> bodies{binary, "", "x", std::string(1 << 20, 'x')};
  const auto link = channel.producer();
  for (std::size_t i = 0; i < bodies.size(); ++i) link->submit({static_cast<std::int64_t>(i), bodies[i], "k"}, soon());
  const auto all = answers(*link, 4);
  REQUIRE(outcomes(all) == std::vector(4, SendOutcome::ok));
  CHECK(link->answer_waiting(shortly()) == Waiting::nothing);

  const auto taker = channel.consumer("c-0#1", 4);
  const auto deliveries = receive(*taker, 4);
  CHECK(bodies_of(deliveries) == bodies);
  for (std::size_t i = 0; i < bodies.size(); ++i) CHECK(deliveries[i].copy == all[i].copy);
  CHECK(channel.stored() == bodies);
}

TEST_CASE("nobody's word is nobody's word") {
  const Channel channel(R"({"acks": "0"})");
  const auto link = channel.producer();
  link->submit({1, "m", "k"}, soon());
  const auto all = answers(*link, 1);
  CHECK(outcomes(all) == std::vector{SendOutcome::unconfirmed});
  CHECK(all.front().copy.empty());
}

TEST_CASE("what a server that stands still has not answered is indeterminate once it is killed") {
  const Channel channel;
  channel.send({"before"});
  auto& server = Server::shared();
  const auto link = channel.producer();
  link->submit({1, "first", "k"}, soon());
  REQUIRE(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});
  server.stop_running();
  link->submit({2, "second", "k"}, soon());
  link->submit({3, "third", "k"}, soon());
  CHECK(link->answer_waiting(shortly()) == Waiting::nothing);
  server.kill();
  CHECK(outcomes(answers(*link, 2)) == std::vector(2, SendOutcome::indeterminate));

  SUBCASE("and the same link goes on with the next one, which has all that was stored") {
    server.start();
    link->submit({4, "fourth", "k"}, soon());
    CHECK(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});
    CHECK(channel.stored() == std::vector<std::string>{"before", "first", "fourth"});
  }
  SUBCASE("and what is given up while there is none never arrives") {
    link->submit({4, "fourth", "k"}, shortly());
    CHECK(link->answer_waiting(shortly()) == Waiting::nothing);
    link->abandon();
    server.start();
    link->submit({5, "fifth", "k"}, soon());
    CHECK(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});
    CHECK(channel.stored() == std::vector<std::string>{"before", "first", "fifth"});
  }
}

TEST_CASE("a record that is too large is refused for good") {
  const Channel channel;
  const auto link = channel.producer();
  link->submit({1, std::string(5'000'000, 'x'), "k"}, soon());
  const auto all = answers(*link, 1);
  CHECK(outcomes(all) == std::vector{SendOutcome::fail});
  CHECK(all.front().error.starts_with("not sent: MSG_SIZE_TOO_LARGE"));
  CHECK(channel.stored().empty());
}
