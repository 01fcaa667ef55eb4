// A real broker in a child process, for tests that kill it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "agents/os/child-process.hpp"
#include "agents/roles/system.hpp"
#include "agents/recording/recorder.hpp"
#include "agents/systems/embedded/defect.hpp"
#include "tests/files.hpp"

namespace assay::embedded {

Deadline soon();  // far longer than anything should take

// Owns the child and a directory for it; both are gone when it is destroyed.
class BrokerProcess {
 public:
  explicit BrokerProcess(const nlohmann::json& settings = nlohmann::json::object());
  explicit BrokerProcess(Defect defect);
  ~BrokerProcess();
  BrokerProcess(const BrokerProcess&) = delete;
  BrokerProcess& operator=(const BrokerProcess&) = delete;

  void start();  // a fresh recording, with nothing armed
  void kill();   // SIGKILL, and reaped
  void restart() {
    kill();
    start();
  }

  void arm(Window window, std::uint64_t occurrence = 1);
  void wait_stopped();  // at the armed point; fails the test at the deadline
  void resume();
  void fill_disk();  // its files can grow no more, until
  void free_disk();
  std::uint64_t hits(Window window) const;

  const std::string& address() const { return address_; }
  LinkSetup setup(const std::string& incarnation = "consumer-0#1", std::int64_t prefetch = 1) const;

 private:
  TemporaryDirectory directory_;
  std::string address_;
  int starts_ = 0;
  std::optional<ChildProcess> process_;
  std::unique_ptr<RecordMapping> recording_;
};

// One send with its answer.
SendAnswer send(ProducerLink& producer, const std::string& bytes, std::int64_t ticket = 1);

SendAnswer send(ProducerLink& producer, const OutgoingMessage& message);

// The answer as a line: "ok queue/1 duplicate".
std::string told(const SendAnswer& answer);

// Receives, opening sessions on the way, until there is a delivery.
std::optional<Delivery> next_delivery(ConsumerLink& consumer);

// The bodies of the next so many deliveries; each is acknowledged.
std::vector<std::string> consume(ConsumerLink& consumer, std::size_t count);

// An empty poll; sessions are opened on the way.
bool nothing_comes(ConsumerLink& consumer);

std::vector<std::string> stored(const BrokerProcess& broker);  // the bytes of every copy

}  // namespace assay::embedded
