#include <doctest/doctest.h>

#include "tests/nats/server.hpp"

using namespace assay;
using namespace assay::nats;

namespace {

Lines scanned(AuditLink& audit) {
  Lines lines;
  audit.scan([&](const StoredCopy& copy) { lines.push_back(copy.copy + " " + copy.bytes); }, soon());
  return lines;
}

}  // namespace

TEST_CASE("the backlog follows a message from sent to acknowledged, over a restart as well") {
  Server server(R"({"ack_wait_ms": 60000})");
  const auto audit = audit_link(setup_for(server, "auditor#1"));
  CHECK(counts(*audit) == Counts{0, 0, 0, 0});  // there is nothing yet
  send(server, {"m1", "m2", "m3"});
  CHECK(counts(*audit) == Counts{3, 0, 0, 0});  // owed to a group that is not there yet
  const auto link = consumer(server, "c#1", 2);
  const auto held = receive(*link, 2);
  CHECK(counts(*audit) == Counts{1, 2, 0, 0});
  REQUIRE(link->ack(held[0], soon()) == AckOutcome::confirmed);
  CHECK(counts(*audit) == Counts{1, 1, 0, 0});
  server.restart();
  const auto after = counts(*audit);
  const auto owed = after[0] + after[1];
  CHECK((owed == 2 || owed == 3));  // the ack may be forgotten, and no more than that
}

TEST_CASE("all that a stream keeps is listed, acknowledged or not, by the names that the answers gave") {
  Server server;
  const std::string binary("a\0b\r\n\xff", 6);
  const auto sent = send(server, {"m1", binary, ""});
  const auto link = consumer(server);
  REQUIRE(link->ack(receive(*link, 1)[0], soon()) == AckOutcome::confirmed);
  CHECK(scanned(*audit_link(setup_for(server, "auditor#1"))) ==
        Lines{sent[0].copy + " m1", sent[1].copy + " " + binary, sent[2].copy + " "});
}

TEST_CASE("a work queue lists what is not acknowledged") {
  Server server(R"({"retention": "workqueue"})");
  const auto link = consumer(server);
  const auto sent = send(server, {"m1", "m2"});
  REQUIRE(link->ack(receive(*link, 1)[0], soon()) == AckOutcome::confirmed);
  CHECK(scanned(*audit_link(setup_for(server, "auditor#1"))) == Lines{sent[1].copy + " m2"});
}
