// commit-safe (CONTRACTS 2.6): when a group's position is confirmed to have moved
// past a message that is owed to it, that message must have taken effect. It is a
// hazard and no loss: a crash at that moment would have made one.
#include <algorithm>
#include <charconv>
#include <limits>

#include "checker/judge-parts.hpp"

namespace assay {

namespace {

struct Place {
  std::string partition;  // "LOG/0"
  std::int64_t position = 0;
};

std::optional<Place> place_of_copy(const std::string& copy) {
  const auto slash = copy.rfind('/');
  if (slash == std::string::npos) return std::nullopt;
  Place place{.partition = copy.substr(0, slash)};
  const auto* const end = copy.data() + copy.size();
  const auto read = std::from_chars(copy.data() + slash + 1, end, place.position);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return place;
}

// A confirmed move of the group's position.
struct Move {
  std::int64_t position = 0;
  const DeliveryRecord* by = nullptr;
  std::int64_t asked = 0, confirmed = 0;
  std::string transaction;
};

// Of each partition, by falling position; each is the earliest that reaches as far.
using Moves = std::map<std::string, std::vector<Move>>;

Moves moves_of(const Case& it) {
  Moves moves;
  for (const auto& [id, account] : it.facts.accounts)
    for (const auto& delivery : account.deliveries) {
      if (delivery.ack_outcome != Phase::confirmed || !delivery.ack_invoke) continue;
      const auto& ack = it.at(*delivery.ack_invoke);
      const auto place = place_of_copy(it.at(delivery.deliver).copy);
      if (ack.kind != "commit" || !place) continue;
      moves[place->partition].push_back({place->position, &delivery, ack.time, it.at(*delivery.ack_end).time, ack.transaction});
    }
  for (auto& [partition, list] : moves) {
    std::stable_sort(list.begin(), list.end(), [](const Move& a, const Move& b) { return a.position > b.position; });
    for (std::size_t i = 1; i < list.size(); ++i)
      if (list[i - 1].asked < list[i].asked) {
        const auto position = list[i].position;
        list[i] = list[i - 1];
        list[i].position = position;
      }
  }
  return moves;
}

// The first move past a place.
const Move* first_past(const Moves& moves, const Place& place) {
  const auto found = moves.find(place.partition);
  if (found == moves.end()) return nullptr;
  const auto& list = found->second;
  const auto behind = std::partition_point(list.begin(), list.end(), [&](const Move& move) { return move.position >= place.position; });
  return behind == list.begin() ? nullptr : &*(behind - 1);
}

const Move* first_past(const Case& it, const Moves& moves, const Account& account) {
  const Move* first = nullptr;
  const auto look = [&](EventRef ref) {
    const auto place = place_of_copy(it.at(ref).copy);
    const auto* move = place ? first_past(moves, *place) : nullptr;
    if (move && (!first || move->asked < first->asked)) first = move;
  };
  for (const auto& delivery : account.deliveries) look(delivery.deliver);
  for (const auto ref : account.copies) look(ref);
  return first;
}

// When an effect can have come true at the earliest, and when it had at the latest.
struct Span {
  std::int64_t from = std::numeric_limits<std::int64_t>::max(), by = std::numeric_limits<std::int64_t>::max();
};

// A transaction that may have been committed was if something of it is there, and
// then no later than its consumer's next fence, which settles what is in doubt.
Span span_of_maybe(const Case& it, const Account& account, const TransactionRecord& transaction) {
  const bool there = std::any_of(account.rows.begin(), account.rows.end(),
                                 [&](EventRef ref) { return it.at(ref).transaction == transaction.name; });
  if (!there && it.quiescent) return {};
  Span span{.from = it.at(*transaction.commit_invoke).time};
  for (const auto& fence : it.facts.fences) {
    const auto answered = it.at(fence.answer).time;
    if (there && fence.name == transaction.process && answered > span.from) span.by = std::min(span.by, answered);
  }
  return span;
}

Span span_of(const Case& it, const Account& account, const EffectRecord& effect, const Move& move) {
  Span span;
  if (effect.transaction.empty()) {
    span.from = it.at(effect.begin).time;
    if (effect.done) span.by = it.at(*effect.done).time;
    return span;
  }
  if (effect.transaction == move.transaction) return {.from = move.asked, .by = move.asked - 1};  // both at once
  const auto found = it.facts.transactions.find(effect.transaction);
  if (found == it.facts.transactions.end()) return {.from = it.at(effect.begin).time};
  const auto& transaction = found->second;
  const auto state = state_of(it, transaction);
  if (state == TransactionState::aborted) return span;
  if (state == TransactionState::maybe) return span_of_maybe(it, account, transaction);
  if (transaction.commit_invoke) span.from = it.at(*transaction.commit_invoke).time;
  if (state == TransactionState::committed) span.by = it.at(*transaction.commit_end).time;
  return span;
}

enum class Standing { safe, unsafe, unknown };

// Whether all parts had come true when the position was asked to move.
Standing standing_of(const Case& it, const Account& account, const Move& move) {
  auto standing = Standing::safe;
  for (std::int64_t part = 1; part <= it.ground.parts; ++part) {
    bool done = false, possible = false;
    for (const auto& effect : account.effects) {
      if (effect.part != part) continue;
      const auto span = span_of(it, account, effect, move);
      done |= span.by < move.asked;
      possible |= span.from < move.confirmed;
    }
    if (!done && !possible) return Standing::unsafe;
    if (!done) standing = Standing::unknown;
  }
  return standing;
}

}  // namespace

ClauseFinding find_hazards(const Case& it) {
  ClauseFinding finding{.clause = {Clause::commit_safe, Scope::delivered}};
  const auto moves = moves_of(it);
  for (const auto& [id, account] : it.facts.accounts) {
    if (account.marker || !account.planned || !is_owed(it, account, Scope::committed)) continue;
    const auto* move = first_past(it, moves, account);
    if (!move) continue;
    ++finding.exercised_calm;
    if (it.landed()) ++finding.exercised;
    const auto standing = standing_of(it, account, *move);
    if (standing == Standing::unknown) finding.unresolved.push_back(id + ": passed while it may have taken effect or not");
    if (standing != Standing::unsafe) continue;
    std::vector<EventRef> events{move->by->deliver, *move->by->ack_invoke, *move->by->ack_end};
    for (const auto& effect : account.effects) events.push_back(effect.begin);
    std::stable_sort(events.begin(), events.end(), [&](EventRef a, EventRef b) { return it.at(a).time < it.at(b).time; });
    finding.witnesses.push_back({finding.clause, Anomaly::skipped, id, "hazard",
                                 id + " was passed by the confirmed position before it had taken effect: a crash then loses it",
                                 std::move(events)});
  }
  return finding;
}

}  // namespace assay
