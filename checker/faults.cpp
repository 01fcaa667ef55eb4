// Whether a fault landed, and where. A kill counts only if it is proven and
// localised (CONTRACTS 2.8); everything else is reported and counts for nothing.
#include <algorithm>
#include <charconv>
#include <csignal>

#include "checker/judge-parts.hpp"

namespace assay {

std::optional<std::int64_t> Case::struck() const {
  const auto& done = facts.course.fault_do;
  return done ? std::optional(at(*done).time) : std::nullopt;
}
std::optional<std::int64_t> Case::proved() const {
  const auto& proof = facts.course.fault_proof;
  return proof ? std::optional(at(*proof).time) : std::nullopt;
}
std::optional<std::int64_t> Case::healed() const {
  const auto& heal = facts.course.fault_heal;
  return heal ? std::optional(at(*heal).time) : std::nullopt;
}

namespace {

// A wait status as waitpid encodes it: the low seven bits are the signal.
bool died_by_sigkill(std::int64_t wait_status) { return (wait_status & 0x7f) == SIGKILL; }

struct Trigger {
  bool random = false;
  std::string agent;
  std::string window;
  std::int64_t occurrence = 0;
};

// "producer-0:P.before_send#3" or "random#17"
Trigger parse_trigger(const std::string& text) {
  Trigger trigger;
  const auto hash = text.rfind('#');
  const auto head = text.substr(0, hash);
  if (hash != std::string::npos)
    std::from_chars(text.data() + hash + 1, text.data() + text.size(), trigger.occurrence);
  const auto colon = head.find(':');
  trigger.random = colon == std::string::npos;
  if (trigger.random) return trigger;
  trigger.agent = head.substr(0, colon);
  trigger.window = head.substr(colon + 1);
  return trigger;
}

const Recording* recording_of(const Trial& trial, const std::string& process, std::int64_t incarnation) {
  for (const auto& recording : trial.recordings)
    if (recording.process == process && recording.incarnation == incarnation) return &recording;
  return nullptr;
}

bool recorded_an_event(const Trial& trial, const std::string& process, std::int64_t incarnation) {
  const auto* recording = recording_of(trial, process, incarnation);
  return recording && std::any_of(recording->events.begin(), recording->events.end(),
                                  [](const Event& event) { return event.type != Type::environment; });
}

// Messages that were on their way when the fault struck: invoked, and their
// delivery not yet acknowledged.
std::int64_t in_flight(const Case& it, std::int64_t struck) {
  std::int64_t count = 0;
  for (const auto& [id, account] : it.facts.accounts) {
    if (account.marker || !account.first_invoked() || *account.first_invoked() > struck) continue;
    const bool settled = std::any_of(account.deliveries.begin(), account.deliveries.end(), [&](const auto& delivery) {
      return delivery.ack_outcome == Phase::confirmed && it.at(*delivery.ack_end).time < struck;
    });
    if (!settled) ++count;
  }
  return count;
}

// Where a random kill of a broker without windows struck, from the intervals
// that the agents recorded around it.
std::string class_of(const Case& it, std::int64_t struck) {
  const auto open_at = [&](std::int64_t begin, std::optional<EventRef> end) {
    return begin <= struck && (!end || it.at(*end).time > struck);
  };
  bool ack_open = false, not_taken = false;
  for (const auto& [id, account] : it.facts.accounts) {
    bool stored = false;
    for (const auto& attempt : account.attempts) {
      if (open_at(attempt.invoked, attempt.completion)) return "broker:send-open";
      stored |= attempt.outcome == Phase::ok && attempt.completion && it.at(*attempt.completion).time <= struck;
    }
    bool taken = false;
    for (const auto& delivery : account.deliveries) {
      taken |= delivery.time <= struck;
      ack_open |= delivery.ack_invoke && open_at(it.at(*delivery.ack_invoke).time, delivery.ack_end);
    }
    not_taken |= stored && !taken;
  }
  if (ack_open) return "broker:ack-open";
  return not_taken ? "broker:stored-not-taken" : "broker:idle";
}

bool group_went_on(const Case& it, std::int64_t after) {
  for (const auto& [id, account] : it.facts.accounts) {
    if (it.ground.has_consumers) {
      for (const auto& delivery : account.deliveries)
        if (delivery.time > after) return true;
    } else {
      for (const auto& attempt : account.attempts)
        if (attempt.outcome == Phase::ok && it.at(*attempt.completion).time > after) return true;
    }
  }
  return false;
}

// Empty when the kill of `victim` ("broker#1") is proven and its successor works.
std::string why_not_landed(const Case& it, const Trigger& trigger, const std::string& victim) {
  const auto& course = it.facts.course;
  if (!course.fault_do) return "its trigger was not reached";
  if (!course.fault_proof) return "no proof of the kill is on record";
  const auto& proof = it.at(*course.fault_proof);
  if (!proof.wait_status || !died_by_sigkill(*proof.wait_status)) return "the target did not die by SIGKILL";

  const auto [target, incarnation] = split_incarnation(victim);
  const bool foreign = target == "broker" && it.ground.foreign_broker;
  if (proof.last_point.empty() && !(foreign && trigger.random)) return "no window was passed before it";
  if (!trigger.random && proof.last_point != trigger.window) return "it struck at " + proof.last_point;
  if (!trigger.random && trigger.agent == target) {
    const auto* killed = recording_of(it.trial, target, incarnation);
    const auto window = window_named(trigger.window);
    if (!killed || !window || killed->last_window != *window) return "the victim's own mark is another window";
    const auto hits = killed->hits.find(*window);
    if (hits == killed->hits.end() || hits->second != trigger.occurrence) return "it struck at another occurrence";
  }

  const auto successor = incarnation_name(target, incarnation + 1);
  const auto started = course.starts.find(successor);
  if (started == course.starts.end() || started->second < proof.time) return successor + " did not become ready";
  if (target != "broker" && !recorded_an_event(it.trial, target, incarnation + 1))
    return successor + " recorded nothing";
  if (!course.fault_heal) return "it was not healed";
  return {};
}

}  // namespace

std::optional<FaultFinding> examine_fault(const Case& it) {
  const auto& course = it.facts.course;
  if (!course.fault_plan) return std::nullopt;
  const auto& plan = it.at(*course.fault_plan);
  const auto trigger = parse_trigger(plan.trigger);

  FaultFinding finding;
  finding.kind = plan.kind;
  finding.target = plan.target;
  finding.trigger = plan.trigger;
  finding.name = plan.kind + ":" + plan.target + "@" + plan.trigger;

  const auto victim = course.fault_proof ? it.at(*course.fault_proof).target : plan.target + "#1";
  finding.why_not = why_not_landed(it, trigger, victim);
  finding.landed = finding.why_not.empty();

  const auto struck = it.struck();
  if (struck) finding.in_flight = in_flight(it, *struck);
  if (const auto proved = it.proved()) finding.group_went_on = group_went_on(it, *proved);

  if (!trigger.random) {
    finding.cell = trigger.window;
    finding.occurrence = trigger.occurrence;
  } else if (struck && course.fault_proof) {
    finding.cell = it.at(*course.fault_proof).last_point;
    if (finding.cell.empty() && plan.target == "broker" && it.ground.foreign_broker) finding.cell = class_of(it, *struck);
    const auto [target, incarnation] = split_incarnation(victim);
    const auto window = window_named(finding.cell);
    if (const auto* killed = recording_of(it.trial, target, incarnation); killed && window) {
      const auto hits = killed->hits.find(*window);
      if (hits != killed->hits.end()) finding.occurrence = hits->second;
    }
  }
  return finding;
}

}  // namespace assay
