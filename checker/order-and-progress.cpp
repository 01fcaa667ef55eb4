// Two clauses that are claimed by name and speak of more than one message's
// account: the order of a producer's messages, and whether the path works again
// (CONTRACTS 2.6: fifo, progress).
#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "checker/history/log-place.hpp"
#include "checker/judge-parts.hpp"

namespace assay {

namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

// A message as its producer sent it.
struct Sent {
  const Account* account = nullptr;
  std::int64_t invoked = never, answered = never;
  std::int64_t invoked_by = 0, answered_by = 0;  // incarnations
  EventRef invoke, answer;
};

// Sends of one producer to one channel, of a log to one partition of it; further
// on, deliveries of one session.
using Path = std::tuple<std::string, std::string>;

Sent sent(const Case& it, const Account& account) {
  Sent send{.account = &account};
  for (const auto& attempt : account.attempts) {
    if (attempt.invoked < send.invoked)
      send.invoked = attempt.invoked, send.invoked_by = attempt.incarnation, send.invoke = attempt.invoke;
    if (attempt.outcome != Phase::ok || it.at(*attempt.completion).time >= send.answered) continue;
    send.answered = it.at(*attempt.completion).time, send.answered_by = attempt.incarnation;
    send.answer = *attempt.completion;
  }
  return send;
}

// first's answer before second's sending, in their producer's own order. Two
// incarnations have one only if the first had ended: a zombie's sends overlap.
bool in_order(const Case& it, const std::string& producer, const Sent& first, const Sent& second) {
  if (first.answered >= second.invoked) return false;
  if (first.answered_by == second.invoked_by) return true;
  const auto end = it.facts.course.ends.find(incarnation_name(producer, first.answered_by));
  return end != it.facts.course.ends.end() && end->second.time < second.invoked;
}

// The message's first delivery, where the history can tell that it was the
// first: one marked as repeated was given before to somebody who recorded nothing.
const Event* first_delivery(const Case& it, const Account& account) {
  const DeliveryRecord* first = nullptr;
  for (const auto& delivery : account.deliveries)
    if (!first || delivery.time < first->time) first = &delivery;
  if (!first) return nullptr;
  const auto& event = it.at(first->deliver);
  const bool repeated = event.redelivered.value_or(false) || event.count.value_or(1) > 1;
  return repeated ? nullptr : &event;
}

EventRef ref_of_first(const Account& account) {
  return std::min_element(account.deliveries.begin(), account.deliveries.end(),
                          [](const auto& a, const auto& b) { return a.time < b.time; })->deliver;
}

// Where the message lies: of several copies the one that was delivered first
// speaks, else the one that an answer named.
std::optional<LogPlace> place_of_message(const Case& it, const Account& account) {
  if (!account.deliveries.empty()) return log_place(it.at(ref_of_first(account)));
  for (const auto& attempt : account.attempts)
    if (attempt.completion)
      if (const auto place = log_place(it.at(*attempt.completion))) return place;
  return std::nullopt;
}

std::map<Path, std::vector<Sent>> sends_by_path(const Case& it) {
  std::map<Path, std::vector<Sent>> paths;
  for (const auto& [id, account] : it.facts.accounts) {
    if (!account.planned || account.attempts.empty()) continue;
    const auto send = sent(it, account);
    const auto& event = it.at(send.invoke);
    auto channel = event.channel;
    if (it.ground.shape == Ground::Shape::log) {
      const auto place = place_of_message(it, account);
      if (!place) continue;  // there is no order between partitions, and nobody knows its
      channel = place->partition;
    }
    paths[{event.process, channel}].push_back(send);
  }
  for (auto& [path, sends] : paths)
    std::stable_sort(sends.begin(), sends.end(), [](const Sent& a, const Sent& b) { return a.invoked < b.invoked; });
  return paths;
}

// Pairs that could have been turned around, and of those the ones with the
// fault between.
void count_pairs(const Case& it, const std::string& producer, const std::vector<Sent>& sends, ClauseFinding& finding) {
  const Sent* before = nullptr;
  for (const auto& send : sends) {
    if (send.account->marker) continue;
    const Sent* first = std::exchange(before, &send);
    if (!first || !in_order(it, producer, *first, send)) continue;
    const auto* one = first_delivery(it, *first->account);
    const auto* two = first_delivery(it, *send.account);
    if (!one || !two || one->session != two->session) continue;
    ++finding.exercised_calm;
    if (it.landed() && first->invoked <= *it.struck() && *it.struck() <= send.invoked) ++finding.exercised;
  }
}

// Through a session's first deliveries in their order: whoever comes after a
// message that was sent only once he was answered has been overtaken. Of those
// seen, the latest sending of each incarnation says it all.
void find_overtaken(const Case& it, const std::string& producer, std::vector<Sent>& seen, ClauseFinding& finding) {
  std::stable_sort(seen.begin(), seen.end(), [&](const Sent& a, const Sent& b) {
    return it.at(ref_of_first(*a.account)).time < it.at(ref_of_first(*b.account)).time;
  });
  std::map<std::int64_t, const Sent*> latest;
  for (const auto& one : seen) {
    for (const auto& [incarnation, other] : latest) {
      if (!in_order(it, producer, one, *other)) continue;
      const auto& id = one.account->message;
      finding.witnesses.push_back({finding.clause, Anomaly::reordered, id, "overtaken",
                                   id + " was delivered after " + other->account->message +
                                       ", which was sent after its answer",
                                   {one.invoke, one.answer, other->invoke, ref_of_first(*other->account),
                                    ref_of_first(*one.account)}});
      break;  // one witness a message
    }
    auto& last = latest[one.invoked_by];
    if (!last || last->invoked < one.invoked) last = &one;
  }
}

// Where its answer says that a message lies; and the first of its places in that
// partition that anybody saw.
std::optional<std::int64_t> answered_at(const Case& it, const Sent& sent, const std::string& partition) {
  if (sent.answered == never) return std::nullopt;
  const auto place = log_place(it.at(sent.answer));
  return place && place->partition == partition ? std::optional(place->offset) : std::nullopt;
}

std::optional<LogPlace> lowest_place(const Case& it, const Sent& sent, const std::string& partition, EventRef& seen) {
  std::optional<LogPlace> lowest;
  const auto look = [&](EventRef ref) {
    const auto place = log_place(it.at(ref));
    if (!place || place->partition != partition || (lowest && lowest->offset <= place->offset)) return;
    lowest = place;
    seen = ref;
  };
  for (const auto& attempt : sent.account->attempts)
    if (attempt.outcome == Phase::ok && attempt.completion) look(*attempt.completion);
  for (const auto ref : sent.account->copies) look(ref);
  for (const auto& delivery : sent.account->deliveries) look(delivery.deliver);
  return lowest;
}

// In the log itself: who was sent only after another's answer lies behind it. Of
// those answered before, the furthest of each incarnation says it all.
void find_turned_in_log(const Case& it, const std::string& producer, const std::string& partition, const std::vector<Sent>& sends,
                        ClauseFinding& finding) {
  std::vector<const Sent*> by_answer;
  for (const auto& send : sends)
    if (answered_at(it, send, partition)) by_answer.push_back(&send);
  std::stable_sort(by_answer.begin(), by_answer.end(), [](auto* a, auto* b) { return a->answered < b->answered; });
  std::map<std::int64_t, const Sent*> furthest;
  std::size_t next = 0;
  for (const auto& later : sends) {  // by when they were sent
    for (; next < by_answer.size() && by_answer[next]->answered < later.invoked; ++next) {
      auto& of = furthest[by_answer[next]->answered_by];
      if (!of || *answered_at(it, *of, partition) < *answered_at(it, *by_answer[next], partition)) of = by_answer[next];
    }
    EventRef seen;
    const auto lowest = lowest_place(it, later, partition, seen);
    if (!lowest) continue;
    for (const auto& [incarnation, first] : furthest) {
      if (first->account == later.account || lowest->offset >= *answered_at(it, *first, partition)) continue;
      if (!in_order(it, producer, *first, later)) continue;
      const auto& id = later.account->message;
      finding.witnesses.push_back({finding.clause, Anomaly::reordered, id, "in the log",
                                   id + " lies in the log before " + first->account->message + ", after whose answer it was sent",
                                   {first->invoke, first->answer, later.invoke, seen}});
      break;
    }
  }
}

// What became of the canaries that one producer sent after the healing.
struct Canaries {
  std::optional<EventRef> sent, through;  // the first of them, and the first to come through
  bool answered = false;
};

std::map<std::string, Canaries> canaries_after(const Case& it, std::int64_t healed) {
  std::map<std::string, Canaries> producers;
  const auto earlier = [&](std::optional<EventRef>& first, EventRef ref) {
    if (!first || it.at(ref).time < it.at(*first).time) first = ref;
  };
  for (const auto& [id, account] : it.facts.accounts) {
    if (!account.canary || account.attempts.empty() || *account.first_invoked() < healed) continue;
    const auto send = sent(it, account);
    auto& of = producers[it.at(send.invoke).process];
    earlier(of.sent, send.invoke);
    of.answered |= send.answered != never;
    if (it.ground.has_consumers) {
      for (const auto& delivery : account.deliveries) earlier(of.through, delivery.deliver);
    } else if (send.answered != never) {
      earlier(of.through, send.answer);
    }
  }
  return producers;
}

std::string origin_of_standstill(const Canaries& canaries) {
  if (canaries.through) return "late";
  return canaries.answered ? "answered, not delivered" : "not answered";
}

}  // namespace

