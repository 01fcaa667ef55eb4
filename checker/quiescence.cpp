// When may a missing message be called lost? Only when the history shows that
// nothing more could have come (CONTRACTS 2.4).
#include <algorithm>
#include <limits>

#include "checker/judge-parts.hpp"

namespace assay {

bool is_agent(const std::string& process) { return process != "harness" && process != "broker"; }
bool is_of_pipeline(const std::string& process) { return role_of(process) == "pipeline"; }

namespace {

constexpr std::size_t fewest_polls = 3;

bool all_zero(const Event& backlog) {
  return backlog.ready.value_or(-1) == 0 && backlog.leased.value_or(-1) == 0 && backlog.delayed.value_or(-1) == 0 &&
         backlog.prepared.value_or(-1) == 0;
}

// Q1, Q2: every agent's last incarnation came to an orderly end after the drain.
std::string unfinished_process(const Case& it, std::int64_t drained) {
  std::map<std::string, std::int64_t> last;
  for (const auto& recording : it.trial.recordings)
    if (is_agent(recording.process)) {
      auto& incarnation = last[recording.process];
      incarnation = std::max(incarnation, recording.incarnation);
    }
  if (!last.contains("auditor")) return "no auditor has looked";
  for (const auto& [process, incarnation] : last) {
    const auto name = incarnation_name(process, incarnation);
    const auto end = it.facts.course.ends.find(name);
    if (end == it.facts.course.ends.end()) return name + " has no end on record";
    if (end->second.status != "exit 0") return name + " ended with " + end->second.status;
    if (end->second.time < drained) return name + " ended before the drain";
  }
  return {};
}

// Q1, Q2 for a pipeline: nobody asks it to end before the drain has ended, and it
// owes nobody an orderly status. Who was neither killed nor outlived the drain
// left a message in nobody's hands.
std::string unfinished_pipeline(const Case& it, std::int64_t drained) {
  if (it.ground.pipeline_ms == 0) return {};
  std::map<std::string, std::int64_t> last;
  for (const auto& [name, started] : it.facts.course.starts)
    if (const auto [process, incarnation] = split_incarnation(name); is_of_pipeline(process))
      last[process] = std::max(last[process], incarnation);
  if (last.empty()) return "no pipeline was started";
  for (const auto& [process, incarnation] : last) {
    const auto name = incarnation_name(process, incarnation);
    const auto end = it.facts.course.ends.find(name);
    if (end == it.facts.course.ends.end()) return name + " has no end on record";
    if (end->second.time < drained) return name + " ended before the drain";
  }
  return {};
}

// Q1, Q4: whoever was stopped went on; an agent also finished, for a zombie that
// lives may still send, apply or acknowledge.
std::string unfinished_zombie(const Case& it, std::int64_t drained) {
  for (const auto& [name, stopped] : it.facts.course.stopped) {
    const auto continued = it.facts.course.continued.find(name);
    if (continued == it.facts.course.continued.end() || continued->second < stopped)
      return name + " was stopped and did not go on";
    const auto process = split_incarnation(name).first;
    if (!is_agent(process)) continue;
    const auto end = it.facts.course.ends.find(name);
    if (end == it.facts.course.ends.end()) return name + " was stopped, went on and has no end on record";
    if (is_of_pipeline(process) && end->second.time < drained) return name + " was stopped, went on and ended before the drain";
    if (is_of_pipeline(process)) continue;
    if (end->second.status != "exit 0") return name + " ended with " + end->second.status;
  }
  return {};
}

// Q3: on every path one canary that was sent after the healing has arrived.
std::string missing_canary(const Case& it, std::int64_t healed) {
  std::map<std::string, bool> arrived;  // producer -> yes
  for (const auto& [id, account] : it.facts.accounts) {
    if (!account.planned) continue;
    const auto first = id.find('/'), second = id.rfind('/');
    if (first == second) continue;
    auto& through = arrived[id.substr(first + 1, second - first - 1)];
    if (!account.canary) continue;
    const auto invoked = account.first_invoked();
    if (!invoked || *invoked < healed) continue;
    through |= it.ground.has_consumers ? !account.deliveries.empty() : !account.copies.empty();
  }
  if (arrived.empty()) return "no canary is in the plan";
  for (const auto& [producer, through] : arrived)
    if (!through) return "no canary of " + producer + " came through";
  return {};
}

// Q4 (a): the backlog, authoritative and asked twice, was empty after the last
// heal, and nothing was delivered from then on.
std::string backlog_left(const Case& it, std::int64_t healed, std::int64_t drained) {
  std::vector<const Event*> asked;
  for (const auto ref : it.facts.course.backlogs)
    if (it.at(ref).time > healed && it.at(ref).time <= drained) asked.push_back(&it.at(ref));
  if (asked.size() < 2) return "the backlog was not asked twice";
  const auto& first = *asked[asked.size() - 2];
  if (!all_zero(first) || !all_zero(*asked.back())) return "the backlog did not drain";
  for (const auto& [id, account] : it.facts.accounts)
    for (const auto& delivery : account.deliveries)
      if (delivery.time > first.time) return id + " was delivered after the backlog was empty";
  return {};
}

std::int64_t last_delivery(const Case& it) {
  auto last = std::numeric_limits<std::int64_t>::min();
  for (const auto& [id, account] : it.facts.accounts)
    for (const auto& delivery : account.deliveries) last = std::max(last, delivery.time);
  for (const auto ref : it.facts.alien_deliveries) last = std::max(last, it.at(ref).time);
  return last;
}

// Q4 (a) around a pipeline: what is in its hands no channel shows. Both must have
// been empty for twice as long as it may hold a message, with nothing delivered
// meanwhile, and still be when it is gone. The last delivery is no earlier than
// that of a canary that was sent after the healing.
std::string held_by_pipeline(const Case& it, std::int64_t drained) {
  const auto since = last_delivery(it);
  const Event* first = nullptr;
  const Event* last = nullptr;
  for (const auto ref : it.facts.course.backlogs) {
    const auto& asked = it.at(ref);
    if (asked.time <= since || asked.time > drained) continue;
    if (!all_zero(asked)) first = nullptr;
    else if (!first) first = &asked;
    last = &asked;
  }
  const auto span_ms = 2 * it.ground.pipeline_ms;
  if (!first || last->time - first->time < span_ms * 1'000'000)
    return "the channels around the pipeline were not empty for " + std::to_string(span_ms) + " ms after the last delivery";
  if (!all_zero(it.at(it.facts.course.backlogs.back()))) return "something came out of the pipeline after the drain";
  return {};
}

// Q4 (b): each consumer that lived to the end polled in vain, three times or more
// in a row and for long enough, since the last heal and the last message that
// anybody was given.
std::string silence_broken(const Case& it, std::int64_t healed, std::int64_t drained) {
  auto since = healed;
  for (const auto& [id, account] : it.facts.accounts)
    for (const auto& delivery : account.deliveries)
      if (!account.marker) since = std::max(since, delivery.time);

  bool any = false;
  for (const auto& recording : it.trial.recordings) {
    const auto name = incarnation_name(recording.process, recording.incarnation);
    const auto end = it.facts.course.ends.find(name);
    const bool lived = end != it.facts.course.ends.end() && end->second.time >= drained;
    if (!recording.process.starts_with("consumer") || !lived) continue;
    any = true;
    std::vector<const Event*> empty;
    for (const auto& event : recording.events) {
      if (event.type != Type::drain || event.time > drained) continue;
      if (!event.empty.value_or(false) || event.asked.value_or(0) <= since) empty.clear();
      else empty.push_back(&event);
    }
    if (empty.size() < fewest_polls) return name + " did not poll in vain three times";
    if (*empty.back()->asked - empty.front()->time < it.ground.silence_ms * 1'000'000)
      return name + " did not hear nothing for " + std::to_string(it.ground.silence_ms) + " ms";
  }
  return any ? "" : "no consumer was there to hear nothing";
}

// Q5: whatever backlog the system can tell, though it may not know it all, is 0 too.
std::string backlog_told(const Case& it, std::int64_t healed, std::int64_t drained) {
  const Event* last = nullptr;
  for (const auto ref : it.facts.course.backlogs)
    if (it.at(ref).time > healed && it.at(ref).time <= drained) last = &it.at(ref);
  return last && all_zero(*last) ? "" : "the backlog was not told to be empty";
}

// A log partition is passed when its end marker came through; on a queue an end
// marker proves nothing, for it overtakes whatever is leased.
std::string end_marker_missing(const Case& it) {
  bool any = false;
  for (const auto& [id, account] : it.facts.accounts) {
    if (!account.marker || account.canary) continue;
    any = true;
    if (account.deliveries.empty()) return "end marker " + id + " did not come through";
  }
  return any ? "" : "no end marker is in the plan";
}

// The scan is whole: the auditor's last event is the backlog it asks behind it.
std::string audit_unfinished(const Case& it, std::int64_t drained) {
  for (const auto& recording : it.trial.recordings) {
    if (recording.process != "auditor") continue;
    if (recording.events.empty() || recording.events.back().type != Type::backlog ||
        recording.events.back().time < drained)
      return "the auditor did not finish its scan";
  }
  return {};
}

}  // namespace

std::string why_not_quiescent(const Case& it) {
  const auto& course = it.facts.course;
  if (course.fault_do && !course.fault_heal) return "the fault was not healed";
  if (!course.drain_end) return "the drain has no end";
  const auto& end = it.at(*course.drain_end);
  if (!end.empty.value_or(false)) return "the drain ended before the system was empty";

  const auto healed = it.healed().value_or(std::numeric_limits<std::int64_t>::min());
  if (auto why = unfinished_process(it, end.time); !why.empty()) return why;
  if (auto why = unfinished_pipeline(it, end.time); !why.empty()) return why;
  if (auto why = unfinished_zombie(it, end.time); !why.empty()) return why;
  if (auto why = missing_canary(it, healed); !why.empty()) return why;

  const bool by_marker = it.ground.shape == Ground::Shape::log && end.source == "marker";
  if (by_marker) {
    if (auto why = end_marker_missing(it); !why.empty()) return why;
  } else if (it.ground.has_consumers && !it.ground.backlog_authoritative) {
    if (auto why = silence_broken(it, healed, end.time); !why.empty()) return why;
    if (auto why = backlog_told(it, healed, end.time); !why.empty()) return why;
  } else if (it.ground.has_consumers) {  // without them the backlog is what is stored, and stays
    if (auto why = it.ground.pipeline_ms > 0 ? held_by_pipeline(it, end.time) : backlog_left(it, healed, end.time);
        !why.empty())
      return why;
  }
  return audit_unfinished(it, end.time);
}

}  // namespace assay
