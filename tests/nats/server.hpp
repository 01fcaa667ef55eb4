// A NATS server of a test: on a free port, in a private directory that goes with
// it, started by the adapter; and what a test says to links and hears from them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agents/roles/system.hpp"
#include "agents/systems/nats/connection.hpp"
#include "agents/systems/nats/links.hpp"
#include "tests/servers/links.hpp"
#include "tests/servers/soon.hpp"
#include "tests/servers/test-server.hpp"

namespace assay::nats {

inline Deadline shortly() { return Deadline::in(std::chrono::milliseconds(60)); }

class Server : public TestServer {
 public:
  explicit Server(std::string settings = "{}");

  void start() override;

  const std::string& settings() const { return settings_; }
  std::filesystem::path configuration() const { return directory() / "nats.conf"; }

  // One request over a connection of the test's own; the answer.
  nlohmann::json tell(const std::string& subject, const nlohmann::json& request = nlohmann::json::object()) const;

 private:
  std::string settings_;
};

// The setup of a link on channel "ch", whose notices are kept.
LinkSetup setup_for(const Server& server, const std::string& incarnation, std::vector<Notice>* notices = nullptr,
                    std::int64_t prefetch = 1);

// A consumer with its session open.
std::unique_ptr<ConsumerLink> consumer(const Server& server, const std::string& incarnation = "c#1", std::int64_t prefetch = 1,
                                       std::vector<Notice>* notices = nullptr);

// Sends these bodies by a producer of its own, and requires that each is stored.
std::vector<SendAnswer> send(const Server& server, const std::vector<std::string>& bodies);

// What a consumer is told until it is told nothing: "session c#1/2", "m1 1",
// "m2 3 again"; a delivery that nobody counts: "m1".
std::vector<std::string> told(ConsumerLink& link);

// The same without counts, until so many lines have come; fewer at the deadline.
std::vector<std::string> told(ConsumerLink& link, std::size_t lines);

using Lines = std::vector<std::string>;

}  // namespace assay::nats
