// The clauses that speak of places in a log (CONTRACTS 2.6): what lies at an
// offset, that a session passes over nothing, and where it begins again. They
// are judged where the system is a log and its copies tell their places.
#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "checker/history/log-place.hpp"
#include "checker/judge-parts.hpp"

namespace assay {

namespace {

// A record as somebody saw it, or was told that it is there.
struct Sighting {
  std::string message;  // empty: an alien
  std::int64_t attempt = 0;
  EventRef ref;
};

// A delivery with its place.
struct Step {
  LogPlace place;
  std::int64_t time = 0;
  EventRef ref;
};

struct Acked {
  std::int64_t next = 0;  // the position that it commits
  std::int64_t invoked = 0, ended = 0;  // ended: the end of time, where nobody answered
  bool confirmed = false;
  EventRef end;
};

// All that a history tells of a log.
struct Log {
  std::map<LogPlace, std::vector<Sighting>> sightings;
  std::map<std::string, std::set<std::int64_t>> visible;  // partition -> offsets where a reader finds something
  std::map<std::string, std::vector<Step>> sessions;      // in time order
  std::map<LogPlace, std::int64_t> first_given;           // to anybody of the group
  std::map<std::string, std::vector<Acked>> acks;         // partition -> by when they were asked for
  std::map<std::string, std::vector<std::int64_t>> turns;  // session -> when partitions were assigned or revoked
};

constexpr std::int64_t for_ever = std::numeric_limits<std::int64_t>::max();

void see(const Case& it, Log& log, EventRef ref) {
  const auto& event = it.at(ref);
  if (const auto place = log_place(event)) log.sightings[*place].push_back({event.message, event.attempt.value_or(0), ref});
}

void give(const Case& it, Log& log, const DeliveryRecord& delivery) {
  const auto& event = it.at(delivery.deliver);
  const auto place = log_place(event);
  if (!place) return;
  log.visible[place->partition].insert(place->offset);
  log.sessions[event.session].push_back({*place, delivery.time, delivery.deliver});
  const auto [first, fresh] = log.first_given.try_emplace(*place, delivery.time);
  if (!fresh) first->second = std::min(first->second, delivery.time);
  if (!delivery.ack_invoke) return;
  const bool ended = delivery.ack_end.has_value() && delivery.ack_outcome == Phase::confirmed;
  log.acks[place->partition].push_back({place->offset + 1, it.at(*delivery.ack_invoke).time,
                                        ended ? it.at(*delivery.ack_end).time : for_ever, ended,
                                        ended ? *delivery.ack_end : *delivery.ack_invoke});
}

void find_turns(const Case& it, Log& log) {
  for (const auto& recording : it.trial.recordings)
    for (const auto& event : recording.events)
      if (event.type == Type::session && (event.phase == Phase::assign || event.phase == Phase::revoke))
        log.turns[event.session].push_back(event.time);
}

Log read_log(const Case& it) {
  Log log;
  for (const auto& [id, account] : it.facts.accounts) {
    for (const auto& attempt : account.attempts)
      if (attempt.outcome == Phase::ok && attempt.completion) see(it, log, *attempt.completion);
    for (const auto ref : account.copies) {
      see(it, log, ref);
      const auto place = log_place(it.at(ref));
      if (place && it.at(ref).committed.value_or(true)) log.visible[place->partition].insert(place->offset);
    }
    for (const auto& delivery : account.deliveries) {
      see(it, log, delivery.deliver);
      give(it, log, delivery);
    }
  }
  for (const auto ref : it.facts.alien_deliveries) see(it, log, ref);
  for (const auto ref : it.facts.alien_copies) see(it, log, ref);
  for (auto& [session, steps] : log.sessions)
    std::stable_sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.time < b.time; });
  for (auto& [partition, acks] : log.acks)
    std::stable_sort(acks.begin(), acks.end(), [](const Acked& a, const Acked& b) { return a.invoked < b.invoked; });
  find_turns(it, log);
  return log;
}

