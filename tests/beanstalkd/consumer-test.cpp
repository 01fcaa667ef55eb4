#include <algorithm>

#include <doctest/doctest.h>

#include "tests/beanstalkd/server.hpp"

using namespace assay;
using namespace assay::beanstalkd;

namespace {

using Lines = std::vector<std::string>;

std::unique_ptr<ConsumerLink> consumer(const Server& server, const std::string& incarnation = "c#1",
                                       std::vector<Notice>* notices = nullptr) {
  auto link = consumer_link(setup_for(server, incarnation, notices));
  CHECK(link->open(soon()).session == incarnation + "/1");
  return link;
}

}  // namespace

TEST_CASE("what was sent is delivered once, acknowledged, and does not come again") {
  Server server;
  const auto link = consumer(server);
  const auto sent = send(server, {"m1"});
  const auto delivery = receive(*link, 1).front();
  CHECK(delivery.bytes == "m1");
  CHECK(delivery.copy == sent[0].copy);
  CHECK(delivery.session == "c#1/1");
  CHECK(delivery.redelivered == std::nullopt);
  CHECK(delivery.count == std::nullopt);
  CHECK(link->ack(delivery, soon()) == AckOutcome::confirmed);
  CHECK(link->ack(delivery, soon()) == AckOutcome::refused);
  CHECK(told(*link) == Lines{});
}

TEST_CASE("jobs that were sent before a consumer came are owed to it, and jobs of other tubes are not") {
  Server server;
  send(server, {"m1", "m2"});
  server.tell({"use elsewhere", "put 1024 0 600 1\r\nx"});
  server.tell({"put 1024 0 600 1\r\nx"});  // in the tube "default"
  const auto link = consumer(server);
  CHECK(told(*link) == Lines{"m1", "m2"});
}

TEST_CASE("an empty receive keeps to its deadline and to its session, and asks in moderation") {
  Server server;
  const auto link = consumer(server);
  const auto asked = [&] { return std::stoi(server.tell({"stats"}).field("cmd-reserve-with-timeout")); };
  const auto deadline = Deadline::in(std::chrono::milliseconds(100));
  const auto received = link->receive(deadline);
  CHECK(deadline.passed());
  CHECK_FALSE(received.delivery);
  CHECK_FALSE(received.unanswered);
  CHECK(asked() > 1);
  CHECK(asked() <= 101);
  for (int i = 0; i < 20; ++i) CHECK_FALSE(link->receive(Deadline::in(std::chrono::milliseconds(1))).opened);
  send(server, {"m1"});
  CHECK(told(*link) == Lines{"m1"});
}

TEST_CASE("a poll that a stopped server does not answer is told as one since it began") {
  Server server;
  const auto link = consumer(server);
  CHECK(told(*link) == Lines{});
  server.stop_running();
  const auto first = link->receive(shortly()), second = link->receive(shortly());
  REQUIRE(first.unanswered);
  CHECK(second.unanswered == first.unanswered);
  server.go_on();
  CHECK(told(*link) == Lines{});
  CHECK(link->receive(shortly()).unanswered != first.unanswered);
}

TEST_CASE("a job that a late answer brings is not lost on an acknowledgement that comes first") {
  Server server;
  send(server, {"m1", "m2"});
  const auto link = consumer(server);
  const auto held = receive(*link, 1).front();
  server.stop_running();
  REQUIRE(link->receive(shortly()).unanswered);
  SUBCASE("the server answers in time") {
    server.go_on();
    CHECK(link->ack(held, soon()) == AckOutcome::confirmed);
    CHECK(told(*link) == Lines{"m2"});
  }
  SUBCASE("the server does not answer in time") {
    CHECK(link->ack(held, shortly()) == AckOutcome::indeterminate);
    server.go_on();
    CHECK(told(*link) == Lines{"session c#1/2", "m1", "m2"});
  }
}

