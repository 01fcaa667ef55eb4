// The conversation between the supervisor (ROUTER) and its agents (DEALER):
// JSON bodies over ZeroMQ. Control only; histories never travel here.
//
//     agent       supervisor
//     hello    ->              process, incarnation, pid, protocol
//              <- configure    everything the role needs
//     ready    ->              connected, subscription declared, crash points armed
//              <- go
//     progress ->              sent, delivered (rate limited)
//     done     ->              a producer's planned messages are all answered
//              <- canary       message: send this one; then `sent` with its outcome
//     sent     ->
//     seen     ->              a consumer has finished with a canary or end marker
//              <- backlog      the auditor asks; then `backlog` with the figures
//     backlog  ->
//              <- scan         the auditor scans sink and system; then `scanned`
//     scanned  ->
//     checked  ->              the role conformance has tried something
//     server   ->              and wants the server stopped, killed or healed
//              <- server       that is done
//              <- bye          finish and exit 0
//     error    ->              the agent cannot go on, and why
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <zmq.hpp>

#include "agents/os/deadline.hpp"

namespace assay {

inline constexpr int control_protocol = 1;

// An agent's end. The routing id is "consumer-0#2", new for each incarnation.
class AgentControl {
 public:
  // `endpoint` is what the verb was given: "ipc:///...#producer-0#1" is not
  // used; identity travels in the environment variable ASSAY_IDENTITY.
  AgentControl(const std::string& endpoint, const std::string& identity);

  void send(const nlohmann::json& body);

  // The next message, or nothing at the deadline. Throws std::runtime_error
  // when the supervisor has broken the protocol.
  std::optional<nlohmann::json> receive(Deadline deadline);

 private:
  zmq::context_t context_{1};
  zmq::socket_t socket_;
};

// The supervisor's end: one per job.
class SupervisorControl {
 public:
  explicit SupervisorControl(const std::string& endpoint);  // "ipc:///private/control"

  const std::string& endpoint() const { return endpoint_; }

  // To an agent that said hello. An agent that is gone is not an error.
  void send(const std::string& identity, const nlohmann::json& body);

  struct Message {
    std::string identity;
    nlohmann::json body;        // null: it was not a JSON object with a "type"
    std::string raw;
  };
  // Without waiting.
  std::optional<Message> receive();

  // Waits until a message or one of the descriptors is readable, or the
  // deadline has passed. Interrupted by a signal counts as readable.
  void wait(std::initializer_list<int> descriptors, Deadline deadline);

 private:
  zmq::context_t context_{1};
  zmq::socket_t socket_;
  std::string endpoint_;
};

}  // namespace assay
