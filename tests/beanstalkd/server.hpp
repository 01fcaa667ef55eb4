// A beanstalkd of a test: on a free port, in a private directory that goes with
// it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agents/roles/system.hpp"
#include "agents/systems/beanstalkd/connection.hpp"
#include "agents/systems/beanstalkd/links.hpp"
#include "tests/servers/links.hpp"
#include "tests/servers/soon.hpp"
#include "tests/servers/test-server.hpp"

namespace assay::beanstalkd {

inline Deadline shortly() { return Deadline::in(std::chrono::milliseconds(30)); }

enum class Keeps { log, memory };

class Server : public TestServer {
 public:
  // More words for its command line; a later option wins.
  explicit Server(Keeps keeps = Keeps::log, std::vector<std::string> options = {});

  void start() override;
  bool keeps_log() const { return keeps_ == Keeps::log; }

  // Commands over a connection of the test's own; the last answer.
  Reply tell(const std::vector<std::string>& commands);

 private:
  Keeps keeps_;
  std::vector<std::string> options_;
};

// The setup of a link on tube "ch", whose notices are kept.
LinkSetup setup_for(const Server& server, const std::string& incarnation, std::vector<Notice>* notices = nullptr,
                    int ttr_s = 600);

// Sends these bodies one by one, and requires that each is stored.
std::vector<SendAnswer> send(const Server& server, const std::vector<std::string>& bodies, int ttr_s = 600);

// What a consumer is told until it is told nothing: "session c#1/2", "m1".
std::vector<std::string> told(ConsumerLink& link);

}  // namespace assay::beanstalkd
