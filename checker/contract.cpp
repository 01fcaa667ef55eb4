#include "checker/contract.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace assay {

namespace {

template <typename Value>
struct Named {
  Value value;
  std::string_view name;
};

constexpr std::array scope_names{
    Named{Scope::stored, "stored"},
    Named{Scope::delivered, "delivered"},
    Named{Scope::committed, "committed"},
};

constexpr std::array guarantee_names{
    Named{Guarantee::at_most_once, "at-most-once"},
    Named{Guarantee::at_least_once, "at-least-once"},
    Named{Guarantee::exactly_once, "exactly-once"},
};

constexpr std::array anomaly_names{
    Named{Anomaly::lost, "lost"},
    Named{Anomaly::duplicated, "duplicated"},
    Named{Anomaly::phantom, "phantom"},
    Named{Anomaly::corrupted, "corrupted"},
    Named{Anomaly::aborted_read, "aborted-read"},
    Named{Anomaly::redelivered_after_ack, "redelivered-after-ack"},
    Named{Anomaly::misflagged, "misflagged"},
    Named{Anomaly::reordered, "reordered"},
    Named{Anomaly::zombie_write, "zombie-write"},
    Named{Anomaly::stuck, "stuck"},
    Named{Anomaly::torn, "torn"},
    Named{Anomaly::early_read, "early-read"},
    Named{Anomaly::skipped, "skipped"},
    Named{Anomaly::dedup_failed, "dedup-failed"},
    Named{Anomaly::dedup_swallowed, "dedup-swallowed"},
    Named{Anomaly::dead_letter_lost, "dead-letter-lost"},
    Named{Anomaly::expired_wrongly, "expired-wrongly"},
};

constexpr std::array clauses{
    ClauseEntry{Clause::no_loss, "no-loss", Anomaly::lost, "every acknowledged message is there at the end",
                "acknowledged messages that were in the system when a fault struck", true},
    ClauseEntry{Clause::no_dup, "no-dup", Anomaly::duplicated, "no message is there more than once",
                "landed faults after which the group went on receiving", true},
    ClauseEntry{Clause::no_phantom, "no-phantom", Anomaly::phantom, "nothing is there that nobody sent",
                "items seen in trials with a landed fault", true},
    ClauseEntry{Clause::no_corruption, "no-corruption", Anomaly::corrupted, "what is there is what was sent",
                "items seen in trials with a landed fault", true},
    ClauseEntry{Clause::no_aborted, "no-aborted", Anomaly::aborted_read, "a send that failed for certain leaves nothing",
                "sends that failed for certain", true},
    ClauseEntry{Clause::ack_durable, "ack-durable", Anomaly::redelivered_after_ack,
                "a confirmed acknowledgement survives a restart of the broker",
                "confirmed acknowledgements before a restart of the broker and a new session", false},
    ClauseEntry{Clause::redel_honest, "redel-honest", Anomaly::misflagged,
                "a repeated delivery is marked as such and counted", "repeated deliveries", false},
    ClauseEntry{Clause::fifo, "fifo", Anomaly::reordered,
                "what one producer sent in order is first delivered in that order within a session",
                "consecutive sends of one producer with a fault between, first delivered in one session", false},
    ClauseEntry{Clause::lease_exclusive, "lease-exclusive", Anomaly::zombie_write,
                "no session acknowledges for good what was already given to another",
                "answered acknowledgements of copies that another session had been given", false},
    ClauseEntry{Clause::progress, "progress", Anomaly::stuck,
                "after the fault is healed a canary of each producer comes through within the bound",
                "producers that sent a canary after a landed fault was healed", false},
    ClauseEntry{Clause::txn_atomic, "txn-atomic", Anomaly::torn,
                "of what is sent on for a message all parts are there, or none",
                "messages or transactions that were cut short with a part sent on", false},
    ClauseEntry{Clause::precommit_invisible, "precommit-invisible", Anomaly::early_read,
                "nobody sees a part before the commit of its transaction is asked for",
                "transactions with a part sent on whose commit nobody had asked for when the reader looked", false},
    ClauseEntry{Clause::fenced, "fenced", Anomaly::zombie_write,
                "once an incarnation is shut out, nothing that it does in a transaction is seen",
                "transactions that went on after their incarnation had been shut out", false},
    ClauseEntry{Clause::commit_safe, "commit-safe", Anomaly::skipped,
                "no confirmed position passes a message that has not taken effect",
                "messages that a confirmed position passed", false},
    ClauseEntry{Clause::offset_unique, "offset-unique", Anomaly::corrupted,
                "an offset of a log holds one record, and what was stored once lies at one offset",
                "offsets seen more than once in trials with a landed fault", false},
    ClauseEntry{Clause::no_gap, "no-gap", Anomaly::skipped,
                "a session passes over nothing that lies in the log between two of its deliveries",
                "pairs of deliveries of one session behind a landed fault", false},
    ClauseEntry{Clause::monotone_redelivery, "monotone-redelivery", Anomaly::reordered,
                "a session begins at the committed position, passes over nothing that nobody was given, and goes forward",
                "sessions that took up a partition behind a landed fault", false},
    ClauseEntry{Clause::max_delivery, "max-delivery", Anomaly::stuck,
                "no copy is handed out more often than the system's limit says",
                "copies that were handed out as often as the limit allows, behind a landed fault", false},
    ClauseEntry{Clause::ttl, "ttl", Anomaly::expired_wrongly,
                "no message is handed out after its time is up, and none is gone before",
                "messages that nobody had been given when their time was up", false},
    ClauseEntry{Clause::dlq_conserve, "dlq-conserve", Anomaly::dead_letter_lost,
                "every acknowledged message is processed, or a dead letter, or expired, and only one of these",
                "messages that were set aside, or should have been", false},
    ClauseEntry{Clause::dedup, "dedup", Anomaly::dedup_failed,
                "what is sent again under one id while the system knows that id is stored once",
                "messages sent again, once stored, while the system knew their ids", false},
    ClauseEntry{Clause::dedup_no_false_positive, "dedup-no-false-positive", Anomaly::dedup_swallowed,
                "what the system says it had before is there", "acknowledged messages in trials with a landed fault", false},
    ClauseEntry{Clause::redel_exact, "redel-exact", Anomaly::misflagged,
                "a delivery is marked as repeated, and counted, exactly when there was one before",
                "first and repeated deliveries behind a landed fault", false},
};

template <typename Table, typename Value>
std::string_view name_in(const Table& table, Value value) {
  for (const auto& entry : table)
    if (entry.value == value) return entry.name;
  return "?";
}

template <typename Table>
auto value_in(const Table& table, std::string_view name) -> std::optional<decltype(table[0].value)> {
  for (const auto& entry : table)
    if (entry.name == name) return entry.value;
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

template <typename Table>
std::string all_names(const Table& table) {
  std::string names;
  for (const auto& entry : table) names += (names.empty() ? "" : ", ") + std::string(entry.name);
  return names;
}

[[noreturn]] void refuse(std::string_view what, std::string_view word, const std::string& expected) {
  throw std::invalid_argument("claim: " + std::string(what) + " expected, not \"" + std::string(word) +
                              "\"; one of: " + expected);
}

}  // namespace

std::span<const ClauseEntry> clause_table() { return clauses; }

const ClauseEntry& entry(Clause clause) {
  return *std::find_if(clauses.begin(), clauses.end(), [&](const ClauseEntry& e) { return e.clause == clause; });
}

std::string_view name(Scope scope) { return name_in(scope_names, scope); }
std::string_view name(Clause clause) { return entry(clause).name; }
std::string_view name(Guarantee guarantee) { return name_in(guarantee_names, guarantee); }
std::string_view name(Anomaly anomaly) { return name_in(anomaly_names, anomaly); }

std::optional<Scope> scope_named(std::string_view name) { return value_in(scope_names, name); }
std::optional<Anomaly> anomaly_named(std::string_view name) { return value_in(anomaly_names, name); }

std::vector<Anomaly> all_anomalies() {
  std::vector<Anomaly> all;
  for (const auto& named : anomaly_names) all.push_back(named.value);
  return all;
}

std::optional<Clause> clause_named(std::string_view name) {
  for (const auto& e : clauses)
    if (e.name == name) return e.clause;
  return std::nullopt;
}

std::string to_string(ClauseAt at) {
  return std::string(name(at.clause)) + (entry(at.clause).scoped ? " @ " + std::string(name(at.scope)) : "");
}

Claim parse_claim(std::string_view text) {
  Claim claim;

  // GUARANTEE [@ SCOPE] {+ CLAUSE}
  auto head = text.substr(0, text.find('+'));
  auto further = head.size() < text.size() ? text.substr(head.size() + 1) : std::string_view{};
  const bool has_further = head.size() < text.size();

  const auto at = head.find('@');
  const auto guarantee = trimmed(head.substr(0, at));
  if (const auto found = value_in(guarantee_names, guarantee)) claim.guarantee = *found;
  else refuse("a guarantee", guarantee, all_names(guarantee_names));

  if (at != std::string_view::npos) {
    const auto scope = trimmed(head.substr(at + 1));
    claim.scope = scope_named(scope);
    if (!claim.scope) refuse("a scope", scope, all_names(scope_names));
  }

  while (has_further) {
    const auto plus = further.find('+');
    const auto word = trimmed(further.substr(0, plus));
    const auto clause = clause_named(word);
    if (!clause) refuse("a clause", word, all_names(clauses));
    if (std::find(claim.further.begin(), claim.further.end(), *clause) == claim.further.end())
      claim.further.push_back(*clause);
    if (plus == std::string_view::npos) break;
    further.remove_prefix(plus + 1);
  }
  std::sort(claim.further.begin(), claim.further.end());
  return claim;
}

std::string to_string(const Claim& claim) {
  std::string text(name(claim.guarantee));
  if (claim.scope) text += " @ " + std::string(name(*claim.scope));
  for (const auto clause : claim.further) text += " + " + std::string(name(clause));
  return text;
}

// CONTRACTS 2.3.
std::vector<ClauseAt> clauses_of(Guarantee guarantee, Scope scope) {
  std::vector<ClauseAt> all;
  if (guarantee != Guarantee::at_most_once) all.push_back({Clause::no_loss, scope});
  if (guarantee != Guarantee::at_least_once) all.push_back({Clause::no_dup, scope});
  all.push_back({Clause::no_phantom, scope});
  all.push_back({Clause::no_corruption, scope});
  if (guarantee == Guarantee::exactly_once) all.push_back({Clause::no_aborted, scope});
  return all;
}

std::vector<ClauseAt> clauses_of(const Claim& claim) {
  auto all = clauses_of(claim.guarantee, claim.scope.value());
  for (const auto clause : claim.further) {
    const ClauseAt at{clause, entry(clause).scoped ? *claim.scope : Scope::delivered};
    if (std::find(all.begin(), all.end(), at) == all.end()) all.push_back(at);
  }
  return all;
}

}  // namespace assay
