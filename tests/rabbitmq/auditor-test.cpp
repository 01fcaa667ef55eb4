#include <algorithm>
#include <map>

#include <doctest/doctest.h>

#include "agents/systems/rabbitmq/queues.hpp"
#include "tests/rabbitmq/server.hpp"

using namespace assay;
using namespace assay::rabbitmq;

namespace {

std::vector<std::string> dead_letters(const Channel& channel, std::size_t expected) {
  const auto link = channel.auditor();
  std::vector<std::string> found;
  for (const auto deadline = soon(); found.size() != expected && !deadline.passed();) {
    found.clear();
    link->scan_dead_letters([&](const StoredCopy& copy) { found.push_back(copy.bytes); }, soon());
  }
  return found;
}

using Bodies = std::vector<std::string>;
using Reasons = std::map<std::string, std::string>;

// Of each dead letter why it is one, once there are so many.
Reasons reasons(const Channel& channel, std::size_t expected) {
  Reasons found;
  for (const auto deadline = soon(); found.size() < expected && !deadline.passed();)
    channel.auditor()->scan_dead_letters([&](const StoredCopy& letter) { found[letter.bytes] = letter.reason; }, soon());
  return found;
}

}  // namespace

TEST_CASE("the backlog counts what is ready, and not what somebody holds") {
  const Channel channel(shared_server());
  CHECK(channel.ready(0) == 0);
  channel.send({"m1", "m2", "m3"});
  CHECK(channel.ready(3) == 3);
  const auto link = channel.consumer();
  receive(*link, 1);
  CHECK(channel.ready(2) == 2);
}

TEST_CASE("dead letters are found as often as one looks") {
  for (const auto* type : {"classic", "quorum"}) {
    CAPTURE(type);
    const Channel channel(shared_server(), std::string(R"({"dead_letter": "at-most-once", "max_length": 2, "queue_type": ")") + type + "\"}");
    channel.send({"m1", "m2", "m3", "m4"});
    CHECK(dead_letters(channel, 2) == Bodies{"m1", "m2"});
    CHECK(dead_letters(channel, 2) == Bodies{"m1", "m2"});
    std::vector<std::string> copies;
    channel.auditor()->scan_dead_letters([&](const StoredCopy& copy) { copies.push_back(copy.copy); }, soon());
    const auto queue = channel.name() + ".dead";
    CHECK(copies == Bodies{copy_name(queue, "m1"), copy_name(queue, "m2")});
  }
}

TEST_CASE("dead letters at most once: what finds no room is gone") {
  const Channel channel(shared_server(), R"({"dead_letter": "at-most-once", "dead_letter_max_length": 1, "message_ttl_ms": 1})");
  channel.send({"m1", "m2", "m3", "m4", "m5"});
  CHECK(channel.ready(0) == 0);
  CHECK(dead_letters(channel, 1).size() == 1);
}

TEST_CASE("a dead letter says why it is one") {
  for (const std::string type : {"classic", "quorum"}) {
    CAPTURE(type);
    const auto with = [&](const std::string& more) { return R"({"dead_letter": "at-most-once", "queue_type": ")" + type + "\"" + more + "}"; };
    const Channel full(shared_server(), with(R"(, "max_length": 1)"));
    full.send({"m1", "m2"});
    CHECK(reasons(full, 1) == Reasons{{"m1", "overflow"}});
    const Channel old(shared_server(), with(R"(, "message_ttl_ms": 1)"));
    old.send({"m1"});
    CHECK(reasons(old, 1) == Reasons{{"m1", "expired"}});
    const Channel refused(shared_server(), with(""));
    refused.send({"m1", "m2"});
    const auto link = refused.consumer();
    link->give_back(receive(*link, 1)[0], GivingBack::reject, soon());
    CHECK(reasons(refused, 1) == Reasons{{"m1", "rejected"}});
  }
}

TEST_CASE("what comes back more often than its limit is a dead letter, and was given once more than that") {
  const Channel channel(shared_server(), R"({"queue_type": "quorum", "delivery_limit": 2, "dead_letter": "at-most-once"})");
  channel.send({"m1"});
  const auto link = channel.consumer();
  for (std::int64_t count = 1; count <= 3; ++count) {
    const auto delivery = receive(*link, 1)[0];
    CHECK(delivery.count == count);
    CHECK(link->give_back(delivery, GivingBack::nack, soon()) == AckOutcome::unconfirmed);
  }
  CHECK(hears_nothing(*link));
  CHECK(reasons(channel, 1) == Reasons{{"m1", "limit"}});
}

TEST_CASE("dead letters at least once: what finds no queue comes when there is one") {
  Server server(R"({"queue_type": "quorum", "dead_letter": "at-least-once", "overflow": "reject-publish", "dead_letter_retry_ms": 500})");
  const Channel channel(server, R"({"queue_type": "quorum", "dead_letter": "at-least-once", "dead_letter_target": "missing",
                                    "overflow": "reject-publish", "message_ttl_ms": 1, "dead_letter_retry_ms": 500})");
  channel.send({"m1", "m2", "m3"});
  CHECK(channel.ready(0) == 0);
  const auto queue = channel.name() + ".dead";
  Connection taker(server.address(), {.introduction = [&](amqp_connection_state_t state) {
                     amqp_queue_declare(state, the_channel, bytes_of(queue), 0, 1, 0, 0, amqp_empty_table);
                     return amqp_get_rpc_reply(state);
                   }});
  REQUIRE(taker.connect(soon()));
  std::vector<std::string> found;
  for (const auto deadline = soon(); found.size() < 3 && !deadline.passed();) {
    REQUIRE(taker.get(queue, soon()));
    const auto incoming = taker.next(soon());
    REQUIRE(incoming);
    if (const auto* letter = std::get_if<Pushed>(&*incoming)) {
      found.push_back(letter->bytes);
      taker.acknowledge(letter->tag, soon());
    }
  }
  std::sort(found.begin(), found.end());
  CHECK(found == Bodies{"m1", "m2", "m3"});
}