bool turned_between(const Log& log, const std::string& session, std::int64_t from, std::int64_t to) {
  const auto turns = log.turns.find(session);
  return turns != log.turns.end() &&
         std::any_of(turns->second.begin(), turns->second.end(), [&](auto time) { return from < time && time <= to; });
}

// The first record between two offsets that a reader would have found and nobody
// of the group had been given until then.
std::optional<LogPlace> passed_over(const Log& log, const std::string& partition, std::int64_t from, std::int64_t to,
                                    std::int64_t until) {
  const auto offsets = log.visible.find(partition);
  if (offsets == log.visible.end()) return std::nullopt;
  for (auto offset = offsets->second.upper_bound(from); offset != offsets->second.end() && *offset < to; ++offset) {
    const auto given = log.first_given.find({partition, *offset});
    if (given == log.first_given.end() || given->second >= until) return LogPlace{partition, *offset};
  }
  return std::nullopt;
}

std::string text_of(const LogPlace& place) { return place.partition + "/" + std::to_string(place.offset); }

// Who lies there, as a witness names it.
const Sighting& first_at(const Log& log, const LogPlace& place) { return log.sightings.at(place).front(); }

void count_step(const Case& it, std::int64_t time, ClauseFinding& finding) {
  ++finding.exercised_calm;
  if (it.landed() && time > *it.struck()) ++finding.exercised;
}

std::int64_t opened(const Case& it, const std::string& session) {
  const auto found = it.facts.course.sessions.find(session);
  return found == it.facts.course.sessions.end() ? 0 : found->second;
}

// Where the group stood for certain when a session was opened: the last position
// that was confirmed by then, or a lower one that may have been written after it.
const Acked* committed_at(const Log& log, const std::string& partition, std::int64_t time) {
  const auto acks = log.acks.find(partition);
  if (acks == log.acks.end()) return nullptr;
  const Acked* last = nullptr;
  for (const auto& ack : acks->second)
    if (ack.confirmed && ack.ended < time) last = &ack;
  if (!last) return nullptr;
  const Acked* lowest = last;
  for (const auto& ack : acks->second)
    if (ack.ended > last->invoked && ack.next < lowest->next) lowest = &ack;
  return lowest;
}

// A session's first delivery from a partition, against all that was before it.
void judge_start(const Case& it, const Log& log, const std::string& session, const Step& step, ClauseFinding& finding) {
  const auto since = opened(it, session);
  const Step* furthest = nullptr;
  for (const auto& [other, steps] : log.sessions)
    for (const auto& earlier : steps)
      if (other != session && earlier.place.partition == step.place.partition && earlier.time < since &&
          (!furthest || earlier.place.offset > furthest->place.offset))
        furthest = &earlier;
  if (!furthest) return;
  count_step(it, step.time, finding);

  const auto& message = it.at(step.ref).message;
  const auto* committed = it.ground.rules.cumulative_acks ? committed_at(log, step.place.partition, since) : nullptr;
  if (committed && step.place.offset < committed->next) {
    finding.witnesses.push_back({finding.clause, Anomaly::redelivered_after_ack, message, "began before the committed position",
                                 session + " began at " + text_of(step.place) + ", and position " +
                                     std::to_string(committed->next) + " had been committed",
                                 {committed->end, step.ref}});
    return;
  }
  if (step.place.offset <= furthest->place.offset) return;
  const auto missed = passed_over(log, step.place.partition, furthest->place.offset, step.place.offset, step.time);
  if (!missed) return;
  const auto& there = first_at(log, *missed);
  finding.witnesses.push_back({finding.clause, Anomaly::skipped, there.message, "jumped forward",
                               session + " began at " + text_of(step.place) + ", and nobody had been given " + text_of(*missed),
                               {furthest->ref, there.ref, step.ref}});
}

}  // namespace

