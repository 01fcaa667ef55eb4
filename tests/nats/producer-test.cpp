#include <doctest/doctest.h>

#include "tests/nats/server.hpp"

using namespace assay;
using namespace assay::nats;

namespace {

std::int64_t stored(const Server& server) { return server.tell("$JS.API.STREAM.INFO.ch").at("state").at("messages"); }

const std::string binary("a\0b\r\n\xff%s\r\n", 10);

}  // namespace

TEST_CASE("every send is answered with the name of its copy, byte for byte") {
  Server server;
  const Lines bodies{binary, "", "PUB ch 1\r\nx\r\n", std::string(1 << 20, 'x')};
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  for (std::size_t i = 0; i < bodies.size(); ++i)
    link->submit({.ticket = static_cast<std::int64_t>(i), .bytes = bodies[i], .key = "k"}, soon());
  const auto all = answers(*link, 4);
  REQUIRE(tickets(all) == std::vector<std::int64_t>{0, 1, 2, 3});
  REQUIRE(outcomes(all) == std::vector(4, SendOutcome::ok));
  CHECK(link->answer_waiting(shortly()) == Waiting::nothing);

  const auto receiver = consumer(server, "c#1", 4);
  const auto deliveries = receive(*receiver, 4);
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    CHECK(deliveries[i].bytes == bodies[i]);
    CHECK(deliveries[i].copy == all[i].copy);
  }
}

TEST_CASE("an answer that waits unread survives the death of its server") {
  Server server;
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  link->submit({.ticket = 1, .bytes = "body", .key = "k"}, soon());
  REQUIRE(link->answer_waiting(soon()) == Waiting::answer);
  server.kill();
  SUBCASE("taken at once") { CHECK(outcomes(link->take_answers()) == std::vector{SendOutcome::ok}); }
  SUBCASE("taken after a send into the dead connection") {
    link->submit({.ticket = 2, .bytes = "body", .key = "k"}, shortly());
    const auto all = answers(*link, 2);
    CHECK(tickets(all) == std::vector<std::int64_t>{1, 2});
    CHECK(outcomes(all) == std::vector{SendOutcome::ok, SendOutcome::fail});  // nobody listened: no byte was written
  }
}

TEST_CASE("an answer that is still in the socket when the server dies is taken") {
  Server server;
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  link->submit({.ticket = 1, .bytes = "first", .key = "k"}, soon());
  REQUIRE(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});
  link->submit({.ticket = 2, .bytes = "second", .key = "k"}, soon());
  for (const auto deadline = soon(); stored(server) < 2 && !deadline.passed();) {}
  server.kill();
  CHECK(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});
}

TEST_CASE("the open tickets of a killed server are indeterminate, and the next send goes to its successor") {
  Server server;
  std::vector<Notice> notices;
  const auto link = producer_link(setup_for(server, "producer-0#1", &notices));
  link->submit({.ticket = 1, .bytes = "first", .key = "k"}, soon());
  REQUIRE(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});

  server.stop_running();
  for (std::int64_t ticket = 2; ticket <= 12; ++ticket) link->submit({.ticket = ticket, .bytes = "open", .key = "k"}, soon());
  CHECK(link->answer_waiting(shortly()) == Waiting::nothing);
  server.kill();
  REQUIRE(link->answer_waiting(soon()) == Waiting::lost);
  const auto lost = link->take_answers();
  CHECK(tickets(lost) == std::vector<std::int64_t>{2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  CHECK(outcomes(lost) == std::vector(11, SendOutcome::indeterminate));
  CHECK(lost[0].error.starts_with("connection lost: "));
  CHECK(link->take_answers().empty());

  server.start();
  link->submit({.ticket = 13, .bytes = "next", .key = "k"}, soon());
  CHECK(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});
  CHECK(stored(server) == 2);
  for (const auto& notice : notices) FAIL_CHECK(notice.line);
}

