#include "tests/rabbitmq/server.hpp"

#include <stdexcept>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include "agents/os/descriptor.hpp"
#include "agents/systems/rabbitmq/description.hpp"

namespace assay::rabbitmq {
namespace {

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

}  // namespace

Server::Server(std::string settings) : address_("127.0.0.1:" + std::to_string(free_port())) {
  std::ofstream(directory_ / "settings.json") << settings;
  start();
}

Server::~Server() {
  if (!process_->end()) process_->signal_tree(SIGKILL);
  process_->wait_ended(soon());
}

void Server::start() {
  const auto log = directory_ / "server.log";
  const auto before = std::filesystem::exists(log) ? contents(log).size() : 0;
  process_ = ChildProcess::spawn({.argv = {ASSAY_BIN_DIR "/assay-rabbitmq", "serve", directory_.path().string(), address_},
                                  .environment = {},
                                  .directory = {},
                                  .output = log});
  Connection connection(address_, {});
  if (!connection.connect(Deadline::in(std::chrono::seconds(60))))
    throw std::runtime_error("start RabbitMQ: " + connection.why() + "\n" + last_lines(log, 5));
  for (const auto deadline = soon(); contents(log).find(ready_line, before) == std::string::npos; ::poll(nullptr, 0, 1))
    if (deadline.passed()) throw std::runtime_error("start RabbitMQ: it answers and is not ready\n" + last_lines(log, 5));
}

void Server::kill() {
  process_->signal(SIGKILL);
  if (!process_->wait_ended(soon())) throw std::runtime_error("RabbitMQ outlived SIGKILL");
}

void Server::stop_running() {
  process_->signal(SIGSTOP);
  for (const auto deadline = soon(); !deadline.passed(); ::poll(nullptr, 0, 1))
    if (const auto change = process_->poll(); change && change->kind == Change::Kind::stopped) return;
  throw std::runtime_error("RabbitMQ did not stop");
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
          .notice = [notices](const Notice& notice) {
            if (notices) notices->push_back(notice);
          }};
}

std::unique_ptr<ConsumerLink> Channel::consumer(const std::string& incarnation, std::int64_t prefetch) const {
  auto link = consumer_link(setup(incarnation, prefetch));
  CHECK(link->open(soon()).session == incarnation + "/1");
  return link;
}

std::vector<SendAnswer> Channel::send(const std::vector<std::string>& texts) const {
  const auto link = producer();
  std::vector<SendAnswer> all;
  for (const auto& body : texts) {
    link->submit({static_cast<std::int64_t>(all.size()) + 1, body, "key"}, soon());
    for (const auto& answer : answers(*link, 1)) all.push_back(answer);
    REQUIRE(all.back().outcome == SendOutcome::ok);
  }
  REQUIRE(all.size() == texts.size());
  return all;
}

std::int64_t Channel::ready(std::int64_t expected) const {
  const auto link = auditor();
  std::int64_t found = -1;
  for (const auto deadline = soon(); found != expected && !deadline.passed(); ::poll(nullptr, 0, 1)) found = link->backlog(soon()).ready;
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

std::vector<std::int64_t> tickets(const std::vector<SendAnswer>& all) {
  std::vector<std::int64_t> found;
  for (const auto& answer : all) found.push_back(answer.ticket);
  return found;
}

std::vector<Delivery> receive(ConsumerLink& link, std::size_t count) {
  std::vector<Delivery> all;
  const auto deadline = soon();
  while (all.size() < count && !deadline.passed())
    if (auto received = link.receive(shortly()); received.delivery) all.push_back(*received.delivery);
  REQUIRE(all.size() == count);
  return all;
}

std::vector<std::string> bodies(const std::vector<Delivery>& all) {
  std::vector<std::string> found;
  for (const auto& delivery : all) found.push_back(delivery.bytes);
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
