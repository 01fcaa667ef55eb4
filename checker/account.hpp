// All a history says, sorted by what it is about: each message's account, and
// what the supervisor and the auditor put on record about the trial itself.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "checker/history/trial.hpp"

namespace assay {

// The state of a send at the end of the history, CONTRACTS 1.5.
enum class SendState : std::uint8_t { never, failed, maybe, acked };

struct Attempt {
  std::int64_t number = 0;
  std::int64_t incarnation = 0;  // of its producer
  EventRef invoke;                     // the completion, where nobody recorded when it began
  std::int64_t invoked = 0;           // ns; the least there is, where nobody recorded it
  std::optional<EventRef> completion;  // none: open at the end, nobody can tell
  Phase outcome = Phase::indeterminate;
};

struct DeliveryRecord {
  EventRef deliver;
  std::int64_t time = 0;
  std::optional<EventRef> ack_invoke;
  std::optional<EventRef> ack_end;
  Phase ack_outcome = Phase::none;  // none: no ack was tried
  std::optional<EventRef> given_back, given_back_end;  // it went back unprocessed, to come again,
  bool rejected = false;                               // or never to come again
};

// A consumer's own word about one part of what it made of a message.
struct EffectRecord {
  EventRef begin;
  std::optional<EventRef> done;
  std::int64_t part = 0;
  std::string transaction;
};

struct Account {
  std::string message;
  bool planned = false;
  bool marker = false;  // canary or end marker
  bool canary = false;
  EventRef plan;
  std::string key, digest;

  std::vector<Attempt> attempts;
  std::vector<DeliveryRecord> deliveries;
  std::vector<EffectRecord> effects;
  std::vector<EventRef> rows;    // in the sink
  std::vector<EventRef> copies;  // in the system at the end
  std::vector<EventRef> dead_letters;  // set aside as undeliverable

  SendState state() const;
  std::optional<std::int64_t> first_invoked() const;
};

// What a consumer did in one transaction. Its name says whose it is and of which
// epoch: "consumer-0#2/17".
struct TransactionRecord {
  std::string name;
  std::string process;
  std::int64_t epoch = 0;
  std::vector<EffectRecord> writes;
  std::optional<EventRef> commit_invoke, commit_end, abort_end;
  Phase commit = Phase::none, abort = Phase::none;  // their outcomes
  EventRef last;  // what was recorded of it last
};

// Earlier incarnations of `name`, those before `epoch`, are shut out.
struct FenceRecord {
  std::string name;
  std::int64_t epoch = 0;
  EventRef answer;
};

struct ProcessEnd {
  EventRef event;
  std::int64_t time = 0;
  std::string status;
};

// What happened to the trial, in the supervisor's words.
struct Course {
  std::optional<EventRef> fault_plan, fault_do, fault_proof, fault_heal;
  std::map<std::string, ProcessEnd> ends;      // "consumer-0#1" -> how it ended
  std::map<std::string, std::int64_t> starts;  // "broker#2" -> when it was ready
  std::vector<std::int64_t> broker_restarts;   // when a later broker incarnation was ready
  std::optional<EventRef> drain_end;
  std::vector<EventRef> backlogs;              // the auditor's, in order
  std::map<std::string, std::int64_t> sessions;  // session -> when it was opened
  std::map<std::string, std::int64_t> stopped, continued;  // "consumer-0#1" -> when a pause or stall began, was over
};

struct Facts {
  std::map<std::string, Account> accounts;
  std::vector<EventRef> alien_deliveries, alien_rows, alien_copies;  // a dead letter is a copy
  std::map<std::string, TransactionRecord> transactions;
  std::vector<FenceRecord> fences;  // answered ones, in time order
  Course course;
};

// In a foreign history an answer without an invocation tells of its send, too, and
// an ack may name a message where ours name a tag.
enum class RecordedBy : std::uint8_t { us, others };

Facts gather(const Trial& trial, RecordedBy who = RecordedBy::us);

// "consumer-0#2" -> {"consumer-0", 2}; no number: 0. What follows the number
// does not count.
std::pair<std::string, std::int64_t> split_incarnation(const std::string& name);

}  // namespace assay
