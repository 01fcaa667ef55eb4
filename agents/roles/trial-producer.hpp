// What every producer of a trial does, whatever its strategy: it hears the
// supervisor, sends what the strategy says, tells how far it is, and behind its
// plan sends the markers that it is asked for, each again and again until it is
// answered. A strategy is a file of its own with the steps of one message.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "agents/roles/cursor.hpp"
#include "agents/roles/sends.hpp"

namespace assay {

class TrialProducer {
 public:
  explicit TrialProducer(const RoleContext& context, DedupIdentity identity = {});

  // `send_plan` returns when the plan is sent, or once goes_on() was false.
  void run(const std::function<void()>& send_plan);

  // Looks for commands. Waits a little after an attempt without an answer, so
  // that a system that is down is not asked all the time. False: bye.
  bool goes_on();

  // Hears the supervisor until then. False: bye.
  bool wait_until(Deadline deadline);

  // For a strategy that sends nothing twice: the next message that neither the
  // cursor, read anew, covers nor this incarnation has had. Nothing: the plan is
  // through, or bye.
  std::optional<std::int64_t> next_unsent();

  void send(std::int64_t number);
  std::int64_t open() const { return sends_.open(); }
  void await_answers(const std::function<void(const SendCompletion&)>& completed);

  // Until nothing is open; the outcome of the last one.
  SendOutcome await_last();

  Cursor& cursor() { return cursor_; }

 private:
  void await_go();
  bool send_marker(const nlohmann::json& command);
  std::int64_t marker_number(const std::string& message);
  std::optional<nlohmann::json> next_command();
  void remember(const nlohmann::json& command);

  const RoleContext& context_;
  const AgentConfiguration& configuration_;
  Cursor cursor_;
  Sends sends_;
  Progress progress_;

  std::int64_t last_ = 0;      // what next_unsent said last
  std::int64_t answered_ = 0;  // messages of the plan
  std::map<std::string, std::int64_t> marker_numbers_;
  std::chrono::milliseconds pause_{0};
  std::deque<nlohmann::json> commands_;
  bool go_ = false, bye_ = false;
};

// Throws unless the configuration has one message in flight.
void require_one_in_flight(const RoleContext& context);

}  // namespace assay
