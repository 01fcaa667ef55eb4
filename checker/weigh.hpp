// Weighs the judgements of a run's trials against what was claimed: a verdict,
// and what it rests on. CONTRACTS 2.5 and 2.8 have the rules.
//
// `violated` needs one witness. `upheld` needs every claimed clause exercised
// to its floor by faults that landed in every window that matters. Everything
// else is `inconclusive`, with a reason.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "checker/judge.hpp"

namespace assay {

// Ordered: when several are combined, the greatest wins.
enum class Verdict : std::uint8_t { upheld, inconclusive, violated };

// Why a verdict is inconclusive. Ordered: the greatest is named first.
// not_applicable belongs to clauses only and counts for nothing.
enum class Reason : std::uint8_t { none, not_applicable, not_exercised, unresolved, recorder_gap, environment, interrupted };

struct Floors {
  std::int64_t per_cell = 3;      // landed faults per relevant (window, kind, target)
  std::int64_t faults = 30;       // landed faults per clause
  std::int64_t antecedents = 30;  // times a clause could have failed

  bool operator==(const Floors&) const = default;
};

// Whether floors count landed faults (a run) or only antecedents (a history
// that somebody else recorded).
enum class Evidence : std::uint8_t { faults, history };

struct Terms {
  Claim claim;  // its scope is set
  bool claimed = true;  // false: nobody claims anything, and there is no verdict; what holds is still found
  Floors floors;
  std::set<std::string> kinds;         // fault kinds of the profile: "kill", "stop", "pause", "stall", "cut", "delay", "hold"
  std::set<std::string> targets;       // "producer", "consumer", "broker": who is faulted
  std::set<Clause> not_applicable;     // decided from the profile
  Ground ground;
  Evidence evidence = Evidence::faults;
  std::optional<double> until_p;       // --until p<0.05: every relevant cell's upper bound must be below it

  bool operator==(const Terms&) const = default;
};

// One (window, kind, target) and what landed there.
struct Cell {
  std::string window;  // or a class: "broker:send-open"
  std::string kind;
  std::string target;  // process name without its number for agents: "producer", "consumer", "broker"
  std::int64_t planned = 0, landed = 0, violating = 0;
  std::int64_t occurrences = 0;    // different ones among the landed
  std::int64_t floor = 0;          // 0: observed, not relevant
  std::set<std::string> anomalies; // of claimed clauses
  std::int64_t decided = 0, decided_violating = 0;  // landed faults whose trial came to rest or violated
  double upper = 1;                // 95 % bounds of the probability that a fault here violates
  std::optional<double> lower;     // where one did

  bool operator==(const Cell&) const = default;
};

struct ClauseVerdict {
  ClauseAt clause;
  bool claimed = false;
  Verdict verdict = Verdict::inconclusive;
  Reason reason = Reason::none;
  std::string detail;  // "12 of 30 landed faults", for people
  std::int64_t exercised = 0, floor = 0;
  std::int64_t landed = 0;
  std::int64_t violations = 0;

  bool operator==(const ClauseVerdict&) const = default;
};

// A witness and the trial it is from.
struct Found {
  std::int64_t trial = 0;
  std::string fault;  // the trial's name; "control"
  std::string cell;
  Witness witness;

  bool operator==(const Found&) const = default;
};

// What the landed faults of all relevant cells say in numbers (evidence.hpp).
struct Bounds {
  std::int64_t windows = 0, cells = 0;  // relevant ones
  std::int64_t decided = 0, decided_violating = 0;
  std::int64_t fewest = 0;  // decided faults in the cell that has the fewest
  double widest = 1;        // the greatest upper bound of a cell, each taken for itself
  double pooled = 1;        // 95 % upper bound for a fault drawn from the mix that landed; of no single window
  double joint = 1;         // "every cell's p is below this" holds at 95 % for all cells together (Bonferroni)

  // Of a violated run.
  std::optional<std::int64_t> faults_until_violation;  // landed ones up to the first, in the order of the trials
  std::optional<double> duplicates_per_kill;           // duplicated messages at the claim's scope per landed kill

  bool operator==(const Bounds&) const = default;
};

// For how long a system was seen to know an id, in any trial.
struct MeasuredWindow {
  std::optional<std::int64_t> accepted_again_ms;  // the least age at which one was stored again; it was no older
  std::optional<std::int64_t> dropped_ms;         // the greatest at which one was not; it was no younger

  bool operator==(const MeasuredWindow&) const = default;
};

struct Weighing {
  Verdict verdict = Verdict::inconclusive;
  Reason reason = Reason::none;
  std::string detail;
  std::vector<ClauseVerdict> clauses;  // claimed ones first
  std::vector<Cell> cells;             // in the order of a message's path
  std::vector<Found> found;            // claimed anomalies, one per (clause, anomaly, cell), the most certain first
  std::map<std::string, std::int64_t> anomalies;            // all kinds seen, with counts; of a forbidden one, at the claimed scope
  std::set<std::string> forbidden;                          // those of them that the claim forbids
  std::vector<std::string> strongest;                       // "at-least-once @ committed"
  std::string strongest_reason;                             // why it is empty
  std::int64_t trials = 0, landed = 0, not_landed = 0, environment = 0;
  std::vector<std::string> lowered_floors;                  // "3 -> 1 per window"
  std::vector<std::string> notes;
  Accounts accounts;
  Bounds bounds;
  MeasuredWindow dedup_window;

  bool operator==(const Weighing&) const = default;
};

// `interrupted`: the run ended before its plan did.
Weighing weigh(const std::vector<Judgement>& judgements, const Terms& terms, bool interrupted);

// Whether a trial has to be run again: it did not land, or met an environment
// fault. An anomaly is never repeated away, nor is an unresolved message.
bool must_repeat(const Judgement& judgement);

// Whether nothing outside the contract disturbed a trial.
bool is_evidence(const Judgement& judgement);

std::string_view name(Verdict verdict);
std::string_view name(Reason reason);

// judgement.json: what `check` must give again, byte for byte. `trials` holds
// at least those named in weighing.found.
std::string judgement_json(const Weighing& weighing, const std::vector<Trial>& trials, const Terms& terms);

}  // namespace assay
