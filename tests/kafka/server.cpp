#include "tests/kafka/server.hpp"

#include <utility>

#include <doctest/doctest.h>

assay::Deadline assay::soon() { return Deadline::in(std::chrono::milliseconds(30'000)); }

namespace assay::kafka {

Server::Server() : TestServer("kafka") { start(); }

Server& Server::shared() {
  static Server server;
  return server;
}

void Server::start() {
  serve("{}");
  const auto probed = AdapterProgram{"kafka", std::chrono::seconds(70)}.run({"probe", address(), std::to_string(pid())},
                                                                           {{"ASSAY_PROBE_TIMEOUT_MS", "60000"}});
  if (probed.timed_out || probed.end.value != 0) not_started(probed.errors);
}

Channel::Channel(std::string settings) : settings_(std::move(settings)) {
  static int channels = 0;
  name_ = "ch" + std::to_string(++channels);
}

LinkSetup Channel::setup(const std::string& incarnation, std::int64_t prefetch) const {
  return {.address = Server::shared().address(),
          .channel = name_,
          .group = "g",
          .incarnation = incarnation,
          .prefetch = prefetch,
          .settings = settings_,
          .notice = [](const Notice& notice) { CHECK_MESSAGE(notice.level != "error", notice.line); }};
}

std::unique_ptr<ConsumerLink> Channel::consumer(const std::string& incarnation, std::int64_t prefetch) const {
  auto link = consumer_link(setup(incarnation, prefetch));
  CHECK(link->open(soon()).session == incarnation + "/1");
  return link;
}

std::vector<std::string> Channel::send(const std::vector<std::string>& bodies) const {
  std::vector<std::string> copies;
  for (const auto& answer : send_each(*producer(), bodies)) copies.push_back(answer.copy);
  return copies;
}

std::int64_t Channel::owed() const {
  const auto backlog = auditor()->backlog(soon());
  return backlog.ready + backlog.leased + backlog.delayed + backlog.prepared;
}

std::vector<std::string> Channel::stored() const {
  std::vector<std::string> found;
  auditor()->scan([&](const StoredCopy& copy) { found.push_back(copy.bytes); }, soon());
  return found;
}

}  // namespace assay::kafka
