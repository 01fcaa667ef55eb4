#include "checker/carried.hpp"

#include <algorithm>

namespace assay {
namespace {

void note_event(Carried& carried, const Event& event) {
  if (!event.group.empty()) carried.groups.insert(event.group);
  const bool has_content = !event.digest.empty();
  switch (event.type) {
    case Type::plan_message:
      carried.plan = true;
      carried.contents_sent |= has_content;
      return;
    case Type::send:
      carried.attempts |= event.phase == Phase::invoke || event.phase == Phase::indeterminate;
      carried.contents_sent |= has_content;
      return;
    case Type::deliver:
      carried.deliveries = true;
      carried.contents_seen |= has_content;
      return;
    case Type::sink_row:
      carried.effects = true;
      carried.contents_seen |= has_content;
      return;
    case Type::stored_row:
      carried.copies = true;
      carried.contents_seen |= has_content;
      return;
    case Type::ack: carried.acks = true; return;
    case Type::fault: carried.faults += event.phase == Phase::act; return;
    default: return;
  }
}

}  // namespace

Carried carried_by(const std::vector<Trial>& trials, bool timed) {
  Carried carried{.timed = timed};
  for (const auto& trial : trials)
    for (const auto& recording : trial.recordings)
      for (const auto& event : recording.events) note_event(carried, event);
  return carried;
}

Carried carried_by(const PlainLines& plain) {
  Carried carried;
  for (const auto& line : plain.lines()) {
    carried.deliveries |= line.what == Plain::delivered;
    carried.attempts |= line.what == Plain::attempted;
  }
  return carried;
}

Scope highest_scope(const Carried& carried) {
  if (carried.effects) return Scope::committed;
  return carried.copies && !carried.deliveries ? Scope::stored : Scope::delivered;
}

Ground ground_of(const Carried& carried, bool complete) {
  Ground ground;
  ground.lists_stored = carried.copies;
  ground.has_sink = carried.effects;
  ground.has_consumers = highest_scope(carried) != Scope::stored;
  ground.checked = Checked{.complete = complete, .planned = carried.plan, .attempts = carried.attempts,
                           .timed = carried.timed, .acks = carried.acks,
                           .deliveries = carried.deliveries || highest_scope(carried) == Scope::delivered};
  return ground;
}

std::set<Clause> not_applicable_to(const Carried& carried, const std::vector<Judgement>& judgements) {
  const auto nothing_failed = [](const Judgement& judgement) { return judgement.accounts.failed == 0; };
  std::set<Clause> clauses;
  if (std::all_of(judgements.begin(), judgements.end(), nothing_failed)) clauses.insert(Clause::no_aborted);
  if (!carried.contents_sent || !carried.contents_seen) clauses.insert(Clause::no_corruption);
  return clauses;
}

}  // namespace assay
