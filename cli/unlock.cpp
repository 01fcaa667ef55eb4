#include "cli/unlock.hpp"

#include <algorithm>

#include "cli/text.hpp"

namespace assay {
namespace {

constexpr const char* complete_option = "--complete, if the reader had all there was";

std::string in_json_lines(const CheckedInput& input, const std::string& fields) {
  return input.lists ? "JSON lines with " + fields : fields;
}

std::string unlock_phantom(const CheckedInput& input) {
  if (input.lists) return "--attempted FILE with the sends that had no answer (an empty file: there were none)";
  return "`attempted` lines for the sends that had no answer";
}

// What the clauses need that speak of more than one message, beside `time` on every line.
std::string unlock_refinement(Clause clause) {
  switch (clause) {
    case Clause::ack_durable: return "`ack` lines, `copy` and `session` on deliveries, `process` lines of the broker, `time`";
    case Clause::redel_honest: return "`redelivered` or `count`, `copy` and `session` on deliveries, `time`";
    case Clause::fifo: return "`send` lines with phase invoke and ok, `session` on deliveries, `time`";
    case Clause::lease_exclusive: return "`ack` lines, `copy` and `session` on deliveries, `time`";
    case Clause::offset_unique:
    case Clause::no_gap:
    case Clause::monotone_redelivery: return "nothing in a file: assay run with a system that is a log";
    case Clause::max_delivery:
    case Clause::ttl:
    case Clause::dlq_conserve:
    case Clause::dedup:
    case Clause::dedup_no_false_positive:
    case Clause::redel_exact: return "nothing in a file: assay run with a system that says what it does";
    case Clause::progress: return "nothing in a file: assay run with evidence.progress_ms";
    case Clause::txn_atomic:
    case Clause::precommit_invisible:
    case Clause::fenced:
    case Clause::commit_safe: return "nothing in a file: assay run with a consumer that sends on";
    default: return "";
  }
}

std::string missing_scope(Scope scope) {
  switch (scope) {
    case Scope::stored: return "`stored` lines, a scan of what the system holds at the end";
    case Scope::delivered: return "`delivered` lines";
    case Scope::committed: return "`effect` lines, a scan of what processing left for good";
  }
  return "";
}

bool carries(const CheckedInput& input, Scope scope) {
  if (input.lists) return true;
  if (scope == Scope::committed) return input.carried.effects;
  if (scope == Scope::stored) return input.carried.copies;
  return input.carried.deliveries || highest_scope(input.carried) == Scope::delivered;
}

bool is_open(const ClauseVerdict& clause) {
  return clause.verdict == Verdict::inconclusive || clause.reason == Reason::not_applicable;
}

}  // namespace

std::string unlock(const CheckedInput& input, const Terms& terms, const ClauseVerdict& clause) {
  if (clause.reason == Reason::recorder_gap) return "a recording without gaps";
  if (clause.reason == Reason::environment) return "a history without an environment fault";
  if (!carries(input, clause.clause.scope)) return in_json_lines(input, missing_scope(clause.clause.scope));
  const bool complete = terms.ground.checked->complete;
  switch (clause.clause.clause) {
    case Clause::no_loss:
      if (clause.reason == Reason::unresolved && !complete) return complete_option;
      return input.lists ? "ids in the --sent list" : "`acked` lines";
    case Clause::no_dup:
      if (clause.reason == Reason::unresolved && !complete) return complete_option;
      return input.lists ? "ids in a --received list" : missing_scope(clause.clause.scope);
    case Clause::no_phantom:
      if (clause.reason == Reason::unresolved) return unlock_phantom(input);
      return input.lists ? "ids in a --received list" : missing_scope(clause.clause.scope);
    case Clause::no_corruption: return in_json_lines(input, "`digest` on both the sends and what was seen");
    case Clause::no_aborted: return in_json_lines(input, "`failed` lines for sends that the system refused");
    default:
      return in_json_lines(input, clause.claimed || input.carried.timed ? unlock_refinement(clause.clause.clause)
                                                 : "`time` on every line, `session`, `copy`, and `ack` lines");
  }
}

std::vector<NotJudged> not_judged(const CheckedInput& input, const Terms& terms, const Weighing& weighing) {
  std::vector<NotJudged> list;
  const auto scope = terms.claim.scope.value();
  for (const bool claimed : {true, false})
    for (const auto& clause : weighing.clauses) {
      const bool beside = clause.clause.scope != scope && entry(clause.clause.clause).scoped;
      if (clause.claimed == claimed && is_open(clause) && !beside)
        list.push_back({std::string(name(clause.clause.clause)), unlock(input, terms, clause), claimed});
    }
  if (!input.carried.timed)
    list.push_back({"no-phantom, seen before it was sent", in_json_lines(input, "`send` lines with phase invoke, and `time` on every line"), false});
  if (!input.lists)
    for (const auto other : {Scope::delivered, Scope::committed, Scope::stored})
      if (other != scope && !carries(input, other))
        list.push_back({"anything @ " + std::string(name(other)), missing_scope(other), false});
  return list;
}

}  // namespace assay