TEST_CASE("what was given up never reaches a server that goes on") {
  Server server;
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  link->submit({.ticket = 1, .bytes = "first", .key = "k"}, soon());
  REQUIRE(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});
  server.stop_running();
  const std::string large(1 << 20, 'x');  // more than sockets hold
  for (std::int64_t ticket = 2; ticket < 12; ++ticket) link->submit({.ticket = ticket, .bytes = large, .key = "k"}, shortly());
  link->abandon();
  CHECK(link->take_answers().empty());
  server.go_on();
  link->submit({.ticket = 20, .bytes = "next", .key = "k"}, soon());
  const auto next = answers(*link, 1);
  CHECK(tickets(next) == std::vector<std::int64_t>{20});
  CHECK(outcomes(next) == std::vector{SendOutcome::ok});
  CHECK(stored(server) < 12);
}

TEST_CASE("nobody listening is a definite failure") {
  Server server;
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  server.kill();
  link->submit({.ticket = 1, .bytes = "body", .key = "k"}, shortly());
  const auto all = answers(*link, 1);
  REQUIRE(outcomes(all) == std::vector{SendOutcome::fail});
  CHECK(all[0].error.starts_with("not sent: "));
}

TEST_CASE("a message with an id that the stream has had is not stored again, and the answer says so") {
  Server server;
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  for (std::int64_t ticket = 1; ticket <= 2; ++ticket)
    link->submit({.ticket = ticket, .bytes = "attempt " + std::to_string(ticket), .key = "k", .dedup_id = "m1"}, soon());
  const auto all = answers(*link, 2);
  REQUIRE(outcomes(all) == std::vector(2, SendOutcome::ok));
  CHECK_FALSE(all[0].duplicate);
  CHECK(all[1].duplicate);
  CHECK(all[1].copy == "");  // the copy has the bytes of the first
  CHECK(stored(server) == 1);
}

TEST_CASE("without msg_id ids stay at home") {
  Server server(R"({"msg_id": false})");
  const auto link = producer_link(setup_for(server, "producer-0#1"));
  for (std::int64_t ticket = 1; ticket <= 2; ++ticket) link->submit({.ticket = ticket, .bytes = "m", .key = "k", .dedup_id = "m1"}, soon());
  CHECK(outcomes(answers(*link, 2)) == std::vector(2, SendOutcome::ok));
  CHECK(stored(server) == 2);
}

TEST_CASE("a message that a full stream refuses is a definite failure, and the next answer is the next one's") {
  Server server(R"({"max_msgs": 1, "discard": "new", "retention": "workqueue"})");
  std::vector<Notice> notices;
  const auto receiver = consumer(server);
  const auto link = producer_link(setup_for(server, "producer-0#1", &notices));
  link->submit({.ticket = 1, .bytes = "m1", .key = "k"}, soon());
  link->submit({.ticket = 2, .bytes = "m2", .key = "k"}, soon());
  const auto all = answers(*link, 2);
  CHECK(outcomes(all) == std::vector{SendOutcome::ok, SendOutcome::fail});
  CHECK(all[1].error == "maximum messages exceeded");
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].level == "warn");
  CHECK(stored(server) == 1);
  const auto first = receive(*receiver, 1);
  REQUIRE(receiver->ack(first[0], soon()) == AckOutcome::confirmed);
  link->submit({.ticket = 3, .bytes = "m3", .key = "k"}, soon());
  CHECK(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});
}

TEST_CASE("a message to a stream that is gone is a definite failure, and the stream is created again and told") {
  Server server;
  std::vector<Notice> notices;
  const auto link = producer_link(setup_for(server, "producer-0#1", &notices));
  link->submit({.ticket = 1, .bytes = "m1", .key = "k"}, soon());
  REQUIRE(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});
  server.tell("$JS.API.STREAM.DELETE.ch");
  link->submit({.ticket = 2, .bytes = "m2", .key = "k"}, soon());
  const auto all = answers(*link, 1);
  CHECK(outcomes(all) == std::vector{SendOutcome::fail});
  CHECK(all[0].error == "no responders");
  link->submit({.ticket = 3, .bytes = "m3", .key = "k"}, soon());
  CHECK(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});
  REQUIRE(notices.size() == 2);
  CHECK(notices[1].line == "stream ch vanished and was created again");
}
