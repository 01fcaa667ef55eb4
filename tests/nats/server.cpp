#include "tests/nats/server.hpp"

#include <utility>

#include <doctest/doctest.h>

#include "agents/systems/nats/stream.hpp"

assay::Deadline assay::soon() { return Deadline::in(std::chrono::milliseconds(10'000)); }

namespace assay::nats {

Server::Server(std::string settings) : TestServer("nats"), settings_(std::move(settings)) { start(); }

void Server::start() {
  serve(settings_);
  Connection connection(address());
  if (!connection.connect(soon())) not_started(connection.why());
}

nlohmann::json Server::tell(const std::string& subject, const nlohmann::json& request) const {
  Connection connection(address());
  return answer_in(connection.insist(subject, request.dump(), soon()), subject);
}

LinkSetup setup_for(const Server& server, const std::string& incarnation, std::vector<Notice>* notices, std::int64_t prefetch) {
  return {.address = server.address(),
          .channel = "ch",
          .group = "g",
          .incarnation = incarnation,
          .prefetch = prefetch,
          .settings = server.settings(),
          .notice = into(notices)};
}

std::unique_ptr<ConsumerLink> consumer(const Server& server, const std::string& incarnation, std::int64_t prefetch,
                                       std::vector<Notice>* notices) {
  auto link = consumer_link(setup_for(server, incarnation, notices, prefetch));
  link->open(soon());
  return link;
}

std::vector<SendAnswer> send(const Server& server, const std::vector<std::string>& bodies) {
  const auto link = producer_link(setup_for(server, "p#1"));
  std::int64_t ticket = 0;
  for (const auto& body : bodies) link->submit({.ticket = ++ticket, .bytes = body, .key = "k"}, soon());
  auto all = answers(*link, bodies.size());
  REQUIRE(all.size() == bodies.size());
  for (const auto& answer : all) REQUIRE((answer.outcome == SendOutcome::ok || answer.outcome == SendOutcome::unconfirmed));
  return all;
}

std::vector<std::string> told(ConsumerLink& link) {
  std::vector<std::string> lines;
  while (true) {
    const auto received = link.receive(Deadline::in(std::chrono::milliseconds(200)));
    if (received.opened) lines.push_back("session " + received.opened->session);
    if (received.delivery) {
      const auto& delivery = *received.delivery;
      lines.push_back(delivery.bytes + (delivery.count ? " " + std::to_string(*delivery.count) : "") +
                      (delivery.redelivered.value_or(false) ? " again" : ""));
    }
    if (!received.opened && !received.delivery) return lines;
  }
}

std::vector<std::string> told(ConsumerLink& link, std::size_t lines) {
  std::vector<std::string> all;
  for (const auto deadline = soon(); all.size() < lines && !deadline.passed();) {
    const auto received = link.receive(Deadline::in(std::chrono::milliseconds(20)));
    if (received.opened) all.push_back("session " + received.opened->session);
    if (received.delivery) all.push_back(received.delivery->bytes);
  }
  return all;
}

}  // namespace assay::nats
