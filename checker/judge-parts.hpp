// The parts of judge(): each answers one question about a gathered trial.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "checker/account.hpp"
#include "checker/judge.hpp"

namespace assay {

// One trial as the parts see it.
struct Case {
  const Trial& trial;
  const Ground& ground;
  Facts facts;
  std::optional<FaultFinding> fault;
  bool quiescent = false;

  const Event& at(EventRef ref) const { return event_at(trial, ref); }
  bool checked() const { return ground.checked.has_value(); }

  // When the fault began and was over, ns; nothing without a fault that was done.
  std::optional<std::int64_t> struck() const;
  std::optional<std::int64_t> proved() const;
  std::optional<std::int64_t> healed() const;
  bool landed() const { return fault && fault->landed; }
};

// What a fault's trigger says: "producer-0:P.before_send#3" or "random#17".
struct Trigger {
  bool random = false;
  std::string agent;
  std::string window;
  std::int64_t occurrence = 0;
};

// Did the planned fault happen as planned, and where did it strike? CONTRACTS 2.8.
std::optional<FaultFinding> examine_fault(const Case& it);

// Empty when a fault of this kind on `victim` ("broker#1") is proven, localised
// and over.
std::string why_not_landed(const Case& it, const std::string& kind, const Trigger& trigger, const std::string& victim);

// What an incarnation left behind; nothing: no recording.
const Recording* recording_of(const Trial& trial, const std::string& process, std::int64_t incarnation);

// Whether a process sends or receives messages.
bool is_agent(const std::string& process);

// Whether it is a part of the user's own pipeline, which records nothing: all
// that is known of it are its beginnings and its ends.
bool is_of_pipeline(const std::string& process);

// The first condition of CONTRACTS 2.4 that does not hold; empty: quiescent.
std::string why_not_quiescent(const Case& it);

// The base clauses at one scope, CONTRACTS 2.2.
ClauseFinding find_loss(const Case& it, Scope scope);
ClauseFinding find_duplicates(const Case& it, Scope scope);
ClauseFinding find_phantoms(const Case& it, Scope scope);
ClauseFinding find_corruption(const Case& it, Scope scope);
ClauseFinding find_aborted(const Case& it, Scope scope);

// " was acknowledged and never delivered", " took effect twice"
std::string words_of_loss(Scope scope);
std::string words_of_duplicate(Scope scope, std::size_t count);

// Of a foreign history, while nobody says --complete.
inline constexpr const char* incomplete_words = "nobody vouches that the reader had everything";

// The refinements, CONTRACTS 2.6.
ClauseFinding find_redelivered_after_ack(const Case& it);
ClauseFinding find_misflagged(const Case& it);
ClauseFinding find_reordered(const Case& it);
ClauseFinding find_stale_acks(const Case& it);
ClauseFinding find_stuck(const Case& it);  // needs ground.progress_ms

// What is sent on in parts and in transactions, CONTRACTS 2.6.
ClauseFinding find_torn(const Case& it);          // needs ground.parts
ClauseFinding find_hazards(const Case& it);       // the same
ClauseFinding find_early_reads(const Case& it);   // needs ground.transactions
ClauseFinding find_zombie_writes(const Case& it); // the same
void find_aborted_transactions(const Case& it, ClauseFinding& finding);

// Whether a message is owed to the group, CONTRACTS 2.1.
bool is_owed(const Case& it, const Account& account, Scope scope);

// CONTRACTS 1.5. open: nobody has asked for its commit, and its consumer lives.
enum class TransactionState : std::uint8_t { open, aborted, maybe, committed };
TransactionState state_of(const Case& it, const TransactionRecord& transaction);

// How often each part of a message is in the sink, from part 1 on; what does not
// say which part it is stands at 0.
std::vector<std::int64_t> rows_by_part(const Case& it, const Account& account);

// Those of a log whose copies tell their places.
ClauseFinding find_inconsistent_offsets(const Case& it);
ClauseFinding find_gaps(const Case& it);
ClauseFinding find_nonmonotonic(const Case& it);

// Those of a system's own rules: each needs the limit, or the ability, that it is about.
ClauseFinding find_endless_deliveries(const Case& it);
ClauseFinding find_wrongly_expired(const Case& it);
ClauseFinding find_lost_letters(const Case& it);
ClauseFinding find_dedup_failures(const Case& it);
ClauseFinding find_swallowed(const Case& it);
ClauseFinding find_overflagged(const Case& it);

// Why a missing message is owed to nobody. Neither: no declared rule speaks of it.
struct Excused {
  std::optional<Excuse> excuse;
  std::string doubt;  // or nobody can tell, and why
};
Excused excused(const Case& it, const Account& account);

inline constexpr std::int64_t ns_per_ms = 1'000'000;

// When a send of the message was last answered; nothing: none was.
std::optional<std::int64_t> last_answer(const Case& it, const Account& account);

// Before then it cannot have been too old, by the clock of whoever counts; nothing:
// there is no ttl, or nobody knows when it was stored.
std::optional<std::int64_t> earliest_expiry(const Case& it, const Account& account);

// All deliveries of each stored copy, in time order; markers count too.
std::map<std::string, std::vector<const DeliveryRecord*>> deliveries_by_copy(const Case& it);

// How many different copies the system stored of a message: those the auditor
// found, and those it was allowed to forget because their ack had gone out.
std::size_t copies_of(const Case& it, const Account& account);

}  // namespace assay
