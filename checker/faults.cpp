// What a trial's fault was, and where it struck. Whether it landed: landed.cpp.
#include <algorithm>
#include <charconv>

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

// Between an invocation and its outcome.
bool open_at(const Case& it, std::int64_t struck, std::int64_t begin, std::optional<EventRef> end) {
  return begin <= struck && (!end || it.at(*end).time > struck);
}

// Where a random kill struck an agent that marks no windows, from the intervals
// that it recorded around it.
std::string class_of_producer(const Case& it, const std::string& process, std::int64_t struck) {
  for (const auto& [id, account] : it.facts.accounts)
    for (const auto& attempt : account.attempts)
      if (it.at(attempt.invoke).process == process && open_at(it, struck, attempt.invoked, attempt.completion))
        return "producer:send-open";
  return "producer:idle";
}

std::string class_of_consumer(const Case& it, const std::string& process, std::int64_t struck) {
  bool in_hand = false;
  for (const auto& [id, account] : it.facts.accounts)
    for (const auto& delivery : account.deliveries) {
      if (it.at(delivery.deliver).process != process || delivery.time > struck) continue;
      const auto invoked = delivery.ack_invoke ? it.at(*delivery.ack_invoke).time : INT64_MAX;
      if (invoked <= struck && open_at(it, struck, invoked, delivery.ack_end)) return "consumer:ack-open";
      in_hand |= invoked > struck;
    }
  return in_hand ? "consumer:in-hand" : "consumer:idle";
}

// Of a pipeline, which records nothing, from what goes in and what comes out.
std::string class_of_pipeline(const Case& it, std::int64_t struck) {
  for (const auto& [id, account] : it.facts.accounts) {
    const bool sent = std::any_of(account.attempts.begin(), account.attempts.end(), [&](const auto& attempt) {
      return attempt.outcome == Phase::ok && it.at(*attempt.completion).time <= struck;
    });
    const bool out = std::any_of(account.deliveries.begin(), account.deliveries.end(),
                                 [&](const auto& delivery) { return delivery.time <= struck; });
    if (sent && !out) return "pipeline:holding";
  }
  return "pipeline:idle";
}

// The same of a broker without windows, from what the agents recorded.
std::string class_of_broker(const Case& it, std::int64_t struck) {
  bool ack_open = false, not_taken = false;
  for (const auto& [id, account] : it.facts.accounts) {
    bool stored = false;
    for (const auto& attempt : account.attempts) {
      if (open_at(it, struck, attempt.invoked, attempt.completion)) return "broker:send-open";
      stored |= attempt.outcome == Phase::ok && attempt.completion && it.at(*attempt.completion).time <= struck;
    }
    bool taken = false;
    for (const auto& delivery : account.deliveries) {
      taken |= delivery.time <= struck;
      ack_open |= delivery.ack_invoke && open_at(it, struck, it.at(*delivery.ack_invoke).time, delivery.ack_end);
    }
    not_taken |= stored && !taken;
  }
  if (ack_open) return "broker:ack-open";
  return not_taken ? "broker:stored-not-taken" : "broker:idle";
}

std::string class_of(const Case& it, const std::string& target, std::int64_t struck) {
  if (target == "broker") return it.ground.foreign_broker ? class_of_broker(it, struck) : "";
  const auto role = role_of(target);
  if (!it.ground.foreign_agents.contains(role)) return "";
  if (is_of_pipeline(target)) return class_of_pipeline(it, struck);
  return role == "producer" ? class_of_producer(it, target, struck) : class_of_consumer(it, target, struck);
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

// When the victim was gone for good or went on.
std::optional<std::int64_t> over(const Case& it, const std::string& victim) {
  const auto continued = it.facts.course.continued.find(victim);
  return continued == it.facts.course.continued.end() ? it.proved() : std::optional(continued->second);
}

// How often the victim had passed the window when it struck, by its own header.
// Of a victim that goes on afterwards the header tells no longer.
std::int64_t occurrence_of(const Case& it, const FaultFinding& finding, const std::string& victim) {
  const auto [target, incarnation] = split_incarnation(victim);
  const auto* killed = recording_of(it.trial, target, incarnation);
  if (finding.kind != "kill" || !killed) return 0;
  const auto passes = passes_of(*killed);
  const auto found = passes.find(finding.cell);
  return found == passes.end() ? 0 : found->second;
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
  finding.why_not = why_not_landed(it, plan.kind, trigger, victim);
  finding.landed = finding.why_not.empty();

  const auto struck = it.struck();
  if (struck) finding.in_flight = in_flight(it, *struck);
  if (const auto ended = over(it, victim)) finding.group_went_on = group_went_on(it, *ended);

  if (!trigger.random) {
    finding.cell = trigger.window;
    finding.occurrence = trigger.occurrence;
  } else if (struck && course.fault_proof) {
    finding.cell = it.at(*course.fault_proof).last_point;
    if (finding.cell.empty()) finding.cell = class_of(it, plan.target, *struck);
    finding.occurrence = occurrence_of(it, finding, victim);
  }
  return finding;
}

}  // namespace assay
