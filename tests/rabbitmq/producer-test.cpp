#include <algorithm>

#include <doctest/doctest.h>

#include "agents/systems/rabbitmq/queues.hpp"
#include "tests/rabbitmq/server.hpp"

using namespace assay;
using namespace assay::rabbitmq;

namespace {

const std::string binary("a\0b\r\n\xff%s\r\n\xce", 11);

void delete_queue(const Server& server, const std::string& name) {
  Connection connection(server.address(), {.introduction = [&](amqp_connection_state_t state) {
                          amqp_queue_delete(state, the_channel, bytes_of(name), 0, 0);
                          return amqp_get_rpc_reply(state);
                        }});
  REQUIRE(connection.connect(soon()));
}

// Whether the queue of that name is to be had by the binding that settles it.
bool is_bound(const Channel& channel) {
  Connection connection(shared_server().address(), {.introduction = [&](amqp_connection_state_t state) {
                          amqp_basic_publish(state, the_channel, bytes_of("amq.direct"), bytes_of(channel.name()), 0, 0, nullptr, bytes_of("m"));
                          amqp_queue_declare(state, the_channel, bytes_of(channel.name()), 1, 0, 0, 0, amqp_empty_table);
                          return amqp_get_rpc_reply(state);  // what was published is in the queue by now
                        }});
  REQUIRE(connection.connect(soon()));
  return channel.auditor()->backlog(soon()).ready == 1;
}

}  // namespace

// What that is good for comes one time in twenty: a kill right after the
// declaration (docs/findings/rabbitmq.md).
TEST_CASE("whoever declares a durable queue binds it, so that its declaration is on disk") {
  for (const std::string settings : {"{}", R"({"queue_type": "quorum", "queue_age_ms": 0})", R"({"durable": false})", R"({"queue_settled": false})"}) {
    CAPTURE(settings);
    const Channel channel(shared_server(), settings);
    channel.consumer();
    CHECK(is_bound(channel) == (settings.find("false") == std::string::npos));
  }
}

TEST_CASE("every send is answered with the name of its copy, byte for byte") {
  for (const auto* type : {"classic", "quorum"}) {
    CAPTURE(type);
    const Channel channel(shared_server(), std::string(R"({"queue_type": ")") + type + "\"}");
    const std::vector<std::string> sent{binary, "", "AMQP", std::string(1 << 20, 'x')};
    const auto all = channel.send(sent);
    const auto taker = channel.consumer("c#1", 4);
    const auto deliveries = receive(*taker, 4);
    CHECK(bodies_of(deliveries) == sent);
    for (std::size_t i = 0; i < sent.size(); ++i) CHECK(deliveries[i].copy == all[i].copy);
  }
}

TEST_CASE("of many in flight each is answered once, though the server confirms several at a time") {
  const Channel channel(shared_server());
  const auto link = channel.producer();
  std::vector<std::int64_t> sent;
  for (std::int64_t ticket = 1; ticket <= 500; ++ticket) {
    link->submit({ticket, "body " + std::to_string(ticket), "k"}, soon());
    sent.push_back(ticket);
  }
  auto all = answers(*link, sent.size());
  std::sort(all.begin(), all.end(), [](const SendAnswer& a, const SendAnswer& b) { return a.ticket < b.ticket; });
  CHECK(tickets(all) == sent);
  CHECK(outcomes(all) == std::vector(sent.size(), SendOutcome::ok));
  CHECK(link->answer_waiting(shortly()) == Waiting::nothing);
  CHECK(channel.ready(500) == 500);
}

