// A RabbitMQ server of a test: on a free port, in a private directory that goes
// with it, started by the adapter. It takes seconds, so most tests share one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agents/roles/system.hpp"
#include "agents/systems/rabbitmq/connection.hpp"
#include "agents/systems/rabbitmq/links.hpp"
#include "tests/servers/links.hpp"
#include "tests/servers/soon.hpp"
#include "tests/servers/test-server.hpp"

namespace assay::rabbitmq {

inline Deadline shortly() { return Deadline::in(std::chrono::milliseconds(60)); }

class Server : public TestServer {
 public:
  explicit Server(std::string settings = "{}");

  void start() override;

 private:
  std::string settings_;
};

// The one that nobody kills.
Server& shared_server();

// A channel of its own on a server, and links to it.
class Channel {
 public:
  explicit Channel(const Server& server, std::string settings = "{}");

  LinkSetup setup(const std::string& incarnation, std::int64_t prefetch = 1, std::vector<Notice>* notices = nullptr) const;
  std::unique_ptr<ProducerLink> producer() const { return producer_link(setup("p#1")); }
  std::unique_ptr<ConsumerLink> consumer(const std::string& incarnation = "c#1", std::int64_t prefetch = 1) const;
  std::unique_ptr<AuditLink> auditor() const { return audit_link(setup("auditor#1")); }
  const std::string& name() const { return name_; }

  // Sends these one by one, and requires that each is stored.
  std::vector<SendAnswer> send(const std::vector<std::string>& bodies) const;

  // The messages that are ready, asked until there are so many or it is too late.
  std::int64_t ready(std::int64_t expected) const;

 private:
  std::string address_, settings_, name_;
};

// Whether the link is told within a while that there is nothing.
bool hears_nothing(ConsumerLink& link);

}  // namespace assay::rabbitmq
