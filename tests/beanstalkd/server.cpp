#include "tests/beanstalkd/server.hpp"

#include <stdexcept>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include "agents/os/descriptor.hpp"

namespace assay::beanstalkd {

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

Server::Server(Keeps keeps, std::vector<std::string> options)
    : keeps_(keeps), options_(std::move(options)), port_(free_port()), address_("127.0.0.1:" + std::to_string(port_)) {
  start();
}

void Server::start() {
  const auto output = directory_ / "server.log";
  std::vector<std::string> words{"beanstalkd", "-l", "127.0.0.1", "-p", std::to_string(port_), "-z", "2097152"};
  if (keeps_log()) words.insert(words.end(), {"-b", directory_.path().string(), "-f", "0", "-s", "4194304"});
  words.insert(words.end(), options_.begin(), options_.end());
  process_ = ChildProcess::spawn({.argv = words, .environment = {}, .directory = directory_.path(), .output = output});
  Connection connection(address_);
  if (!connection.connect(soon()))
    throw std::runtime_error("start beanstalkd: " + connection.why() + "\n" + last_lines(output, 5));
}

void Server::kill() {
  process_->signal(SIGKILL);
  if (!process_->wait_ended(soon())) throw std::runtime_error("beanstalkd outlived SIGKILL");
}

void Server::stop_running() {
  process_->signal(SIGSTOP);
  for (const auto deadline = soon(); !deadline.passed(); ::poll(nullptr, 0, 1))
    if (const auto change = process_->poll(); change && change->kind == Change::Kind::stopped) return;
  throw std::runtime_error("beanstalkd did not stop");
}

Reply Server::tell(const std::vector<std::string>& commands) {
  Connection connection(address_);
  if (!connection.connect(soon())) throw std::runtime_error("tell beanstalkd: " + connection.why());
  Reply last;
  for (const auto& command : commands) last = connection.call(command + "\r\n", soon()).value();
  return last;
}

LinkSetup setup_for(const Server& server, const std::string& incarnation, std::vector<Notice>* notices, int ttr_s) {
  return {.address = server.address(),
          .channel = "ch",
          .group = "g",
          .incarnation = incarnation,
          .prefetch = 10,
          .settings = std::string("{\"binlog\": ") + (server.keeps_log() ? "true" : "false") +
                      ", \"ttr_s\": " + std::to_string(ttr_s) + "}",
          .notice = [notices](const Notice& notice) {
            if (notices) notices->push_back(notice);
          }};
}

std::vector<SendAnswer> answers(ProducerLink& link, std::size_t count) {
  std::vector<SendAnswer> all;
  while (all.size() < count && link.answer_waiting(soon()) != Waiting::nothing)
    for (auto& answer : link.take_answers()) all.push_back(answer);
  return all;
}

std::vector<SendAnswer> send(const Server& server, const std::vector<std::string>& bodies, int ttr_s) {
  const auto link = producer_link(setup_for(server, "p#1", nullptr, ttr_s));
  std::vector<SendAnswer> all;
  for (const auto& body : bodies) {
    link->submit({1, body, "key"}, soon());
    for (const auto& answer : answers(*link, 1)) all.push_back(answer);
    REQUIRE(all.back().outcome == SendOutcome::ok);
  }
  REQUIRE(all.size() == bodies.size());
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
    const auto received = link.receive(Deadline::in(std::chrono::milliseconds(150)));
    if (received.opened) lines.push_back("session " + received.opened->session);
    if (received.delivery) lines.push_back(received.delivery->bytes);
    if (!received.opened && !received.delivery) return lines;
  }
}

}  // namespace assay::beanstalkd
