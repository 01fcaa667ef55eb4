#include "tests/postgres/server.hpp"

#include <stdexcept>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include "agents/os/descriptor.hpp"

namespace assay::postgres {
namespace {

// One cluster is made for all tests, and copied.
const std::filesystem::path& cache() {
  static const TemporaryDirectory directory;
  return directory.path();
}

}  // namespace

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
  if (!process_->end()) process_->signal_tree(SIGKILL);
  process_->wait_ended(soon());
}

void Server::start() {
  const auto log = directory_ / "server.log";
  process_ = ChildProcess::spawn({.argv = {ASSAY_BIN_DIR "/assay-postgres", "serve", directory_.path().string(), address_},
                                  .environment = {{"ASSAY_CACHE", cache().string()}},
                                  .directory = {},
                                  .output = log});
  Connection connection(address_, {.name = "test", .options = "", .statements = {{"SELECT 1::text"}}});
  if (!connection.connect(Deadline::in(std::chrono::seconds(20))))
    throw std::runtime_error("start PostgreSQL: " + connection.why() + "\n" + last_lines(log, 5));
}

void Server::kill() {
  process_->signal_tree(SIGKILL);
  if (!process_->wait_ended(soon())) throw std::runtime_error("PostgreSQL outlived SIGKILL");
}

void Server::stop_running() {
  process_->signal_tree(SIGSTOP);
  for (const auto deadline = soon(); !deadline.passed(); ::poll(nullptr, 0, 1))
    if (const auto change = process_->poll(); change && change->kind == Change::Kind::stopped) return;
  throw std::runtime_error("PostgreSQL did not stop");
}

std::vector<std::string> Server::tell(const std::string& statement) const {
  Connection connection(address_, {.name = "test", .options = "", .statements = {}});
  const auto reply = connection.insist({{statement}}, soon());
  std::vector<std::string> column;
  for (int i = 0; i < reply.results.front().rows(); ++i) column.push_back(reply.results.front().value(i, 0));
  return column;
}

LinkSetup setup_for(const Server& server, const std::string& incarnation, std::vector<Notice>* notices) {
  return {.address = server.address(),
          .channel = "ch",
          .group = "g",
          .incarnation = incarnation,
          .prefetch = 1,
          .settings = server.settings(),
          .notice = [notices](const Notice& notice) {
            if (notices) notices->push_back(notice);
          }};
}

std::unique_ptr<ConsumerLink> consumer(const Server& server, const std::string& incarnation, std::int64_t prefetch) {
  auto setup = setup_for(server, incarnation);
  setup.prefetch = prefetch;
  auto link = consumer_link(setup);
  CHECK(link->open(soon()).session == incarnation + "/1");
  return link;
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

std::vector<SendAnswer> send(const Server& server, const std::vector<std::string>& bodies) {
  const auto link = producer_link(setup_for(server, "p#1"));
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

// Nothing is there once a poll that began here was answered with nothing.
std::vector<std::string> told(ConsumerLink& link) {
  std::vector<std::string> lines;
  const auto deadline = soon();
  while (!deadline.passed()) {
    const auto received = link.receive(Deadline::in(std::chrono::milliseconds(150)));
    if (received.opened) lines.push_back("session " + received.opened->session);
    if (received.delivery) {
      lines.push_back(received.delivery->bytes);
      link.ack(*received.delivery, soon());
    }
    if (!received.opened && !received.delivery && received.answered_empty) break;
  }
  return lines;
}

}  // namespace assay::postgres
