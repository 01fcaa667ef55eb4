// A real server under a test of its adapter's links.
#pragma once

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "agents/os/child-process.hpp"
#include "agents/os/free-port.hpp"
#include "tests/files.hpp"

namespace assay {

// The verbs of assay-SYSTEM, as cli calls them.
struct AdapterProgram {
  std::string system;
  std::chrono::seconds patience;  // for a verb that ends

  Command verb(std::vector<std::string> arguments, std::map<std::string, std::string> environment = {}) const;
  Finished run(std::vector<std::string> arguments, std::map<std::string, std::string> environment = {}) const;
};

// Whom a test's signals reach: as with assay, the one process that is the server,
// or the several that are.
enum class Reach { process, tree };

// Owns the server, a directory and an address for it. They are gone when it is
// destroyed, with all that the server started.
class TestServer {
 public:
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;
  virtual ~TestServer();

  virtual void start() = 0;  // and waits until it answers
  void kill() { end_by(SIGKILL); }
  void end_by(int number);  // and waits for its end
  void restart() { kill(), start(); }
  void stop_running();  // SIGSTOP, and waits until it stands still
  void go_on() { signal(SIGCONT); }
  void signal(int number);
  ChildProcess& process() { return *process_; }

  const std::string& address() const { return address_; }
  std::string port() const { return address_.substr(address_.rfind(':') + 1); }
  pid_t pid() const { return process_->pid(); }
  const std::filesystem::path& directory() const { return directory_.path(); }

 protected:
  explicit TestServer(std::string name, Reach reach = Reach::process);

  // What `start` begins with: its own program, or the `serve` of its adapter.
  void spawn(std::vector<std::string> argv);
  void serve(const std::string& settings, std::map<std::string, std::string> environment = {});

  std::filesystem::path log() const { return directory_ / "server.log"; }
  [[noreturn]] void not_started(const std::string& why) const;

 private:
  TemporaryDirectory directory_;
  HeldPort port_;
  std::string name_, address_;
  Reach reach_;
  std::optional<ChildProcess> process_;
};

}  // namespace assay