TEST_CASE("what a consumer held is ready again when its connection closes") {
  Server server;
  auto dead = consumer(server);
  send(server, {"m1", "m2", "m3"});
  receive(*dead, 2);
  const auto link = consumer(server, "c#2");
  SUBCASE("and not before, take-over or not") {
    link->take_over("c#1", soon());
    CHECK(told(*link) == Lines{"m3"});
  }
  SUBCASE("to whoever asks") {
    dead.reset();
    auto all = told(*link);
    std::sort(all.begin(), all.end());  // the server may see the request before the hang-up
    CHECK(all == Lines{"m1", "m2", "m3"});
  }
}

TEST_CASE("the acknowledgement of a job that somebody else holds is refused") {
  Server server;
  auto dead = consumer(server);
  send(server, {"m1"});
  const auto stale = receive(*dead, 1).front();
  dead.reset();
  const auto owner = consumer(server, "c#2");
  const auto owned = receive(*owner, 1).front();
  CHECK(owned.copy == stale.copy);

  CHECK(server.tell({"delete " + stale.tag}).line == "NOT_FOUND");
  const auto other = consumer(server, "c#3");
  auto forged = stale;
  forged.session = "c#3/1";
  CHECK(other->ack(forged, soon()) == AckOutcome::refused);
  CHECK(owner->ack(owned, soon()) == AckOutcome::confirmed);
}

TEST_CASE("a poll shortly before a reservation ends is an empty one") {
  Server server;
  std::vector<Notice> notices;
  const auto link = consumer(server, "c#1", &notices);
  send(server, {"m1"}, 1);
  const auto held = receive(*link, 1).front();
  const auto received = link->receive(shortly());  // beanstalkd says DEADLINE_SOON
  CHECK_FALSE(received.delivery);
  CHECK_FALSE(received.opened);
  CHECK(link->ack(held, soon()) == AckOutcome::confirmed);
  CHECK(notices.empty());
}

TEST_CASE("a server with a log gives again after its death what was not acknowledged") {
  Server server;
  auto link = consumer(server);
  send(server, {"m1", "m2", "m3", "m4"});
  const auto held = receive(*link, 3);
  REQUIRE(link->ack(held[0], soon()) == AckOutcome::confirmed);
  server.kill();
  CHECK(link->ack(held[1], shortly()) == AckOutcome::indeterminate);
  CHECK(told(*link) == Lines{});
  server.start();
  CHECK(link->ack(held[1], soon()) == AckOutcome::indeterminate);
  CHECK(told(*link) == Lines{"session c#1/2", "m2", "m3", "m4"});
  SUBCASE("and an old acknowledgement does not go out over the connection that has the job now") {
    CHECK(link->ack(held[1], soon()) == AckOutcome::indeterminate);
    link.reset();
    CHECK(audit_link(setup_for(server, "auditor#1"))->backlog(soon()).ready == 3);
  }
}

TEST_CASE("a server without a log has forgotten everything after its death") {
  Server server(Keeps::memory);
  const auto link = consumer(server);
  const auto before = send(server, {"m1", "m2"});
  const auto held = receive(*link, 1).front();
  server.restart();
  CHECK(told(*link) == Lines{"session c#1/2"});

  SUBCASE("and an old acknowledgement does not hit the new job of that number") {
    const auto after = send(server, {"m3"});
    CHECK(after[0].copy.starts_with("ch/1-"));
    CHECK(held.copy.starts_with("ch/1-"));
    CHECK(after[0].copy != held.copy);
    CHECK(link->ack(held, soon()) == AckOutcome::indeterminate);
    CHECK(told(*link) == Lines{"m3"});
  }
}

TEST_CASE("a consumer that finds no server by its deadline says why") {
  Server server;
  server.kill();
  const auto link = consumer_link(setup_for(server, "c#1"));
  CHECK_THROWS_WITH(link->open(shortly()), "watch ch: no connection to beanstalkd: connection refused");
}
