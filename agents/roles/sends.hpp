// The sends of one incarnation: each attempt is numbered and on record before
// it goes out, its answer is on record once it is known, and what is not
// answered in time is given up.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agents/roles/role.hpp"
#include "checker/history/payload.hpp"

namespace assay {

// Writes into a message what asks the system to store it once. `number` counts
// from 1 through the plan and on through the markers behind it; an incarnation
// never gives one number to two messages.
using DedupIdentity = std::function<void(OutgoingMessage&, const std::string& message, std::int64_t number)>;

// What became of one attempt.
struct SendCompletion {
  std::string message;
  std::int64_t number = 0;
  SendOutcome outcome = SendOutcome::indeterminate;
};

// An unconfirmed send is as good an answer as this system ever gives.
bool is_answered(SendOutcome outcome);
Phase phase_of(SendOutcome outcome);

class Sends {
 public:
  Sends(const RoleContext& context, DedupIdentity identity);

  void submit(const std::string& message, std::int64_t number, std::chrono::milliseconds timeout);

  // How many are submitted and not completed.
  std::int64_t open() const { return static_cast<std::int64_t>(open_.size()); }

  // Waits for an answer to the oldest open send, passes P.sent_before_ack (once
  // for all answers that are readable together; not for a marker), and only then
  // takes the answers. Each is on record when `completed` hears of it. Out of
  // time, all open sends are completed as indeterminate.
  void await_answers(const std::function<void(const SendCompletion&)>& completed);

 private:
  struct Attempt {
    std::string message;
    std::int64_t number = 0;
    std::int64_t attempt = 0;
    Deadline deadline;
  };

  std::int64_t next_attempt(const std::string& message);
  std::string bytes_of(const Payload& payload) const;  // as they travel
  Payload payload_of(const std::string& message, std::int64_t attempt) const;
  void give_up(const std::function<void(const SendCompletion&)>& completed);
  void complete(const SendAnswer& answer, const std::function<void(const SendCompletion&)>& completed);

  const RoleContext& context_;
  const AgentConfiguration& configuration_;
  DedupIdentity identity_;
  std::unique_ptr<ProducerLink> link_;

  std::int64_t ticket_ = 0;
  std::map<std::int64_t, Attempt> open_;          // by ticket
  std::map<std::string, std::int64_t> attempts_;  // how often each message was sent
};

}  // namespace assay
