// A Kafka broker of the tests: on a free port, in a private directory that goes
// with it, started by the adapter. A start takes seconds, so they share one, and
// each test has a channel of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agents/roles/system.hpp"
#include "agents/systems/kafka/links.hpp"
#include "tests/servers/links.hpp"
#include "tests/servers/soon.hpp"
#include "tests/servers/test-server.hpp"

namespace assay::kafka {

inline Deadline shortly() { return Deadline::in(std::chrono::milliseconds(300)); }

class Server : public TestServer {
 public:
  Server();

  static Server& shared();

  void start() override;
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

}  // namespace assay::kafka
