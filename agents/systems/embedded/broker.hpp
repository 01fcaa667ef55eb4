// The embedded broker: one process, one thread, one request at a time. What it
// has confirmed is in its store before the answer leaves; protocol.md has the
// operations, and what the planted defects change.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "agents/os/deadline.hpp"
#include "agents/recording/recorder.hpp"
#include "agents/systems/embedded/defect.hpp"
#include "agents/systems/embedded/endpoint.hpp"
#include "agents/systems/embedded/leases.hpp"
#include "agents/systems/embedded/planted.hpp"
#include "agents/systems/embedded/request.hpp"
#include "agents/systems/embedded/store.hpp"

namespace assay::embedded {

// What a profile can set.
struct BrokerSettings {
  Defect defect = Defect::none;
  Identities identities = Identities::durable;
  std::int64_t delivery_limit = 0;  // 0: none
  bool fenced = true;  // false: whoever was once given a copy, anyone may acknowledge it
};

class Broker {
 public:
  Broker(const std::filesystem::path& directory, Endpoint endpoint, const BrokerSettings& settings,
         CrashPoints& points);

  [[noreturn]] void run();

 private:
  // Whom a reply goes to, and the number of the request that it repeats.
  struct Caller {
    std::string peer;
    std::int64_t n = 0;
  };
  struct Answer {
    std::string copy;
    bool duplicate = false;
  };
  // A receive that found nothing and has time left.
  struct Waiting {
    Caller caller;
    std::string session;
    std::size_t most = 0;
    Deadline until;
  };

  void handle(const Inbound& message);
  void send(const Caller& caller, const Request& request);
  void open(const Caller& caller, const Request& request);
  void receive(const Caller& caller, const Request& request);
  void ack(const Caller& caller, const Request& request);
  void give_back(const Caller& caller, const Request& request);
  void reject(const Caller& caller, const Request& request);
  void expire(const Caller& caller, const Request& request);
  void backlog(const Caller& caller, const Request& request);
  void list(const Caller& caller, const Request& request, Letters which);

  void confirm(const Caller& caller, const Answer& answer);
  void refuse_stale(const std::string& session, std::int64_t row);
  void serve_waiting();
  bool served(const Waiting& waiting);
  nlohmann::json deliver(const Session& session, const Waiting& waiting);
  std::vector<std::int64_t> choose(const Session& session, const Waiting& waiting);
  void reply(const Caller& caller, nlohmann::json body);

  bool fenced_;
  std::int64_t delivery_limit_;
  CrashPoints& points_;
  Store store_;
  Leases leases_;
  Planted planted_;
  Endpoint endpoint_;
  std::vector<Waiting> waiting_;
};

// Runs a broker until the process is killed. A recording named by the
// environment variable ASSAY_RECORDING gets its crash points.
[[noreturn]] void run_broker(const std::filesystem::path& directory, const std::string& address,
                             const BrokerSettings& settings);

}  // namespace assay::embedded
