#include "tests/beanstalkd/server.hpp"

#include <stdexcept>
#include <utility>

assay::Deadline assay::soon() { return Deadline::in(std::chrono::milliseconds(2000)); }

namespace assay::beanstalkd {

Server::Server(Keeps keeps, std::vector<std::string> options) : TestServer("beanstalkd"), keeps_(keeps), options_(std::move(options)) {
  start();
}

void Server::start() {
  std::vector<std::string> words{"beanstalkd", "-l", "127.0.0.1", "-p", port(), "-z", "2097152"};
  if (keeps_log()) words.insert(words.end(), {"-b", directory().string(), "-f", "0", "-s", "4194304"});
  words.insert(words.end(), options_.begin(), options_.end());
  spawn(words);
  Connection connection(address());
  if (!connection.connect(soon())) not_started(connection.why());
}

Reply Server::tell(const std::vector<std::string>& commands) {
  Connection connection(address());
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
          .notice = into(notices)};
}

std::vector<SendAnswer> send(const Server& server, const std::vector<std::string>& bodies, int ttr_s) {
  return send_each(*producer_link(setup_for(server, "p#1", nullptr, ttr_s)), bodies);
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
