#include "tests/postgres/server.hpp"

#include <utility>

#include <doctest/doctest.h>

assay::Deadline assay::soon() { return Deadline::in(std::chrono::milliseconds(20000)); }

namespace assay::postgres {
namespace {

// One cluster is made for all tests, and copied.
const std::filesystem::path& cache() {
  static const TemporaryDirectory directory;
  return directory.path();
}

}  // namespace

Server::Server(std::string settings) : TestServer("postgres", Reach::tree), settings_(std::move(settings)) { start(); }

void Server::start() {
  serve(settings_, {{"ASSAY_CACHE", cache().string()}});
  Connection connection(address(), {.name = "test", .options = "", .statements = {{"SELECT 1::text"}}});
  if (!connection.connect(soon())) not_started(connection.why());
}

std::vector<std::string> Server::tell(const std::string& statement) const {
  Connection connection(address(), {.name = "test", .options = "", .statements = {}});
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
          .notice = into(notices)};
}

std::unique_ptr<ConsumerLink> consumer(const Server& server, const std::string& incarnation, std::int64_t prefetch) {
  auto setup = setup_for(server, incarnation);
  setup.prefetch = prefetch;
  auto link = consumer_link(setup);
  CHECK(link->open(soon()).session == incarnation + "/1");
  return link;
}

std::vector<SendAnswer> send(const Server& server, const std::vector<std::string>& bodies) {
  return send_each(*producer_link(setup_for(server, "p#1")), bodies);
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
