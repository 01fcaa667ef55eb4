#include "checker/lists.hpp"

#include <limits>

#include "checker/history/foreign-line.hpp"
#include "checker/judge-parts.hpp"

namespace assay {
namespace {

constexpr std::size_t no_line = std::numeric_limits<std::size_t>::max();

// What all lines together say of an id.
struct Tally {
  std::uint32_t acked = 0, attempted = 0, failed = 0, received = 0;
  std::size_t sent_at = no_line;                                // the line that decides its state
  std::size_t received_at = no_line, again_at = no_line;

  SendState state() const {
    if (acked > 0) return SendState::acked;
    if (attempted > 0) return SendState::maybe;
    return failed > 0 ? SendState::failed : SendState::never;
  }
};

class Counting {
 public:
  Counting(const PlainLines& plain, const std::vector<std::string>& files, Scope scope, const Checked& checked)
      : plain_(plain), scope_(scope), checked_(checked), tallies_(plain.ids()) {
    out_.evidence.files = files;
    if (!files.empty()) out_.evidence.file = files.front();
  }

  JudgedLists run() {
    for (std::size_t at = 0; at < plain_.lines().size(); ++at) count(at);
    find_lost();
    find_duplicated();
    find_unsent();
    add({.clause = {Clause::no_corruption, scope_}});  // ids have no content
    find_failed();
    if (scope_ == Scope::delivered)
      for (const auto clause : {Clause::ack_durable, Clause::redel_honest, Clause::fifo, Clause::lease_exclusive})
        add({.clause = {clause, scope_}, .unresolved = {"a list of ids has no times"}});
    sum();
    return std::move(out_);
  }

 private:
  void count(std::size_t at) {
    const auto& line = plain_.lines()[at];
    auto& tally = tallies_[line.id];
    const auto before = tally.state();
    switch (line.what) {
      case Plain::acked: ++tally.acked; break;
      case Plain::attempted: ++tally.attempted; break;
      case Plain::failed: ++tally.failed; break;
      case Plain::delivered:
        if (tally.received == 0) tally.received_at = at;
        if (tally.received == 1) tally.again_at = at;
        ++tally.received;
        return;
    }
    if (tally.state() != before) tally.sent_at = at;
  }

  template <typename Take>
  void for_each(const Take& take) const {
    for (std::uint32_t id = 0; id < tallies_.size(); ++id) take(id, tallies_[id]);
  }

  void find_lost() {
    ClauseFinding finding{.clause = {Clause::no_loss, scope_}};
    for_each([&](std::uint32_t id, const Tally& tally) {
      if (tally.state() != SendState::acked) return;
      ++finding.exercised_calm;
      if (tally.received > 0) return;
      if (checked_.complete) witness(finding, Anomaly::lost, id, "", words_of_loss(scope_), {tally.sent_at});
      else leave_open(finding, id, ": acknowledged, not seen");
    });
    add(std::move(finding));
  }

  void find_duplicated() {
    ClauseFinding finding{.clause = {Clause::no_dup, scope_}};
    for_each([&](std::uint32_t id, const Tally& tally) {
      if (tally.received > 0) finding.exercised_calm = 1;
      if (tally.received > 1)
        witness(finding, Anomaly::duplicated, id, tally.acked > 1 ? "sent more than once, too" : "",
                words_of_duplicate(scope_, tally.received), {tally.sent_at, tally.received_at, tally.again_at});
    });
    if (!checked_.complete && finding.exercised_calm > 0)
      finding.unresolved.push_back("a second copy may still be on its way");
    add(std::move(finding));
  }

  void find_unsent() {
    ClauseFinding finding{.clause = {Clause::no_phantom, scope_}};
    for_each([&](std::uint32_t id, const Tally& tally) {
      finding.exercised_calm += tally.received;
      if (tally.received == 0 || tally.state() != SendState::never) return;
      if (checked_.attempts)
        witness(finding, Anomaly::phantom, id, "never sent", " was seen and nobody sent it", {tally.received_at});
      else leave_open(finding, id, " was seen and its send is not on record");
    });
    add(std::move(finding));
  }

