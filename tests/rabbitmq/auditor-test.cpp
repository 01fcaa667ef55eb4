#include <algorithm>

#include <doctest/doctest.h>

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
    const auto sent = channel.send({"m1", "m2", "m3", "m4"});
    CHECK(dead_letters(channel, 2) == Bodies{"m1", "m2"});
    CHECK(dead_letters(channel, 2) == Bodies{"m1", "m2"});
    std::vector<std::string> copies;
    channel.auditor()->scan_dead_letters([&](const StoredCopy& copy) { copies.push_back(copy.copy); }, soon());
    CHECK(copies == Bodies{sent[0].copy, sent[1].copy});
  }
}

TEST_CASE("dead letters at most once: what finds no room is gone") {
  const Channel channel(shared_server(), R"({"dead_letter": "at-most-once", "dead_letter_max_length": 1, "message_ttl_ms": 1})");
  channel.send({"m1", "m2", "m3", "m4", "m5"});
  CHECK(channel.ready(0) == 0);
  CHECK(dead_letters(channel, 1).size() == 1);
}

TEST_CASE("dead letters at least once: what finds no room comes when there is some") {
  Server server(R"({"queue_type": "quorum", "dead_letter": "at-least-once", "overflow": "reject-publish", "dead_letter_retry_ms": 500})");
  const Channel channel(server, R"({"queue_type": "quorum", "dead_letter": "at-least-once", "overflow": "reject-publish",
                                    "message_ttl_ms": 1, "dead_letter_retry_ms": 500, "dead_letter_max_length": 1})");
  channel.send({"m1", "m2", "m3"});
  CHECK(channel.ready(0) == 0);
  std::vector<std::string> found;
  Connection taker(server.address(), {});
  REQUIRE(taker.connect(soon()));
  for (const auto deadline = soon(); found.size() < 3 && !deadline.passed();) {
    REQUIRE(taker.get(channel.name() + ".dead", soon()));
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
