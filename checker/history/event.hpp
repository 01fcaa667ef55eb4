// The vocabulary of a history: what a process under test, the supervisor or the
// auditor can put on record. CONTRACTS 1.3 lists the events; this is their type.
//
// An event is a plain value. Fields that a type does not use stay empty; an
// empty text means "not recorded", so no producer of events may use the empty
// text as a value.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace assay {

enum class Type : std::uint8_t {
  plan_message,  // the message exists in the plan, and no other does
  send,          // a producer's attempt to hand a message to the system
  session,       // a consumer's membership in its group; indeterminate: a poll had no answer within the request time-out
  deliver,       // a consumer was given a message
  effect,        // the consumer's own word about its effect: diagnostic only
  sink_row,      // the auditor found this effect in the sink: authoritative
  ack,
  transaction,
  fence,
  point,
  fault,    // what the nemesis planned, did, proved and healed
  process,  // the supervisor's word about a process's life
  drain,
  stored_row,   // the auditor found this copy in the system
  backlog,      // the auditor asked how much is still owed to consumers
  environment,  // something outside the contract: disk full, port in use ...
};

enum class Phase : std::uint8_t {
  none,
  invoke, ok, unconfirmed, fail, indeterminate,
  open, assign, revoke, close,
  begin,
  confirmed, refused,
  offsets, prepare,
  commit_invoke, commit_ok, commit_fail, commit_indeterminate,
  abort_invoke, abort_ok, abort_fail, abort_indeterminate,
  plan, act, proof, heal,  // act is written "do"
  start, exit, stopped, continued,
  probe, end,
};

struct Event {
  Type type{};
  Phase phase = Phase::none;

  // Common to all events. In a recording these come from the file's header,
  // the recorder counts n from 1 and reads the clock.
  std::string process;
  std::int64_t incarnation = 0;
  std::int64_t trial = 0;
  std::int64_t n = 0;
  std::int64_t time = 0;  // CLOCK_MONOTONIC, ns

  std::string message;  // TRIAL/PRODUCER/SEQ; absent on a delivery that is not ours ("alien")
  std::string key;
  std::string digest;  // XXH3-128 of run, message, key and body, 32 hex digits
  std::string flags;   // "canary" or "end"
  std::optional<std::int64_t> attempt;
  std::string channel;
  std::string transaction;
  std::string copy;  // names one stored copy: "queue/17", "stream/5-0"
  std::string error;

  std::string session;
  std::string group;
  std::string position;
  std::string tag;  // names a delivery within its session
  std::optional<std::int64_t> asked;  // when the poll began that got a delivery, or that had no answer in time, ns
  std::optional<bool> redelivered;
  std::optional<std::int64_t> count;  // deliveries of this copy so far, this one included, says the system

  std::string writer;  // sink.row: the incarnation whose effect it is, "consumer-0#2"
  std::optional<bool> committed;

  std::string kind;        // fault: kill; ack: ack, commit, nack, reject; stored.row: dead-letter
  std::string trigger;     // fault: "producer-0:P.before_send#3" or "random#17"
  std::string target;      // fault: "broker"
  std::string last_point;  // fault.proof: last window the target (or, foreign target, the trigger) passed
  std::optional<std::int64_t> wait_status;  // as waitpid reports it
  std::optional<std::int64_t> in_flight;    // fault.proof: messages invoked and not yet acknowledged by a consumer
  std::string window;

  std::optional<std::int64_t> pid;
  std::string status;  // process: "ready", "exit 0", "signal 9"; a dead letter: expired, rejected, limit or overflow;
                       // fault.proof of the network: "reset 2 connections"

  std::optional<bool> empty;                 // drain
  std::optional<std::int64_t> ready, leased, delayed, prepared;  // backlog

  std::string level;   // environment: "warn" or "error"
  std::string source;  // environment: who noticed; drain.end: "backlog", "silence" or "marker"; fault.proof: "command", "proxy"
  std::string line;

  std::optional<std::int64_t> part;  // effect, sink.row: which of the effects that one processing has
  std::string name;                  // fence: whose earlier incarnations it shuts out, "consumer-0"
  std::optional<std::int64_t> epoch;  // fence: those before this one; an incarnation's epoch is its number
  std::optional<bool> duplicate;     // send.ok: the system says that it had it before

  // fault.proof of the network, what it did: bytes that vanished, were held back or came late; connections that were
  // refused while there was no way.
  std::optional<std::int64_t> bytes, connections;

  bool operator==(const Event&) const = default;
};

// One table serves the binary form, JSON lines and every printer.
struct Field {
  using Text = std::string Event::*;
  using Number = std::optional<std::int64_t> Event::*;
  using Flag = std::optional<bool> Event::*;

  std::string_view name;
  std::variant<Text, Number, Flag> member;
};

// All fields but the common ones, in the order in which they are written. The
// position in this list is a field's number in binary files: append only.
std::span<const Field> fields();

// All of them, in the order of their numbers.
std::vector<Type> all_types();
std::vector<Phase> all_phases();

std::string_view name(Type type);
std::string_view name(Phase phase);
std::optional<Type> type_named(std::string_view name);
std::optional<Phase> phase_named(std::string_view name);

// Whether an event of this type can be in this phase, as in CONTRACTS 1.3.
bool fits(Type type, Phase phase);

// "send.ok", "deliver", "sink.row": the short name used in reports and stories.
std::string short_name(const Event& event);

// "consumer-0#2"
std::string incarnation_name(std::string_view process, std::int64_t incarnation);

// "consumer-0" -> "consumer": what processes of one kind have in common.
std::string role_of(std::string_view process);

}  // namespace assay
