#include "tests/mqtt/server.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include "agents/os/descriptor.hpp"
#include "agents/systems/mqtt/connection.hpp"
#include "agents/systems/mqtt/links.hpp"

namespace assay::mqtt {

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

Server::Server(std::string settings) : settings_(std::move(settings)), address_("127.0.0.1:" + std::to_string(free_port())) {
  std::ofstream(directory_ / "settings.json") << settings_ << std::flush;
  start();
}

void Server::start() {
  process_ = ChildProcess::spawn({.argv = {ASSAY_BIN_DIR "/assay-mqtt", "serve", directory_.path().string(), address_},
                                  .environment = {},
                                  .directory = {},
                                  .output = directory_ / "server.log"});
  for (const auto deadline = soon(); !deadline.passed(); ::poll(nullptr, 0, 2))
    if (Connection(address_, {.client = "starter"}, {}).connect(Deadline::in(std::chrono::milliseconds(500)))) return;
  throw std::runtime_error("start mosquitto: no answer\n" + last_lines(directory_ / "server.log", 5));
}

void Server::end_by(int signal) {
  process_->signal(signal);
  if (!process_->wait_ended(soon())) throw std::runtime_error("mosquitto outlived signal " + std::to_string(signal));
}

void Server::kill() { end_by(SIGKILL); }
void Server::end() { end_by(SIGTERM); }

void Server::save() {
  const auto file = directory_ / "data/mosquitto.db";
  std::filesystem::remove(file);
  process_->signal(SIGUSR1);
  for (const auto deadline = soon(); !deadline.passed(); ::poll(nullptr, 0, 2))
    if (std::filesystem::exists(file)) return;
  throw std::runtime_error("mosquitto did not save");
}

void Server::stand_still() {
  process_->signal(SIGSTOP);
  for (const auto deadline = soon(); !deadline.passed(); ::poll(nullptr, 0, 1))
    if (const auto change = process_->poll(); change && change->kind == Change::Kind::stopped) return;
  throw std::runtime_error("mosquitto did not stop");
}

void Server::go_on() { process_->signal(SIGCONT); }

std::string Server::configuration() const { return contents(directory_ / "mosquitto.conf"); }

LinkSetup Server::setup(const std::string& incarnation, std::int64_t prefetch) const {
  return {.address = address_,
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

std::vector<SendAnswer> answers(ProducerLink& link, std::size_t count) {
  std::vector<SendAnswer> all;
  while (all.size() < count && link.answer_waiting(soon()) != Waiting::nothing)
    for (auto& answer : link.take_answers()) all.push_back(answer);
  return all;
}

std::vector<SendAnswer> send(const Server& server, const std::vector<std::string>& bodies, SendOutcome outcome) {
  const auto link = server.producer();
  std::vector<SendAnswer> all;
  for (const auto& body : bodies) {
    link->submit({1, body, "key"}, soon());
    for (const auto& answer : answers(*link, 1)) all.push_back(answer);
    REQUIRE(all.back().outcome == outcome);
  }
  REQUIRE(all.size() == bodies.size());
  return all;
}

std::vector<Delivery> receive(ConsumerLink& link, std::size_t count) {
  std::vector<Delivery> all;
  for (const auto deadline = soon(); all.size() < count && !deadline.passed();)
    if (auto received = link.receive(shortly()); received.delivery) all.push_back(*received.delivery);
  REQUIRE(all.size() == count);
  return all;
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
