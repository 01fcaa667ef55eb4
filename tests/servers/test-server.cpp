#include "tests/servers/test-server.hpp"

#include <fstream>
#include <stdexcept>
#include <utility>

#include <poll.h>

#include "tests/servers/soon.hpp"

namespace assay {

Command AdapterProgram::verb(std::vector<std::string> arguments, std::map<std::string, std::string> environment) const {
  arguments.insert(arguments.begin(), ASSAY_BIN_DIR "/assay-" + system);
  return {.argv = std::move(arguments), .environment = std::move(environment), .directory = {}, .output = {}};
}

Finished AdapterProgram::run(std::vector<std::string> arguments, std::map<std::string, std::string> environment) const {
  return run_to_end(verb(std::move(arguments), std::move(environment)), Deadline::in(patience));
}

TestServer::TestServer(std::string name, Reach reach) : name_(std::move(name)), address_(port_.address()), reach_(reach) {}

TestServer::~TestServer() {
  if (!process_ || process_->end()) return;
  process_->signal_tree(SIGKILL);
  process_->wait_ended(soon());
}

void TestServer::signal(int number) {
  if (reach_ == Reach::tree) process_->signal_tree(number);
  else process_->signal(number);
}

void TestServer::end_by(int number) {
  signal(number);
  if (!process_->wait_ended(soon())) throw std::runtime_error(name_ + " outlived signal " + std::to_string(number));
}

void TestServer::stop_running() {
  signal(SIGSTOP);
  for (const auto deadline = soon(); !deadline.passed(); ::poll(nullptr, 0, 1))
    if (const auto change = process_->poll(); change && change->kind == Change::Kind::stopped) return;
  throw std::runtime_error(name_ + " did not stop");
}

void TestServer::spawn(std::vector<std::string> argv) {
  process_ = ChildProcess::spawn({.argv = std::move(argv), .environment = {}, .directory = directory(), .output = log()});
}

void TestServer::serve(const std::string& settings, std::map<std::string, std::string> environment) {
  std::ofstream(directory_ / "settings.json") << settings;
  auto command = AdapterProgram{name_, {}}.verb({"serve", directory().string(), address_}, std::move(environment));
  command.output = log();
  process_ = ChildProcess::spawn(command);
}

void TestServer::not_started(const std::string& why) const {
  throw std::runtime_error("start " + name_ + ": " + why + "\n" + last_lines(log(), 5));
}

}  // namespace assay
