#include "tests/servers/test-server.hpp"

#include <fstream>
#include <stdexcept>
#include <utility>

#include <poll.h>

#include "agents/os/free-port.hpp"
#include "tests/servers/patience.hpp"

namespace assay {

std::string unused_address() { return "127.0.0.1:" + std::to_string(free_port()); }

Command verb(const std::string& system, std::vector<std::string> arguments, std::map<std::string, std::string> environment) {
  arguments.insert(arguments.begin(), ASSAY_BIN_DIR "/assay-" + system);
  return {.argv = std::move(arguments), .environment = std::move(environment), .directory = {}, .output = {}};
}

Finished run_verb(const std::string& system, std::vector<std::string> arguments, std::map<std::string, std::string> environment) {
  return run_to_end(verb(system, std::move(arguments), std::move(environment)), Deadline::in(std::chrono::seconds(60)));
}

TestServer::TestServer(std::string name) : name_(std::move(name)), address_(unused_address()) {}

TestServer::~TestServer() {
  if (!process_ || process_->end()) return;
  process_->signal_tree(SIGKILL);
  process_->wait_ended(patience());
}

void TestServer::end_by(int signal) {
  process_->signal_tree(signal);
  if (!process_->wait_ended(patience())) throw std::runtime_error(name_ + " outlived signal " + std::to_string(signal));
}

void TestServer::stop_running() {
  process_->signal_tree(SIGSTOP);
  for (const auto deadline = patience(); !deadline.passed(); ::poll(nullptr, 0, 1))
    if (const auto change = process_->poll(); change && change->kind == Change::Kind::stopped) return;
  throw std::runtime_error(name_ + " did not stop");
}

void TestServer::spawn(std::vector<std::string> argv) {
  process_ = ChildProcess::spawn({.argv = std::move(argv), .environment = {}, .directory = directory(), .output = log()});
}

void TestServer::serve(const std::string& settings, std::map<std::string, std::string> environment) {
  std::ofstream(directory_ / "settings.json") << settings;
  auto command = verb(name_, {"serve", directory().string(), address_}, std::move(environment));
  command.output = log();
  process_ = ChildProcess::spawn(command);
}

void TestServer::not_started(const std::string& why) const {
  throw std::runtime_error("start " + name_ + ": " + why + "\n" + last_lines(log(), 5));
}

}  // namespace assay
