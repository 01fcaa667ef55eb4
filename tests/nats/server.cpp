#include "tests/nats/server.hpp"

#include <fstream>
#include <stdexcept>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include "agents/os/descriptor.hpp"
#include "agents/systems/nats/stream.hpp"

namespace assay::nats {

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
  std::ofstream(directory_ / "settings.json") << settings_;
  start();
}

Server::~Server() {
  if (!process_->end()) process_->signal(SIGKILL);
  process_->wait_ended(soon());
}

void Server::start() {
  const auto log = directory_ / "server.log";
  process_ = ChildProcess::spawn({.argv = {ASSAY_BIN_DIR "/assay-nats", "serve", directory_.path().string(), address_},
                                  .environment = {},
                                  .directory = {},
                                  .output = log});
  Connection connection(address_);
  if (!connection.connect(soon()))
    throw std::runtime_error("start nats-server: " + connection.why() + "\n" + last_lines(log, 5));
}

void Server::kill() {
  process_->signal(SIGKILL);
  if (!process_->wait_ended(soon())) throw std::runtime_error("nats-server outlived SIGKILL");
}

void Server::stop_running() {
  process_->signal(SIGSTOP);
  for (const auto deadline = soon(); !deadline.passed(); ::poll(nullptr, 0, 1))
    if (const auto change = process_->poll(); change && change->kind == Change::Kind::stopped) return;
  throw std::runtime_error("nats-server did not stop");
}

nlohmann::json Server::tell(const std::string& subject, const nlohmann::json& request) const {
  Connection connection(address_);
  return answer_in(connection.insist(subject, request.dump(), soon()), subject);
}

LinkSetup setup_for(const Server& server, const std::string& incarnation, std::vector<Notice>* notices, std::int64_t prefetch) {
  return {.address = server.address(),
          .channel = "ch",
          .group = "g",
          .incarnation = incarnation,
          .prefetch = prefetch,
          .settings = server.settings(),
          .notice = [notices](const Notice& notice) {
            if (notices) notices->push_back(notice);
          }};
}

std::unique_ptr<ConsumerLink> consumer(const Server& server, const std::string& incarnation, std::int64_t prefetch,
                                       std::vector<Notice>* notices) {
  auto link = consumer_link(setup_for(server, incarnation, notices, prefetch));
  link->open(soon());
  return link;
}

std::vector<SendAnswer> answers(ProducerLink& link, std::size_t count) {
  std::vector<SendAnswer> all;
  while (all.size() < count && link.answer_waiting(soon()) != Waiting::nothing)
    for (auto& answer : link.take_answers()) all.push_back(answer);
  return all;
}

std::vector<SendOutcome> outcomes(const std::vector<SendAnswer>& all) {
  std::vector<SendOutcome> found;
  for (const auto& answer : all) found.push_back(answer.outcome);
  return found;
}

std::vector<std::int64_t> tickets(const std::vector<SendAnswer>& all) {
  std::vector<std::int64_t> found;
  for (const auto& answer : all) found.push_back(answer.ticket);
  return found;
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

std::vector<Delivery> receive(ConsumerLink& link, std::size_t count) {
  std::vector<Delivery> all;
  const auto deadline = soon();
  while (all.size() < count && !deadline.passed())
    if (auto received = link.receive(deadline); received.delivery) all.push_back(*received.delivery);
  REQUIRE(all.size() == count);
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
