// A redis-server of a test: on a free port, in a private directory that goes
// with it. Without redis-server installed every test here fails.
#pragma once

#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agents/os/child-process.hpp"
#include "agents/roles/system.hpp"
#include "agents/systems/redis/connection.hpp"
#include "tests/files.hpp"

namespace assay::redis {

int free_port();

class Server {
 public:
  explicit Server(std::vector<std::string> options = {});  // more words of redis-server's command line

  void start();  // and waits until it answers
  void stop_running() { process_->signal(SIGSTOP); }
  void go_on() { process_->signal(SIGCONT); }
  void kill();   // SIGKILL, and waits for its end
  const std::string& address() const { return address_; }

  // A command over a connection of the test's own.
  Reply command(const Words& words);

 private:
  TemporaryDirectory directory_;
  int port_;
  std::string address_;
  std::vector<std::string> options_;
  std::optional<ChildProcess> process_;
};

inline Deadline soon() { return Deadline::in(std::chrono::milliseconds(2000)); }
inline Deadline shortly() { return Deadline::in(std::chrono::milliseconds(30)); }

// The setup of a link on channel "ch", group "g", whose notices are kept.
LinkSetup setup_for(const Server& server, const std::string& incarnation, std::vector<Notice>* notices = nullptr,
                    std::int64_t prefetch = 10);

// The same with settings of the profile.
LinkSetup setup_with(const std::string& settings, const Server& server, const std::string& incarnation,
                     std::vector<Notice>* notices = nullptr);

}  // namespace assay::redis