TEST_CASE("an answer that waits unread survives the death of its server, and open tickets are indeterminate") {
  Server server;
  const Channel channel(server);
  const auto link = channel.producer();
  link->submit({1, "first", "k"}, soon());
  REQUIRE(link->answer_waiting(soon()) == Waiting::answer);
  SUBCASE("the answer is taken after its death") {
    server.kill();
    CHECK(outcomes(link->take_answers()) == std::vector{SendOutcome::ok});
    SUBCASE("nobody took the connection of the next one: it has failed") {
      link->submit({2, "second", "k"}, shortly());
      const auto refused = answers(*link, 1);
      REQUIRE(outcomes(refused) == std::vector{SendOutcome::fail});
      CHECK(refused[0].error.starts_with("not sent: "));
    }
  }
  SUBCASE("what was sent while it stood still") {
    REQUIRE(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});
    server.stop_running();
    link->submit({2, "second", "k"}, soon());
    link->submit({3, "third", "k"}, soon());
    CHECK(link->answer_waiting(shortly()) == Waiting::nothing);
    server.restart();
    const auto lost = answers(*link, 2);
    CHECK(tickets(lost) == std::vector<std::int64_t>{2, 3});
    CHECK(outcomes(lost) == std::vector(2, SendOutcome::indeterminate));
    CHECK(lost[0].error.starts_with("connection lost: "));

    link->submit({4, "fourth", "k"}, soon());
    CHECK(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});
    CHECK(channel.ready(2) == 2);  // the first is kept, and nothing was sent twice
  }
}

TEST_CASE("what was given up is never answered, nor sent later") {
  Server server;
  const Channel channel(server);
  const auto link = channel.producer();
  link->submit({1, "first", "k"}, soon());
  REQUIRE(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});
  server.stop_running();
  link->submit({2, "given up", "k"}, soon());
  link->abandon();
  server.go_on();
  CHECK(link->take_answers().empty());
  link->submit({3, "third", "k"}, soon());
  CHECK(tickets(answers(*link, 1)) == std::vector<std::int64_t>{3});
}

TEST_CASE("a mandatory message that no queue takes is returned, which is definite") {
  for (const bool mandatory : {true, false}) {
    CAPTURE(mandatory);
    const Channel channel(shared_server(), mandatory ? R"({"mandatory": true})" : "{}");
    const auto link = channel.producer();
    link->submit({1, "stored", "k"}, soon());
    REQUIRE(outcomes(answers(*link, 1)) == std::vector{SendOutcome::ok});
    delete_queue(shared_server(), channel.name());
    link->submit({2, "into the void", "k"}, soon());
    const auto answer = answers(*link, 1);
    // Confirmed all the same where nobody asked to have it back.
    REQUIRE(outcomes(answer) == std::vector{mandatory ? SendOutcome::fail : SendOutcome::ok});
    if (mandatory) CHECK(answer[0].error == "returned: 312 NO_ROUTE");
  }
}

TEST_CASE("by basic.nack nobody can tell, and the next one is answered for itself") {
  const Channel channel(shared_server(), R"({"max_length": 1, "overflow": "reject-publish"})");
  const auto link = channel.producer();
  std::vector<SendAnswer> all;
  for (std::int64_t ticket = 1; ticket <= 4; ++ticket) {
    link->submit({ticket, "body " + std::to_string(ticket), "k"}, soon());
    for (const auto& answer : answers(*link, 1)) all.push_back(answer);
  }
  CHECK(tickets(all) == std::vector<std::int64_t>{1, 2, 3, 4});
  CHECK(all[0].outcome == SendOutcome::ok);
  CHECK(all[3].outcome == SendOutcome::indeterminate);
  CHECK(all[3].error == "basic.nack");
}

TEST_CASE("without confirms every send is gone out, and no more is known") {
  const Channel channel(shared_server(), R"({"confirms": false})");
  const auto link = channel.producer();
  link->submit({1, "first", "k"}, soon());
  link->submit({2, "second", "k"}, soon());
  CHECK(link->answer_waiting(shortly()) == Waiting::answer);
  CHECK(outcomes(link->take_answers()) == std::vector(2, SendOutcome::unconfirmed));
  CHECK(link->take_answers().empty());
  CHECK(channel.ready(2) == 2);
}

TEST_CASE("a queue that is there with other arguments ends the agent, with the server's words") {
  const Channel channel(shared_server());
  channel.send({"first"});
  auto setup = channel.setup("p#2");
  setup.settings = R"({"max_length": 7})";
  CHECK_THROWS_WITH_AS(producer_link(setup)->submit({1, "body", "k"}, soon()), doctest::Contains("inequivalent arg 'x-max-length'"),
                       std::runtime_error);
}
