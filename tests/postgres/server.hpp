// A PostgreSQL server of a test: on a free port, in a private directory that goes
// with it, started by the adapter.
#pragma once

#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "agents/os/child-process.hpp"
#include "agents/roles/system.hpp"
#include "agents/systems/postgres/connection.hpp"
#include "agents/systems/postgres/links.hpp"
#include "tests/files.hpp"

namespace assay::postgres {

inline Deadline soon() { return Deadline::in(std::chrono::milliseconds(20000)); }
inline Deadline shortly() { return Deadline::in(std::chrono::milliseconds(60)); }

int free_port();

class Server {
 public:
  explicit Server(std::string settings = "{}");
  ~Server();

  void start();  // and waits until it answers
  void kill();   // SIGKILL to all of its processes, and waits for the end of the first
  void restart() { kill(), start(); }
  void stop_running();  // SIGSTOP to all of them, and waits until the first stands still
  void go_on() { process_->signal_tree(SIGCONT); }

  const std::string& address() const { return address_; }
  const std::string& settings() const { return settings_; }
  ChildProcess& process() { return *process_; }
  pid_t pid() const { return process_->pid(); }
  std::filesystem::path data() const { return directory_ / "data"; }

  // One statement over a session of the test's own; the first column of its rows.
  std::vector<std::string> tell(const std::string& statement) const;

 private:
  TemporaryDirectory directory_;
  std::string settings_, address_;
  std::optional<ChildProcess> process_;
};

// The setup of a link on channel "ch", whose notices are kept.
LinkSetup setup_for(const Server& server, const std::string& incarnation, std::vector<Notice>* notices = nullptr);

std::unique_ptr<ConsumerLink> consumer(const Server& server, const std::string& incarnation = "c#1", std::int64_t prefetch = 1);

// What a producer is answered until `count` answers have come; fewer at the deadline.
std::vector<SendAnswer> answers(ProducerLink& link, std::size_t count);

std::vector<SendOutcome> outcomes(const std::vector<SendAnswer>& all);

// Sends these bodies one by one, and requires that each is stored.
std::vector<SendAnswer> send(const Server& server, const std::vector<std::string>& bodies);

// The next deliveries; requires that they come.
std::vector<Delivery> receive(ConsumerLink& link, std::size_t count);

// What a consumer is told, and acknowledges, until it is told nothing: "session
// c#1/2", "m1".
std::vector<std::string> told(ConsumerLink& link);

}  // namespace assay::postgres