ClauseFinding find_reordered(const Case& it) {
  ClauseFinding finding{.clause = {Clause::fifo, Scope::delivered}};
  for (const auto& [path, sends] : sends_by_path(it)) {
    const auto& producer = std::get<0>(path);
    count_pairs(it, producer, sends, finding);
    if (it.ground.shape == Ground::Shape::log) find_turned_in_log(it, producer, std::get<1>(path), sends, finding);
    std::map<std::string, std::vector<Sent>> by_session;
    for (const auto& send : sends)
      if (const auto* first = first_delivery(it, *send.account)) by_session[first->session].push_back(send);
    for (auto& [session, seen] : by_session) find_overtaken(it, producer, seen, finding);
  }
  if (!it.quiescent) finding.unresolved.push_back("a message that was overtaken may still be on its way");
  return finding;
}

// A system may lose one canary by its contract, and then a later one shows that
// the path works: the bound is the path's, from its first canary on.
ClauseFinding find_stuck(const Case& it) {
  ClauseFinding finding{.clause = {Clause::progress, Scope::delivered}};
  const auto bound = it.ground.progress_ms * 1'000'000;
  if (it.facts.course.fault_do && !it.facts.course.fault_heal) {
    finding.unresolved.push_back("the fault was not healed");
    return finding;
  }
  const auto drained = it.facts.course.drain_end;
  const auto healed = it.healed().value_or(std::numeric_limits<std::int64_t>::min());
  for (const auto& [producer, canaries] : canaries_after(it, healed)) {
    ++finding.exercised_calm;
    if (it.landed()) ++finding.exercised;
    const auto due = it.at(*canaries.sent).time + bound;
    if (canaries.through && it.at(*canaries.through).time <= due) continue;
    if (!canaries.through && (!drained || it.at(*drained).time < due)) {
      finding.unresolved.push_back("the canaries of " + producer + ": the history ends within the bound");
      continue;
    }
    std::vector<EventRef> events{*canaries.sent, canaries.through ? *canaries.through : *drained};
    if (it.facts.course.fault_heal) events.insert(events.begin(), *it.facts.course.fault_heal);
    finding.witnesses.push_back(
        {finding.clause, Anomaly::stuck, it.at(*canaries.sent).message, origin_of_standstill(canaries),
         "no canary of " + producer + " came through within " + std::to_string(it.ground.progress_ms) + " ms",
         std::move(events)});
  }
  if (finding.exercised_calm == 0) finding.unresolved.push_back("no canary was sent after the healing");
  return finding;
}

}  // namespace assay