  void find_failed() {
    ClauseFinding finding{.clause = {Clause::no_aborted, scope_}};
    for_each([&](std::uint32_t id, const Tally& tally) {
      if (tally.state() != SendState::failed) return;
      ++finding.exercised_calm;
      if (tally.received > 0)
        witness(finding, Anomaly::aborted_read, id, "failed send", " failed for certain and was seen all the same",
                {tally.sent_at, tally.received_at});
    });
    add(std::move(finding));
  }

  void witness(ClauseFinding& finding, Anomaly anomaly, std::uint32_t id, std::string origin, const std::string& what,
               const std::vector<std::size_t>& lines) {
    if (finding.witnesses.size() >= most_listed) {
      ++finding.unlisted;
      return;
    }
    const std::string text(plain_.text(id));
    Witness found{finding.clause, anomaly, text, std::move(origin), text + what, {}};
    for (const auto at : lines)
      if (at != no_line) found.events.push_back(evidence_of(plain_.lines()[at]));
    finding.witnesses.push_back(std::move(found));
  }

  void leave_open(ClauseFinding& finding, std::uint32_t id, const std::string& what) {
    if (finding.unresolved.size() < most_listed) finding.unresolved.push_back(std::string(plain_.text(id)) + what);
    else ++finding.unlisted_unresolved;
  }

  EventRef evidence_of(const PlainLine& line) {
    Event event = event_of(line.what, plain_.text(line.id));
    if (line.what == Plain::delivered && scope_ != Scope::delivered) {
      event.type = scope_ == Scope::committed ? Type::sink_row : Type::stored_row;
      event.process = "auditor";
    }
    auto& recordings = out_.evidence.recordings;
    std::size_t r = 0;
    while (r < recordings.size() && recordings[r].process != event.process) ++r;
    if (r == recordings.size()) recordings.emplace_back().process = event.process;
    event.n = static_cast<std::int64_t>(recordings[r].events.size()) + 1;
    recordings[r].events.push_back(std::move(event));
    recordings[r].places.push_back(line.place);
    return {r, recordings[r].events.size() - 1};
  }

  void add(ClauseFinding finding) { out_.judgement.clauses.push_back(std::move(finding)); }

  void sum() {
    auto& judgement = out_.judgement;
    auto& sums = judgement.accounts;
    std::int64_t received = 0, in_common = 0;
    for_each([&](std::uint32_t, const Tally& tally) {
      const auto state = tally.state();
      sums.sent += state != SendState::never;
      sums.acked += state == SendState::acked;
      sums.failed += state == SendState::failed;
      sums.unanswered += state == SendState::maybe;
      sums.recovered += state == SendState::maybe && tally.received > 0;
      if (tally.received > 1) sums.redeliveries += tally.received - 1;
      received += tally.received;
      in_common += state != SendState::never && tally.received > 0;
      out_.sent_repeatedly += tally.acked > 1;
    });
    sums.planned = sums.sent;
    (scope_ == Scope::stored ? sums.stored : scope_ == Scope::committed ? sums.effects : sums.deliveries) = received;
    sums.lost = violations_of(*judgement.find({Clause::no_loss, scope_}));
    sums.unresolved = unresolved_of(*judgement.find({Clause::no_loss, scope_}));
    sums.duplicated = violations_of(*judgement.find({Clause::no_dup, scope_}));
    judgement.quiescent = checked_.complete;
    judgement.not_quiescent = checked_.complete ? "" : incomplete_words;
    judgement.anything_arrived = received > 0;
    out_.nothing_in_common = sums.sent > 0 && received > 0 && in_common == 0;
  }

  const PlainLines& plain_;
  Scope scope_;
  const Checked& checked_;
  std::vector<Tally> tallies_;
  JudgedLists out_;
};

}  // namespace

JudgedLists judge_lists(const PlainLines& plain, const std::vector<std::string>& files, Scope scope, const Checked& checked) {
  return Counting(plain, files, scope, checked).run();
}

}  // namespace assay
