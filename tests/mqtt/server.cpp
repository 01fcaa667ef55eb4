#include "tests/mqtt/server.hpp"

#include <filesystem>
#include <stdexcept>
#include <utility>

#include <doctest/doctest.h>
#include <poll.h>

#include "agents/systems/mqtt/connection.hpp"
#include "agents/systems/mqtt/links.hpp"

assay::Deadline assay::soon() { return Deadline::in(std::chrono::seconds(10)); }

namespace assay::mqtt {

Server::Server(std::string settings) : TestServer("mqtt"), settings_(std::move(settings)) { start(); }

void Server::start() {
  serve(settings_);
  for (const auto deadline = soon(); !deadline.passed(); ::poll(nullptr, 0, 2))
    if (Connection(address(), {.client = "starter"}, {}).connect(Deadline::in(std::chrono::milliseconds(500)))) return;
  not_started("no answer");
}

void Server::save() {
  const auto file = directory() / "data/mosquitto.db";
  std::filesystem::remove(file);
  signal(SIGUSR1);
  for (const auto deadline = soon(); !deadline.passed(); ::poll(nullptr, 0, 2))
    if (std::filesystem::exists(file)) return;
  throw std::runtime_error("mosquitto did not save");
}

std::string Server::configuration() const { return contents(directory() / "mosquitto.conf"); }

LinkSetup Server::setup(const std::string& incarnation, std::int64_t prefetch) const {
  return {.address = address(),
          .channel = "ch",
          .group = "g",
          .incarnation = incarnation,
          .prefetch = prefetch,
          .settings = settings_,
          .notice = [notices = notices_](const Notice& notice) { notices->push_back(notice); }};
}

std::unique_ptr<ProducerLink> Server::producer(const std::string& incarnation) const { return producer_link(setup(incarnation)); }

std::unique_ptr<ConsumerLink> Server::consumer(const std::string& incarnation, std::int64_t prefetch) const {
  auto link = consumer_link(setup(incarnation, prefetch));
  link->open(soon());
  return link;
}

std::vector<SendAnswer> send(const Server& server, const std::vector<std::string>& bodies, SendOutcome outcome) {
  return send_each(*server.producer(), bodies, outcome);
}

std::vector<std::string> told(ConsumerLink& link, Then then) {
  std::vector<std::string> lines;
  // Done when the server was asked and had nothing, or who holds a message asks no more.
  for (const auto deadline = soon(); !deadline.passed();) {
    const auto received = link.receive(shortly());
    if (received.opened) lines.push_back("session " + received.opened->session);
    if (received.delivery) lines.push_back(received.delivery->bytes);
    if (received.delivery && then == Then::acknowledge) CHECK(link.ack(*received.delivery, soon()) == AckOutcome::unconfirmed);
    if (!received.opened && !received.delivery && (received.answered_empty || !received.unanswered)) return lines;
  }
  FAIL("the server never answered that nothing was there");
  return lines;
}

}  // namespace assay::mqtt
