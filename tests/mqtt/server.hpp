// A mosquitto of a test: on a free port, in a private directory that goes with
// it. The adapter's own verb starts it.
#pragma once

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "agents/roles/system.hpp"
#include "tests/servers/links.hpp"
#include "tests/servers/soon.hpp"
#include "tests/servers/test-server.hpp"

namespace assay::mqtt {

inline Deadline shortly() { return Deadline::in(std::chrono::milliseconds(50)); }

class Server : public TestServer {
 public:
  explicit Server(std::string settings = "{}");

  void start() override;
  void end() { end_by(SIGTERM); }
  void save();  // SIGUSR1, and waits for the file

  std::string configuration() const;

  // The setup of a link on channel "ch", whose notices are kept.
  LinkSetup setup(const std::string& incarnation, std::int64_t prefetch = 1) const;
  std::unique_ptr<ProducerLink> producer(const std::string& incarnation = "p-0#1") const;
  std::unique_ptr<ConsumerLink> consumer(const std::string& incarnation = "c-0#1", std::int64_t prefetch = 1) const;  // open

  std::vector<Notice> notices() const { return *notices_; }

 private:
  std::string settings_;
  std::shared_ptr<std::vector<Notice>> notices_ = std::make_shared<std::vector<Notice>>();
};

// Sends these bodies one by one, and requires that each is answered `outcome`.
std::vector<SendAnswer> send(const Server& server, const std::vector<std::string>& bodies, SendOutcome outcome = SendOutcome::ok);

// What a consumer is told until it is told nothing: "session c-0#1/2", "m1".
// Acknowledges if told to.
enum class Then { leave, acknowledge };
std::vector<std::string> told(ConsumerLink& link, Then then = Then::leave);

}  // namespace assay::mqtt
