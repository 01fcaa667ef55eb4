// A PostgreSQL server of a test: on a free port, in a private directory that goes
// with it, started by the adapter.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agents/roles/system.hpp"
#include "agents/systems/postgres/connection.hpp"
#include "agents/systems/postgres/links.hpp"
#include "tests/servers/links.hpp"
#include "tests/servers/soon.hpp"
#include "tests/servers/test-server.hpp"

namespace assay::postgres {

inline Deadline shortly() { return Deadline::in(std::chrono::milliseconds(60)); }

class Server : public TestServer {
 public:
  explicit Server(std::string settings = "{}");

  void start() override;

  const std::string& settings() const { return settings_; }
  std::filesystem::path data() const { return directory() / "data"; }

  // One statement over a session of the test's own; the first column of its rows.
  std::vector<std::string> tell(const std::string& statement) const;

 private:
  std::string settings_;
};

// The setup of a link on channel "ch", whose notices are kept.
LinkSetup setup_for(const Server& server, const std::string& incarnation, std::vector<Notice>* notices = nullptr);

std::unique_ptr<ConsumerLink> consumer(const Server& server, const std::string& incarnation = "c#1", std::int64_t prefetch = 1);

// Sends these bodies one by one, and requires that each is stored.
std::vector<SendAnswer> send(const Server& server, const std::vector<std::string>& bodies);

// What a consumer is told, and acknowledges, until it is told nothing: "session
// c#1/2", "m1".
std::vector<std::string> told(ConsumerLink& link);

}  // namespace assay::postgres
