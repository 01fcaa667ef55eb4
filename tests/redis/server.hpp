// A redis-server of a test: on a free port, in a private directory that goes
// with it. Without redis-server installed every test here fails.
#pragma once

#include <string>
#include <vector>

#include "agents/roles/system.hpp"
#include "agents/systems/redis/connection.hpp"
#include "tests/servers/links.hpp"
#include "tests/servers/soon.hpp"
#include "tests/servers/test-server.hpp"

namespace assay::redis {

inline Deadline shortly() { return Deadline::in(std::chrono::milliseconds(30)); }

class Server : public TestServer {
 public:
  explicit Server(std::vector<std::string> options = {});  // more words of redis-server's command line

  void start() override;

  // A command over a connection of the test's own.
  Reply command(const Words& words);

 private:
  std::vector<std::string> options_;
};

// The setup of a link on channel "ch", group "g", whose notices are kept.
LinkSetup setup_for(const Server& server, const std::string& incarnation, std::vector<Notice>* notices = nullptr,
                    std::int64_t prefetch = 10);

// The same with settings of the profile.
LinkSetup setup_with(const std::string& settings, const Server& server, const std::string& incarnation,
                     std::vector<Notice>* notices = nullptr);

}  // namespace assay::redis
