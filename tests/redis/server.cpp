#include "tests/redis/server.hpp"

#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include <arpa/inet.h>
#include <sys/socket.h>

#include "agents/os/descriptor.hpp"

namespace assay::redis {

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

Server::Server(std::vector<std::string> options)
    : port_(free_port()), address_("127.0.0.1:" + std::to_string(port_)), options_(std::move(options)) {
  start();
}

void Server::start() {
  const auto log = directory_.path() / "server.log";
  std::vector<std::string> words{"redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1", "--dir",
                                 directory_.path().string(), "--save", "", "--appendonly", "yes", "--appendfsync", "no"};
  words.insert(words.end(), options_.begin(), options_.end());
  process_ = ChildProcess::spawn(
      {.argv = words, .environment = {}, .directory = directory_.path(), .output = log});
  Connection connection(address_);
  if (!connection.connect(soon()))
    throw std::runtime_error("start redis-server: " + connection.why() + "\n" + last_lines(log, 5));
}

void Server::kill() {
  process_->signal(SIGKILL);
  if (!process_->wait_ended(soon())) throw std::runtime_error("redis-server outlived SIGKILL");
}

Reply Server::command(const Words& words) {
  Connection connection(address_);
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
          .notice = [notices](const Notice& notice) {
            if (notices) notices->push_back(notice);
          }};
}

LinkSetup setup_with(const std::string& settings, const Server& server, const std::string& incarnation,
                     std::vector<Notice>* notices) {
  auto setup = setup_for(server, incarnation, notices);
  setup.settings = settings;
  return setup;
}

}  // namespace assay::redis
