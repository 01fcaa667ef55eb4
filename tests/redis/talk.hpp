// What a test says to links and hears from them.
#pragma once

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "agents/systems/redis/links.hpp"
#include "tests/redis/server.hpp"

namespace assay::redis {

using Lines = std::vector<std::string>;

// What a consumer is told until it is told nothing: sessions and deliveries,
// "session c#1/2", "m1 1", "m2 3 again"; a delivery that nobody counts: "m1".
inline Lines told(ConsumerLink& link, std::size_t deliveries = 100) {
  Lines lines;
  while (deliveries > 0) {
    const auto received = link.receive(Deadline::in(std::chrono::milliseconds(200)));
    if (received.opened) lines.push_back("session " + received.opened->session);
    if (received.delivery) {
      const auto& delivery = *received.delivery;
      lines.push_back(delivery.bytes + (delivery.count ? " " + std::to_string(*delivery.count) : "") +
                      (delivery.redelivered.value_or(false) ? " again" : ""));
      --deliveries;
    }
    if (!received.opened && !received.delivery) break;
  }
  return lines;
}

// Sends them and gives the names of their copies; each must be answered ok.
inline Lines send(ProducerLink& link, const Lines& bodies) {
  std::int64_t ticket = 0;
  for (const auto& body : bodies) link.submit({.ticket = ++ticket, .bytes = body, .key = "k"}, soon());
  Lines copies;
  for (const auto& answer : answers(link, bodies.size())) {
    CHECK(answer.outcome == SendOutcome::ok);
    copies.push_back(answer.copy);
  }
  REQUIRE(copies.size() == bodies.size());
  return copies;
}

// "COPY BYTES" each.
inline Lines scanned(AuditLink& audit) {
  Lines lines;
  audit.scan([&](const StoredCopy& copy) { lines.push_back(copy.copy + " " + copy.bytes); }, soon());
  return lines;
}

// Ends every connection to the server but the one that asks for it.
inline void break_connections(Server& server) {
  server.command({"CLIENT", "KILL", "TYPE", "normal"});
  server.command({"CLIENT", "KILL", "TYPE", "pubsub"});
}

}  // namespace assay::redis