// One offset holds one record. An attempt that lies at several is stored several
// times by the system; a further attempt is the producer's doing.
ClauseFinding find_inconsistent_offsets(const Case& it) {
  ClauseFinding finding{.clause = {Clause::offset_unique, Scope::delivered}};
  const auto log = read_log(it);
  std::map<std::pair<std::string, std::int64_t>, std::pair<LogPlace, EventRef>> places;
  std::set<std::pair<std::string, std::int64_t>> told;
  for (const auto& [place, sightings] : log.sightings) {
    if (sightings.size() > 1) {
      ++finding.exercised_calm;
      if (it.landed()) ++finding.exercised;
    }
    const auto other = std::find_if(sightings.begin(), sightings.end(),
                                    [&](const Sighting& s) { return s.message != sightings.front().message; });
    if (other != sightings.end())
      finding.witnesses.push_back({finding.clause, Anomaly::corrupted, other->message, "two records at one offset",
                                   text_of(place) + " holds " + sightings.front().message + " and " + other->message,
                                   {sightings.front().ref, other->ref}});
    for (const auto& sighting : sightings) {
      if (sighting.message.empty() || sighting.attempt == 0) continue;
      const auto attempt = std::make_pair(sighting.message, sighting.attempt);
      const auto [first, fresh] = places.try_emplace(attempt, place, sighting.ref);
      if (fresh || first->second.first == place || !told.insert(attempt).second) continue;
      finding.witnesses.push_back({finding.clause, Anomaly::duplicated, sighting.message, "one attempt at two offsets",
                                   "one attempt of " + sighting.message + " lies at " + text_of(first->second.first) + " and at " +
                                       text_of(place),
                                   {first->second.second, sighting.ref}});
    }
  }
  return finding;
}

// What lies between two deliveries of one session and was not given to anybody
// of the group is passed over. Offsets where nothing lies are no gap.
ClauseFinding find_gaps(const Case& it) {
  ClauseFinding finding{.clause = {Clause::no_gap, Scope::delivered}};
  const auto log = read_log(it);
  for (const auto& [session, steps] : log.sessions) {
    std::map<std::string, const Step*> last;  // partition -> the delivery before
    for (const auto& step : steps) {
      const Step* before = std::exchange(last[step.place.partition], &step);
      if (!before || turned_between(log, session, before->time, step.time)) continue;
      if (step.place.offset <= before->place.offset) continue;
      count_step(it, step.time, finding);
      const auto missed = passed_over(log, step.place.partition, before->place.offset, step.place.offset, step.time);
      if (!missed) continue;
      const auto& there = first_at(log, *missed);
      finding.witnesses.push_back({finding.clause, Anomaly::skipped, there.message, "within a session",
                                   session + " was given " + text_of(step.place) + " after " + text_of(before->place) +
                                       ", and passed over " + text_of(*missed),
                                   {before->ref, there.ref, step.ref}});
    }
  }
  if (!it.quiescent) finding.unresolved.push_back("not everything that the log holds may have been seen");
  return finding;
}

ClauseFinding find_nonmonotonic(const Case& it) {
  ClauseFinding finding{.clause = {Clause::monotone_redelivery, Scope::delivered}};
  const auto log = read_log(it);
  for (const auto& [session, steps] : log.sessions) {
    std::map<std::string, const Step*> last;
    for (const auto& step : steps) {
      const Step* before = std::exchange(last[step.place.partition], &step);
      if (!before) {
        judge_start(it, log, session, step, finding);
        continue;
      }
      if (turned_between(log, session, before->time, step.time) || step.place.offset > before->place.offset) continue;
      finding.witnesses.push_back({finding.clause, Anomaly::reordered, it.at(step.ref).message, "backwards",
                                   session + " was given " + text_of(step.place) + " after " + text_of(before->place),
                                   {before->ref, step.ref}});
    }
  }
  return finding;
}

}  // namespace assay
