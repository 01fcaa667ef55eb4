// A Kafka broker of the tests: on a free port, in a private directory that goes
// with it, started by the adapter. A start takes seconds, so they share one, and
// each test has a channel of its own.
#pragma once

#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "agents/os/child-process.hpp"
#include "agents/roles/system.hpp"
#include "agents/systems/kafka/links.hpp"
#include "tests/files.hpp"

namespace assay::kafka {

inline Deadline soon() { return Deadline::in(std::chrono::milliseconds(30'000)); }
inline Deadline shortly() { return Deadline::in(std::chrono::milliseconds(300)); }

int free_port();

class Server {
 public:
  Server();
  ~Server();

  static Server& shared();

  void start();  // and waits until it is ready
  void kill();   // SIGKILL, and waits for its end
  void stop_running();  // SIGSTOP, and waits until it stands still
  void go_on() { process_->signal(SIGCONT); }

  const std::string& address() const { return address_; }
  const std::filesystem::path& directory() const { return directory_.path(); }
  pid_t pid() const { return process_->pid(); }

 private:
  TemporaryDirectory directory_;
  std::string address_;
  std::optional<ChildProcess> process_;
};

// A topic that no other test uses.
class Channel {
 public:
  explicit Channel(std::string settings = "{}");

  LinkSetup setup(const std::string& incarnation, std::int64_t prefetch = 1) const;
  std::unique_ptr<ProducerLink> producer() const { return producer_link(setup("producer-0#1")); }
  std::unique_ptr<ConsumerLink> consumer(const std::string& incarnation, std::int64_t prefetch = 1) const;  // open
  std::unique_ptr<AuditLink> auditor() const { return audit_link(setup("auditor#1")); }

  // Sends these one by one, and requires that each is stored; their copies.
  std::vector<std::string> send(const std::vector<std::string>& bodies) const;
  std::int64_t owed() const;
  std::vector<std::string> stored() const;

  const std::string& name() const { return name_; }

 private:
  std::string name_, settings_;
};

std::vector<SendAnswer> answers(ProducerLink& link, std::size_t count);
std::vector<SendOutcome> outcomes(const std::vector<SendAnswer>& all);

// The next deliveries; requires that they come.
std::vector<Delivery> receive(ConsumerLink& link, std::size_t count);
std::vector<std::string> bytes_of(const std::vector<Delivery>& deliveries);

}  // namespace assay::kafka
