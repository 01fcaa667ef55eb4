#include <algorithm>
#include <fstream>

#include <doctest/doctest.h>

#include "agents/os/free-port.hpp"
#include "agents/systems/mqtt/links.hpp"
#include "tests/mqtt/server.hpp"

using namespace assay;
using namespace assay::mqtt;

namespace {

std::vector<std::int64_t> tickets(const std::vector<SendAnswer>& answered, SendOutcome outcome) {
  std::vector<std::int64_t> all;
  for (const auto& answer : answered)
    if (answer.outcome == outcome) all.push_back(answer.ticket);
  std::sort(all.begin(), all.end());
  return all;
}

std::string settings(int qos) { return "{\"qos\": " + std::to_string(qos) + "}"; }

}  // namespace

TEST_CASE("a send is answered at QoS 1 and 2, and only gone out at QoS 0") {
  CHECK(send(Server(settings(1)), {"m"}).front().copy.starts_with("ch/"));
  send(Server(settings(2)), {"m"});
  send(Server(settings(0)), {"m"}, SendOutcome::unconfirmed);
}

TEST_CASE("many sends are open at a time, more than the library lets go at once") {
  for (const int qos : {1, 2}) {
    CAPTURE(qos);
    const Server server(settings(qos));
    const auto link = server.producer();
    for (std::int64_t ticket = 1; ticket <= 50; ++ticket) link->submit({ticket, "m" + std::to_string(ticket), "k"}, soon());
    CHECK(tickets(answers(*link, 50), SendOutcome::ok).size() == 50);
  }
}

TEST_CASE("an answer that waits unread survives the death of its server") {
  for (const int qos : {1, 2}) {
    CAPTURE(qos);
    Server server(settings(qos));
    const auto link = server.producer();
    link->submit({1, "m", "k"}, soon());
    REQUIRE(link->answer_waiting(soon()) == Waiting::answer);
    server.kill();
    const auto answered = link->take_answers();
    REQUIRE(answered.size() == 1);
    CHECK(answered.front().outcome == SendOutcome::ok);
  }
}

TEST_CASE("at QoS 2 the answer waits when the server has handed the message on") {
  const Server server(settings(2));
  const auto consumer = server.consumer();
  const auto link = server.producer();
  link->submit({1, "m", "k"}, soon());
  REQUIRE(link->answer_waiting(soon()) == Waiting::answer);
  CHECK(receive(*consumer, 1).front().bytes == "m");
}

TEST_CASE("at QoS 0 all that there will ever be to know is known when a message has gone out") {
  const Server server(settings(0));
  const auto link = server.producer();
  link->submit({1, "m", "k"}, soon());
  REQUIRE(link->answer_waiting(soon()) == Waiting::answer);
  CHECK(outcomes(link->take_answers()) == std::vector{SendOutcome::unconfirmed});
}

TEST_CASE("open sends to a server that is killed are indeterminate, and the next goes to its successor") {
  Server server;
  const auto link = server.producer();
  link->submit({1, "m1", "k"}, soon());
  REQUIRE(answers(*link, 1).size() == 1);
  server.stop_running();
  link->submit({2, "m2", "k"}, shortly());
  link->submit({3, "m3", "k"}, shortly());
  CHECK(link->answer_waiting(shortly()) == Waiting::nothing);
  server.kill();
  CHECK(link->answer_waiting(soon()) == Waiting::lost);
  CHECK(tickets(link->take_answers(), SendOutcome::indeterminate) == std::vector<std::int64_t>{2, 3});
  server.start();
  link->submit({4, "m4", "k"}, soon());
  CHECK(tickets(answers(*link, 1), SendOutcome::ok) == std::vector<std::int64_t>{4});
}

TEST_CASE("where nobody listens a send has failed for certain") {
  Server server;
  server.kill();
  const auto link = server.producer();
  link->submit({1, "m", "k"}, shortly());
  const auto answered = link->take_answers();
  REQUIRE(answered.size() == 1);
  CHECK(answered.front().outcome == SendOutcome::fail);
  CHECK(answered.front().error == "not sent: Connection refused");
}

TEST_CASE("what is given up is neither answered nor sent later") {
  Server server;
  const auto consumer = server.consumer();
  const auto link = server.producer();
  link->submit({1, "before", "k"}, soon());
  REQUIRE(answers(*link, 1).size() == 1);
  server.stop_running();
  for (std::int64_t ticket = 2; ticket < 100; ++ticket) link->submit({ticket, "given up", "k"}, shortly());
  link->abandon();  // 20 have left, the rest is in the library
  server.go_on();
  link->submit({100, "next", "k"}, soon());
  CHECK(tickets(answers(*link, 1), SendOutcome::ok) == std::vector<std::int64_t>{100});
  const auto lines = told(*consumer, Then::acknowledge);
  CHECK(std::count(lines.begin(), lines.end(), "given up") <= 20);
  CHECK(lines.back() == "next");
}

TEST_CASE("a body of 1 MiB, and one of no bytes, arrive as they are") {
  const Server server;
  const auto consumer = server.consumer();
  const std::string large(1 << 20, '\xfe');
  send(server, {large, ""});
  const auto first = receive(*consumer, 1).front();
  CHECK(first.bytes == large);
  CHECK(consumer->ack(first, soon()) == AckOutcome::unconfirmed);
  CHECK(receive(*consumer, 1).front().bytes.empty());
}

TEST_CASE("a server that takes nobody is told as a fault of the environment, and nothing was sent") {
  const TemporaryDirectory directory;
  const auto address = free_address();
  std::ofstream(directory / "f.conf") << "listener " << address.substr(address.find(':') + 1) << " 127.0.0.1\nallow_anonymous false\n" << std::flush;
  const auto server = ChildProcess::spawn({.argv = {"/usr/sbin/mosquitto", "-c", (directory / "f.conf").string()},
                                           .environment = {},
                                           .directory = {},
                                           .output = directory / "log"});
  std::vector<Notice> notices;
  const auto link = producer_link({.address = address,
                                   .channel = "ch",
                                   .group = "g",
                                   .incarnation = "p-0#1",
                                   .settings = "{}",
                                   .notice = [&](const Notice& notice) { notices.push_back(notice); }});
  std::string error = "not sent: Connection refused";  // until it listens
  for (const auto deadline = soon(); error == "not sent: Connection refused" && !deadline.passed();) {
    link->submit({1, "m", "k"}, soon());
    for (const auto& answer : link->take_answers()) {
      CHECK(answer.outcome == SendOutcome::fail);
      error = answer.error;
    }
  }
  CHECK(error == "not sent: Connection Refused: not authorised");
  REQUIRE(notices.size() == 1);
  CHECK(notices.front().level == "error");
}
