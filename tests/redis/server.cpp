#include "tests/redis/server.hpp"

#include <utility>

assay::Deadline assay::soon() { return Deadline::in(std::chrono::milliseconds(2000)); }

namespace assay::redis {

Server::Server(std::vector<std::string> options) : TestServer("redis-server"), options_(std::move(options)) { start(); }

void Server::start() {
  std::vector<std::string> words{"redis-server", "--port", port(), "--bind", "127.0.0.1", "--dir", directory().string(),
                                 "--save", "", "--appendonly", "yes", "--appendfsync", "no"};
  words.insert(words.end(), options_.begin(), options_.end());
  spawn(words);
  Connection connection(address());
  if (!connection.connect(soon())) not_started(connection.why());
}

Reply Server::command(const Words& words) {
  Connection connection(address());
  return connection.insist(words, soon());
}

LinkSetup setup_for(const Server& server, const std::string& incarnation, std::vector<Notice>* notices,
                    std::int64_t prefetch) {
  return {.address = server.address(),
          .channel = "ch",
          .group = "g",
          .incarnation = incarnation,
          .prefetch = prefetch,
          .settings = "{}",
          .notice = into(notices)};
}

LinkSetup setup_with(const std::string& settings, const Server& server, const std::string& incarnation,
                     std::vector<Notice>* notices) {
  auto setup = setup_for(server, incarnation, notices);
  setup.settings = settings;
  return setup;
}

}  // namespace assay::redis
