// A role is what an application does with a message system, written once for
// all systems: it sees the system through system.hpp alone.
//
// A role announces itself with `ready`, waits for `go`, works, and returns when
// the supervisor says `bye`. It throws when it cannot go on.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agents/control/configuration.hpp"
#include "agents/control/control.hpp"
#include "agents/control/recognition.hpp"
#include "agents/recording/recorder.hpp"
#include "agents/roles/system.hpp"

namespace assay {

// What one incarnation works with; all of it outlives the role.
struct RoleContext {
  const AgentConfiguration& configuration;
  AgentControl& control;
  Recorder& recorder;
  CrashPoints& points;
  System& system;
};

// The role that the configuration names. Throws std::runtime_error when there
// is none of that name.
void run_role(const RoleContext& context);

// Producers.
void send_once_cursor_first(const RoleContext& context);
void send_once_cursor_after(const RoleContext& context);
void retry_until_acknowledged(const RoleContext& context);
void retry_with_sequence(const RoleContext& context);
void retry_with_stable_id(const RoleContext& context);
void send_twice_with_stable_id(const RoleContext& context);

// Consumers.
void acknowledge_before_process(const RoleContext& context);
void acknowledge_before_process_fenced(const RoleContext& context);
void acknowledge_after_process(const RoleContext& context);
void idempotent_upsert(const RoleContext& context);
void auto_acknowledge(const RoleContext& context);
void dedup_mark_first(const RoleContext& context);
void dedup_effect_first(const RoleContext& context);
void dedup_volatile(const RoleContext& context);
void inbox_check_then_act(const RoleContext& context);
void inbox_atomic(const RoleContext& context);
void effect_in_transaction(const RoleContext& context);
void offset_before_produce(const RoleContext& context);
void offset_after_produce(const RoleContext& context);
void transaction_offset_outside_before(const RoleContext& context);
void transaction_offset_outside_after(const RoleContext& context);
void transaction_with_offsets(const RoleContext& context);
void reject_some(const RoleContext& context);
void give_back_some(const RoleContext& context);

void audit(const RoleContext& context);
void hold_against_declaration(const RoleContext& context);

// The rest of this header is what roles share.

inline constexpr std::chrono::minutes supervisor_silence{10};  // longer than that, it is gone

void announce_ready_and_await_go(const RoleContext& context);

// Throws std::runtime_error unless `value` is 1: what most roles ask of
// "in_flight" or "ack_batch", since their steps are those of one message.
void require_one(const RoleContext& context, const std::string& key, std::int64_t value);

// Throws: the supervisor said something that this role does not understand.
[[noreturn]] void reject(const nlohmann::json& command);

// The link's notices become `environment` events.
LinkSetup link_setup(const RoleContext& context);
Event environment_event(const std::string& level, const std::string& source, const std::string& line);

std::chrono::milliseconds request_timeout(const AgentConfiguration& configuration);

// Tells the supervisor how far a role is, at most every 50 ms.
class Progress {
 public:
  Progress(AgentControl& control, std::string counted) : control_(control), counted_(std::move(counted)) {}

  void report(std::int64_t count);

 private:
  AgentControl& control_;
  std::string counted_;  // "sent" or "delivered"
  std::int64_t reported_ = 0;
  Deadline due_ = Deadline::in(std::chrono::milliseconds(0));
};

// Who a received or stored copy says it is. A payload that is not of this run
// is an alien: it has a digest and nothing else.
struct Identity {
  std::string message;
  std::optional<std::int64_t> attempt;
  std::string key;
  std::string digest;

  bool operator==(const Identity&) const = default;
};
// With a recognition it is a body of somebody else's: what is found there has a
// message and nothing else.
Identity identify(const std::string& bytes, const std::string& run, const std::optional<Recognition>& recognition = std::nullopt);

// Nothing: by our header.
std::optional<Recognition> recognition_of(const AgentConfiguration& configuration);

}  // namespace assay
