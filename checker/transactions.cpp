// What consumers send on, in parts and in transactions (CONTRACTS 1.5, 2.6):
// txn-atomic, precommit-invisible, fenced, and the aborted transactions of
// no-aborted.
//
// What a transaction came to is told by its consumer's record; what is seen of it
// by the rows that the auditor found, which carry its name.
#include <algorithm>
#include <set>
#include <tuple>

#include "checker/judge-parts.hpp"

namespace assay {

namespace {

// The rows of each transaction; those that name none, or one that nobody has on
// record, can be held against no transaction.
struct Seen {
  std::map<std::string, std::vector<EventRef>> rows;
  std::vector<std::string> strange;  // the messages of the others
};

Seen seen(const Case& it) {
  Seen seen;
  for (const auto& [id, account] : it.facts.accounts)
    for (const auto ref : account.rows) {
      const auto& name = it.at(ref).transaction;
      if (it.facts.transactions.contains(name)) seen.rows[name].push_back(ref);
      else if (!account.marker) seen.strange.push_back(id);
    }
  return seen;
}

const std::vector<EventRef>& rows_of(const Seen& seen, const TransactionRecord& transaction) {
  static const std::vector<EventRef> none;
  const auto found = seen.rows.find(transaction.name);
  return found == seen.rows.end() ? none : found->second;
}

void leave_open_what_is_strange(const Seen& seen, ClauseFinding& finding) {
  for (const auto& id : seen.strange) finding.unresolved.push_back(id + " has an effect of a transaction that is not on record");
}

void leave_open_unless_at_rest(const Case& it, ClauseFinding& finding) {
  if (!it.quiescent) finding.unresolved.push_back("more may still come of a transaction");
}

std::optional<std::int64_t> time_of(const Case& it, std::optional<EventRef> ref) {
  return ref ? std::optional(it.at(*ref).time) : std::nullopt;
}

bool has_sent(const TransactionRecord& transaction) {
  return std::any_of(transaction.writes.begin(), transaction.writes.end(), [](const auto& write) { return write.done.has_value(); });
}

// The story of a transaction as evidence: what was sent, asked and answered, and
// what was seen of it.
std::vector<EventRef> story_of(const Case& it, const TransactionRecord& transaction, const std::vector<EventRef>& rows) {
  std::vector<EventRef> events;
  for (const auto& write : transaction.writes) {
    events.push_back(write.begin);
    if (write.done) events.push_back(*write.done);
  }
  for (const auto& ref : {transaction.commit_invoke, transaction.commit_end, transaction.abort_end, it.facts.course.fault_proof})
    if (ref) events.push_back(*ref);
  events.insert(events.end(), rows.begin(), rows.end());
  std::stable_sort(events.begin(), events.end(), [&](EventRef a, EventRef b) { return it.at(a).time < it.at(b).time; });
  return events;
}

// One witness a message, each with all of the transaction's story.
void witness_rows(const Case& it, ClauseFinding& finding, const TransactionRecord& transaction, const std::vector<EventRef>& rows,
                  Anomaly anomaly, const std::string& origin, const std::string& what) {
  std::set<std::string> told;
  for (const auto ref : rows) {
    const auto& id = it.at(ref).message;
    if (!told.insert(id).second) continue;
    finding.witnesses.push_back({finding.clause, anomaly, id, origin, id + what, story_of(it, transaction, rows)});
  }
}

void count(const Case& it, ClauseFinding& finding) {
  ++finding.exercised_calm;
  if (it.landed()) ++finding.exercised;
}

// --- txn-atomic ---

// Part by part, what the transaction sent and what is seen of it.
std::vector<std::pair<std::string, std::int64_t>> missing_of(const Case& it, const TransactionRecord& transaction,
                                                              const std::vector<EventRef>& rows) {
  std::set<std::pair<std::string, std::int64_t>> there;
  for (const auto ref : rows) there.insert({it.at(ref).message, it.at(ref).part.value_or(0)});
  std::vector<std::pair<std::string, std::int64_t>> missing;
  for (const auto& write : transaction.writes)
    if (write.done && !there.contains({it.at(write.begin).message, write.part}))
      missing.emplace_back(it.at(write.begin).message, write.part);
  return missing;
}

// Of a transaction that may have been committed one row shows that it was.
void find_torn_transactions(const Case& it, ClauseFinding& finding) {
  const auto all = seen(it);
  leave_open_what_is_strange(all, finding);
  for (const auto& [name, transaction] : it.facts.transactions) {
    if (!has_sent(transaction)) continue;
    const auto& rows = rows_of(all, transaction);
    const auto state = state_of(it, transaction);
    if (state != TransactionState::committed) count(it, finding);
    const bool owed = state == TransactionState::committed || (state == TransactionState::maybe && !rows.empty());
    if (!owed) continue;
    const auto missing = missing_of(it, transaction, rows);
    if (missing.empty()) continue;
    const auto& [id, part] = missing.front();
    const auto what = id + ": part " + std::to_string(part) + " of the committed transaction " + name + " is not there";
    if (!it.quiescent) finding.unresolved.push_back(what);
    else
      finding.witnesses.push_back({finding.clause, Anomaly::torn, id, "transaction", what + (rows.empty() ? "" : ", and others are"),
                                   story_of(it, transaction, rows)});
  }
}

// Without transactions, by message: somebody began to send on and never got to
// the last part.
bool was_cut_short(const Case& it, const Account& account) {
  std::map<std::pair<std::string, std::int64_t>, std::int64_t> balance;  // incarnation -> first parts begun less last parts done
  for (const auto& effect : account.effects) {
    const auto& begin = it.at(effect.begin);
    auto& sum = balance[{begin.process, begin.incarnation}];
    sum += effect.part == 1;
    sum -= effect.part == it.ground.parts && effect.done;
  }
  return std::any_of(balance.begin(), balance.end(), [](const auto& entry) { return entry.second > 0; });
}

void find_torn_messages(const Case& it, ClauseFinding& finding) {
  for (const auto& [id, account] : it.facts.accounts) {
    if (account.marker || !account.planned) continue;
    if (was_cut_short(it, account)) count(it, finding);
    const auto parts = rows_by_part(it, account);
    if (parts[0] > 0) {
      finding.unresolved.push_back(id + " has an effect that does not say which part it is");
      continue;
    }
    const auto missing = std::find(parts.begin() + 1, parts.end(), 0);
    if (account.rows.empty() || missing == parts.end()) continue;
    const auto what = id + ": part " + std::to_string(missing - parts.begin()) + " is not there, and others are";
    if (!it.quiescent) {
      finding.unresolved.push_back(what);
      continue;
    }
    std::vector<EventRef> events;
    for (const auto& effect : account.effects) events.push_back(effect.begin);
    if (it.facts.course.fault_proof) events.push_back(*it.facts.course.fault_proof);
    events.insert(events.end(), account.rows.begin(), account.rows.end());
    finding.witnesses.push_back({finding.clause, Anomaly::torn, id, "no transaction", what, std::move(events)});
  }
}

// --- fenced ---

// The first answered fence that shuts the transaction's incarnation out.
const FenceRecord* fence_of(const Case& it, const TransactionRecord& transaction) {
  for (const auto& fence : it.facts.fences)
    if (fence.name == transaction.process && fence.epoch > transaction.epoch) return &fence;
  return nullptr;
}

// Its parts that came after `time`: all of them where its commit was asked for
// later, for no part of it was there to stay before.
std::vector<EventRef> rows_after(const Case& it, const TransactionRecord& transaction, const std::vector<EventRef>& rows,
                                 std::int64_t time) {
  const auto asked = time_of(it, transaction.commit_invoke);
  if (asked && *asked > time) return rows;
  std::vector<EventRef> after;
  for (const auto ref : rows) {
    const auto& row = it.at(ref);
    const auto wrote = std::find_if(transaction.writes.begin(), transaction.writes.end(), [&](const EffectRecord& write) {
      return it.at(write.begin).message == row.message && write.part == row.part.value_or(0);
    });
    if (wrote != transaction.writes.end() && it.at(wrote->begin).time > time) after.push_back(ref);
  }
  return after;
}

}  // namespace

TransactionState state_of(const Case& it, const TransactionRecord& transaction) {
  if (transaction.commit == Phase::commit_ok) return TransactionState::committed;
  if (transaction.commit == Phase::commit_fail || transaction.abort == Phase::abort_ok) return TransactionState::aborted;
  if (transaction.commit_invoke) return TransactionState::maybe;
  // An abort that was asked for before any commit is one, whatever became of the call.
  const bool over = transaction.abort != Phase::none || it.quiescent ||
                    it.facts.course.ends.contains(incarnation_name(transaction.process, transaction.epoch));
  return over ? TransactionState::aborted : TransactionState::open;
}

std::vector<std::int64_t> rows_by_part(const Case& it, const Account& account) {
  std::vector<std::int64_t> parts(static_cast<std::size_t>(it.ground.parts) + 1);
  for (const auto ref : account.rows) {
    const auto part = it.at(ref).part.value_or(0);
    ++parts[part > 0 && part <= it.ground.parts ? static_cast<std::size_t>(part) : 0];
  }
  return parts;
}

ClauseFinding find_torn(const Case& it) {
  ClauseFinding finding{.clause = {Clause::txn_atomic, Scope::delivered}};
  if (it.ground.transactions) find_torn_transactions(it, finding);
  else find_torn_messages(it, finding);
  leave_open_unless_at_rest(it, finding);
  return finding;
}

ClauseFinding find_early_reads(const Case& it) {
  ClauseFinding finding{.clause = {Clause::precommit_invisible, Scope::delivered}};
  const auto all = seen(it);
  leave_open_what_is_strange(all, finding);
  for (const auto& [name, transaction] : it.facts.transactions) {
    if (!has_sent(transaction)) continue;
    const auto asked = time_of(it, transaction.commit_invoke);
    std::vector<EventRef> early;
    for (const auto ref : rows_of(all, transaction))
      if (!asked || it.at(ref).time < *asked) early.push_back(ref);
    if (!asked || !early.empty()) count(it, finding);
    witness_rows(it, finding, transaction, early, Anomaly::early_read, "uncommitted",
                 " was seen before anybody had asked for the commit of " + name);
  }
  leave_open_unless_at_rest(it, finding);
  return finding;
}

ClauseFinding find_zombie_writes(const Case& it) {
  ClauseFinding finding{.clause = {Clause::fenced, Scope::delivered}};
  const auto all = seen(it);
  leave_open_what_is_strange(all, finding);
  for (const auto& [name, transaction] : it.facts.transactions) {
    const auto* fence = fence_of(it, transaction);
    if (!fence) continue;
    const auto answered = it.at(fence->answer).time;
    if (it.at(transaction.last).time <= answered || time_of(it, transaction.commit_invoke).value_or(answered + 1) <= answered) continue;
    count(it, finding);
    auto rows = rows_after(it, transaction, rows_of(all, transaction), answered);
    const auto before = finding.witnesses.size();
    witness_rows(it, finding, transaction, rows, Anomaly::zombie_write, "shut out",
                 " took effect in " + name + ", which went on after " + incarnation_name(fence->name, fence->epoch) +
                     " had shut it out");
    for (auto i = before; i < finding.witnesses.size(); ++i) {
      auto& events = finding.witnesses[i].events;
      events.push_back(fence->answer);
      std::stable_sort(events.begin(), events.end(), [&](EventRef a, EventRef b) { return it.at(a).time < it.at(b).time; });
    }
  }
  leave_open_unless_at_rest(it, finding);
  return finding;
}

void find_aborted_transactions(const Case& it, ClauseFinding& finding) {
  const auto all = seen(it);
  leave_open_what_is_strange(all, finding);
  for (const auto& [name, transaction] : it.facts.transactions) {
    if (!has_sent(transaction) || state_of(it, transaction) != TransactionState::aborted) continue;
    count(it, finding);
    witness_rows(it, finding, transaction, rows_of(all, transaction), Anomaly::aborted_read, "aborted transaction",
                 " is seen of " + name + ", which was not committed");
  }
}

}  // namespace assay
