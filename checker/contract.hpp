// What a profile claims: a guarantee at a scope, and further clauses by name.
// CONTRACTS 2.1 to 2.3 say what each means.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

enum class Scope : std::uint8_t { stored, delivered, committed };

enum class Clause : std::uint8_t {
  no_loss, no_dup, no_phantom, no_corruption, no_aborted,
  ack_durable, redel_honest,
  fifo, lease_exclusive, progress,
  txn_atomic, precommit_invisible, fenced, commit_safe,
  offset_unique, no_gap, monotone_redelivery, max_delivery, ttl, dlq_conserve,
  dedup, dedup_no_false_positive, redel_exact,
};

enum class Guarantee : std::uint8_t { at_most_once, at_least_once, exactly_once };

// A closed list; later issues append.
enum class Anomaly : std::uint8_t {
  lost, duplicated, phantom, corrupted, aborted_read, redelivered_after_ack, misflagged,
  reordered, zombie_write, stuck,
  torn, early_read, skipped,
  dedup_failed, dedup_swallowed, dead_letter_lost, expired_wrongly,
};

// A clause at the scope where it is judged.
struct ClauseAt {
  Clause clause{};
  Scope scope{};

  auto operator<=>(const ClauseAt&) const = default;
};

struct Claim {
  Guarantee guarantee{};
  std::optional<Scope> scope;   // empty: decided by what the run has, see settle()
  std::vector<Clause> further;  // claimed by name, beyond the guarantee

  bool operator==(const Claim&) const = default;
};

// "at-least-once", "exactly-once @ stored + ack-durable". Throws
// std::invalid_argument that says what was expected and the nearest valid word.
Claim parse_claim(std::string_view text);

// The canonical text; parse_claim(to_string(c)) == c.
std::string to_string(const Claim& claim);

// The clauses a guarantee consists of, at this scope.
std::vector<ClauseAt> clauses_of(Guarantee guarantee, Scope scope);

// Everything a claim demands; its scope must be set.
std::vector<ClauseAt> clauses_of(const Claim& claim);

struct ClauseEntry {
  Clause clause;
  std::string_view name;
  Anomaly anomaly;           // what a violation is called, most often
  std::string_view words;    // what it demands, a sentence for people
  std::string_view exercise; // what its antecedent counts, "acknowledged messages in the system at a fault"
  bool scoped;               // false: judged at delivered only
};
std::span<const ClauseEntry> clause_table();
const ClauseEntry& entry(Clause clause);

std::string_view name(Scope scope);
std::string_view name(Clause clause);
std::string_view name(Guarantee guarantee);
std::string_view name(Anomaly anomaly);
std::string to_string(ClauseAt at);  // "no-loss @ committed"
std::optional<Scope> scope_named(std::string_view name);
std::optional<Clause> clause_named(std::string_view name);
std::optional<Anomaly> anomaly_named(std::string_view name);
std::vector<Anomaly> all_anomalies();

}  // namespace assay
