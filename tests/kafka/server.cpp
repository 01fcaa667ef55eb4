#include "tests/kafka/server.hpp"

#include <stdexcept>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include "agents/os/descriptor.hpp"

namespace assay::kafka {

int free_port() {
  const Descriptor probe(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof name;
  auto* address = reinterpret_cast<sockaddr*>(&name);
  if (::bind(probe.get(), address, size) != 0 || ::getsockname(probe.get(), address, &size) != 0)
    throw std::system_error(errno, std::generic_category(), "find a free port");
  return ntohs(name.sin_port);
}

Server::Server() : address_("127.0.0.1:" + std::to_string(free_port())) { start(); }

Server::~Server() {
  if (!process_->end()) process_->signal(SIGKILL);
  process_->wait_ended(soon());
}

Server& Server::shared() {
  static Server server;
  return server;
}

void Server::start() {
  const auto log = directory_ / "server.log", adapter = std::filesystem::path(ASSAY_BIN_DIR "/assay-kafka");
  process_ = ChildProcess::spawn({.argv = {adapter.string(), "serve", directory_.path().string(), address_},
                                  .environment = {},
                                  .directory = {},
                                  .output = log});
  const auto probed = run_to_end({.argv = {adapter.string(), "probe", address_, std::to_string(process_->pid())},
                                  .environment = {{"ASSAY_PROBE_TIMEOUT_MS", "60000"}},
                                  .directory = {},
                                  .output = {}},
                                 Deadline::in(std::chrono::seconds(70)));
  if (probed.timed_out || probed.end.value != 0) throw std::runtime_error("start Kafka: " + probed.errors + last_lines(log, 5));
}

void Server::kill() {
  process_->signal(SIGKILL);
  if (!process_->wait_ended(soon())) throw std::runtime_error("Kafka outlived SIGKILL");
}

void Server::stop_running() {
  process_->signal(SIGSTOP);
  for (const auto deadline = soon(); !deadline.passed(); ::poll(nullptr, 0, 1))
    if (const auto change = process_->poll(); change && change->kind == Change::Kind::stopped) return;
  throw std::runtime_error("Kafka did not stop");
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
  const auto link = producer();
  std::vector<std::string> copies;
  for (const auto& body : bodies) {
    link->submit({1, body, "key"}, soon());
    const auto all = answers(*link, 1);
    REQUIRE(outcomes(all) == std::vector{SendOutcome::ok});
    copies.push_back(all.front().copy);
  }
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

std::vector<SendAnswer> answers(ProducerLink& link, std::size_t count) {
  std::vector<SendAnswer> all;
  const auto take = [&] {
    for (auto& answer : link.take_answers()) all.push_back(answer);
  };
  for (take(); all.size() < count && link.answer_waiting(soon()) != Waiting::nothing;) take();
  return all;
}

std::vector<SendOutcome> outcomes(const std::vector<SendAnswer>& all) {
  std::vector<SendOutcome> found;
  for (const auto& answer : all) found.push_back(answer.outcome);
  return found;
}

std::vector<Delivery> receive(ConsumerLink& link, std::size_t count) {
  std::vector<Delivery> all;
  const auto deadline = soon();
  while (all.size() < count && !deadline.passed())
    if (auto received = link.receive(Deadline::in(std::chrono::milliseconds(20))); received.delivery) all.push_back(*received.delivery);
  REQUIRE(all.size() == count);
  return all;
}

std::vector<std::string> bytes_of(const std::vector<Delivery>& deliveries) {
  std::vector<std::string> bytes;
  for (const auto& delivery : deliveries) bytes.push_back(delivery.bytes);
  return bytes;
}

}  // namespace assay::kafka
