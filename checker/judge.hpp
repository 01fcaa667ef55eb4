// Finds what a trial's history shows: anomalies with their witnesses, how often
// each clause could have failed, and what cannot be told.
//
// judge() is a pure function: it opens no file, reads no clock and knows no
// process. It judges every clause at every scope and knows no claim; what the
// findings mean for a claim is weigh's business (weigh.hpp).
//
// Two rules carry the weight (CONTRACTS 1.5, 2.4).
//
//   * A send without an answer is indeterminate. Its message may appear once or
//     not at all; neither is an anomaly.
//
//   * A missing message is lost only when the history itself shows that nothing
//     more could have come: faults healed, canaries through, the backlog found
//     empty twice, every process at its end, the auditor done. Otherwise it is
//     unresolved.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "checker/contract.hpp"
#include "checker/history/trial.hpp"
#include "checker/rules.hpp"

namespace assay {

// A history that nobody here planned, and what is known of it (CONTRACTS 2.8).
struct Checked {
  bool complete = false;  // somebody vouches that the reader had all there was
  bool planned = false;   // it names its messages; otherwise they are those that somebody sent
  bool attempts = false;  // sends without an answer are in it, so that whatever is not in it was never sent
  bool timed = false;     // its times can be compared
  bool acks = false;      // consumers' acknowledgements are in it
  bool deliveries = true; // what consumers were given is in it

  bool operator==(const Checked&) const = default;
};

// What kind of thing was tested, as far as it changes the meaning of a history.
struct Ground {
  enum class Shape : std::uint8_t { queue, log, fan_out };
  Shape shape = Shape::queue;
  bool lists_stored = true;       // the auditor's scan shows every stored copy
  bool has_consumers = true;      // consumers and a sink are part of the plan
  bool foreign_broker = false;    // the broker marks no windows of its own
  std::int64_t request_timeout_ms = 0;  // how long an agent waits for an answer; 0: nobody has said
  std::int64_t progress_ms = 0;   // how long a canary may take after the healing; 0: nobody has said
  bool backlog_authoritative = true;  // an empty backlog means that the system owes nothing; else silence has to say so
  std::int64_t silence_ms = 0;    // and for how long: twice the system's longest timer
  bool attached = false;          // the broker is not ours: it is faulted by command, and has no wait status
  std::set<std::string> foreign_agents;  // roles, as "consumer", whose program is the user's: it may mark no windows
  std::int64_t pipeline_ms = 0;   // how long a pipeline of the user's may hold a message that no channel shows; 0: there is none
  bool has_sink = true;           // effects of consumers can be seen
  std::int64_t parts = 0;         // how many records a consumer sends on for each message; 0: it has effects of its own
  bool transactions = false;      // and whether it does so in transactions
  bool one_path = false;          // agents share their way to the server, so that a fault of the network hits them all
  std::optional<Checked> checked; // empty: a run of ours
  Rules rules;                    // what the system does by itself, and what of that is declared to excuse a loss

  bool operator==(const Ground&) const = default;
};

// The fewest events that prove one anomaly, in time order.
struct Witness {
  ClauseAt clause;
  Anomaly anomaly{};
  std::string message;  // empty for an alien delivery
  std::string origin;   // CONTRACTS 2.2: "redelivery", "producer-restart", "not stored" ...
  std::string what;     // "12/producer-0/17 took effect twice"
  std::vector<EventRef> events;

  bool operator==(const Witness&) const = default;
};

// One clause at one scope in one trial.
struct ClauseFinding {
  ClauseAt clause;
  std::int64_t exercised = 0;           // antecedents while a fault was at work
  std::int64_t exercised_calm = 0;      // antecedents in all
  bool across_restart = false;          // redel-honest: some redelivery spanned a broker restart
  bool beyond_window = false;           // dedup: something was sent again after its id may have been forgotten
  std::vector<Witness> witnesses;       // one per message and anomaly
  std::vector<std::string> unresolved;  // messages nobody can decide, with a reason each
  std::int64_t forfeited = 0;           // no-loss: messages that are missing and owed to nobody
  std::map<Excuse, std::int64_t> excused;  // no-loss: messages that are missing by a rule that the profile declares
  std::optional<std::int64_t> accepted_again_ms, dropped_ms;  // dedup: the least age at which an id was stored again, the greatest at which it was not
  std::int64_t unlisted = 0;            // more messages with an anomaly, counted and without a witness
  std::int64_t unlisted_unresolved = 0;

  bool operator==(const ClauseFinding&) const = default;
};

// All there are, listed or not.
std::int64_t violations_of(const ClauseFinding& finding);
std::int64_t unresolved_of(const ClauseFinding& finding);

// The trial's planned fault and whether it counts.
struct FaultFinding {
  std::string name;     // "kill:broker@producer-0:P.before_send#3", "kill:broker@random#4"
  std::string kind;     // "kill"
  std::string target;   // "broker"
  std::string trigger;  // "producer-0:P.before_send#3", "random#4"
  bool landed = false;
  std::string why_not;  // empty when landed
  std::string cell;     // window or class where it struck: "C.received", "broker:idle"; empty: none known
  std::int64_t occurrence = 0;  // 0 for random faults
  std::int64_t in_flight = 0;
  bool group_went_on = false;   // the group received something after the fault

  bool operator==(const FaultFinding&) const = default;
};

// Sums over messages; canaries and end markers are left out.
struct Accounts {
  std::int64_t planned = 0, sent = 0, acked = 0, failed = 0, unanswered = 0;
  std::int64_t stored = 0, deliveries = 0, redeliveries = 0, effects = 0;
  std::int64_t lost = 0, duplicated = 0, unresolved = 0, recovered = 0;
  std::int64_t dead_letters = 0, excused = 0;

  bool operator==(const Accounts&) const = default;
};

struct Judgement {
  std::int64_t trial = 0;
  std::optional<FaultFinding> fault;  // empty: the control trial
  std::vector<ClauseFinding> clauses;
  Accounts accounts;

  std::vector<std::string> environment;  // reasons why this trial is no evidence
  std::vector<std::string> gaps;         // incarnations whose recording is damaged, and how
  bool quiescent = false;
  std::string not_quiescent;  // the first condition of CONTRACTS 2.4 that fails
  bool anything_arrived = false;  // a message or a canary was delivered (stored, without consumers)

  // What the incarnations passed: the control trial's is the plan's universe.
  std::map<std::string, std::set<std::string>> reached;  // window -> processes
  std::map<std::string, std::map<std::string, std::int64_t>> hits;  // process -> window -> times

  bool operator==(const Judgement&) const = default;

  const ClauseFinding* find(ClauseAt clause) const;
  bool violates(ClauseAt clause) const;
};

Judgement judge(const Trial& trial, const Ground& ground);

}  // namespace assay
