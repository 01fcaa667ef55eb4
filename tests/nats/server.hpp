// A NATS server of a test: on a free port, in a private directory that goes with
// it, started by the adapter; and what a test says to links and hears from them.
#pragma once

#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "agents/os/child-process.hpp"
#include "agents/roles/system.hpp"
#include "agents/systems/nats/connection.hpp"
#include "agents/systems/nats/links.hpp"
#include "tests/files.hpp"

namespace assay::nats {

inline Deadline soon() { return Deadline::in(std::chrono::milliseconds(10'000)); }
inline Deadline shortly() { return Deadline::in(std::chrono::milliseconds(60)); }

int free_port();

class Server {
 public:
  explicit Server(std::string settings = "{}");
  ~Server();

  void start();  // and waits until it answers
  void kill();   // SIGKILL, and waits for its end
  void restart() { kill(), start(); }
  void stop_running();  // SIGSTOP, and waits until it stands still
  void go_on() { process_->signal(SIGCONT); }

  const std::string& address() const { return address_; }
  const std::string& settings() const { return settings_; }
  pid_t pid() const { return process_->pid(); }
  std::filesystem::path configuration() const { return directory_ / "nats.conf"; }

  // One request over a connection of the test's own; the answer.
  nlohmann::json tell(const std::string& subject, const nlohmann::json& request = nlohmann::json::object()) const;

 private:
  TemporaryDirectory directory_;
  std::string settings_, address_;
  std::optional<ChildProcess> process_;
};

// The setup of a link on channel "ch", whose notices are kept.
LinkSetup setup_for(const Server& server, const std::string& incarnation, std::vector<Notice>* notices = nullptr,
                    std::int64_t prefetch = 1);

// A consumer with its session open.
std::unique_ptr<ConsumerLink> consumer(const Server& server, const std::string& incarnation = "c#1", std::int64_t prefetch = 1,
                                       std::vector<Notice>* notices = nullptr);

// What a producer is answered until `count` answers have come; fewer at the deadline.
std::vector<SendAnswer> answers(ProducerLink& link, std::size_t count);

std::vector<SendOutcome> outcomes(const std::vector<SendAnswer>& all);
std::vector<std::int64_t> tickets(const std::vector<SendAnswer>& all);

// Sends these bodies by a producer of its own, and requires that each is stored.
std::vector<SendAnswer> send(const Server& server, const std::vector<std::string>& bodies);

// The next deliveries; requires that they come.
std::vector<Delivery> receive(ConsumerLink& link, std::size_t count);

// What a consumer is told until it is told nothing: "session c#1/2", "m1 1",
// "m2 3 again"; a delivery that nobody counts: "m1".
std::vector<std::string> told(ConsumerLink& link);

// The same without counts, until so many lines have come; fewer at the deadline.
std::vector<std::string> told(ConsumerLink& link, std::size_t lines);


inline std::vector<std::int64_t> counts(AuditLink& audit) {
  const auto backlog = audit.backlog(soon());
  return {backlog.ready, backlog.leased, backlog.delayed, backlog.prepared};
}
using Counts = std::vector<std::int64_t>;
using Lines = std::vector<std::string>;

}  // namespace assay::nats
