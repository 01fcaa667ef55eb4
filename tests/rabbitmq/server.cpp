#include "tests/rabbitmq/server.hpp"

#include <utility>

#include <doctest/doctest.h>
#include <poll.h>

assay::Deadline assay::soon() { return Deadline::in(std::chrono::seconds(20)); }

namespace assay::rabbitmq {

Server::Server(std::string settings) : TestServer("rabbitmq"), settings_(std::move(settings)) { start(); }

void Server::start() {
  serve(settings_);
  Connection connection(address(), {});
  if (!connection.connect(Deadline::in(std::chrono::seconds(60)))) not_started(connection.why());
}

Server& shared_server() {
  static Server server;
  return server;
}

Channel::Channel(const Server& server, std::string settings) : address_(server.address()), settings_(std::move(settings)) {
  static int channels = 0;
  name_ = "ch" + std::to_string(++channels);
}

LinkSetup Channel::setup(const std::string& incarnation, std::int64_t prefetch, std::vector<Notice>* notices) const {
  return {.address = address_,
          .channel = name_,
          .group = "g",
          .incarnation = incarnation,
          .prefetch = prefetch,
          .settings = settings_,
          .notice = into(notices)};
}

std::unique_ptr<ConsumerLink> Channel::consumer(const std::string& incarnation, std::int64_t prefetch) const {
  auto link = consumer_link(setup(incarnation, prefetch));
  CHECK(link->open(soon()).session == incarnation + "/1");
  return link;
}

std::vector<SendAnswer> Channel::send(const std::vector<std::string>& bodies) const { return send_each(*producer(), bodies); }

std::int64_t Channel::ready(std::int64_t expected) const {
  const auto link = auditor();
  std::int64_t found = -1;
  for (const auto deadline = soon(); found != expected && !deadline.passed(); ::poll(nullptr, 0, 1)) found = link->backlog(soon()).ready;
  return found;
}

bool hears_nothing(ConsumerLink& link) {
  for (const auto deadline = soon(); !deadline.passed();) {
    const auto received = link.receive(shortly());
    if (received.delivery) return false;
    if (received.answered_empty) return true;
  }
  return false;
}

}  // namespace assay::rabbitmq
