#include "cli/trial-record.hpp"

#include "agents/control/configuration.hpp"
#include "checker/history/payload.hpp"

namespace assay {

namespace {

std::filesystem::path created(const std::filesystem::path& file, std::int64_t trial, std::uint64_t bytes) {
  create_recording(file, "harness", 1, trial, bytes);
  return file;
}

Event fault_event(Phase phase, const PlannedFault& fault, const std::string& target) {
  return {.type = Type::fault, .phase = phase, .kind = fault.kind, .trigger = fault.trigger(), .target = target};
}

}  // namespace

TrialRecord::TrialRecord(const std::filesystem::path& file, const RunPlan& plan, std::int64_t trial, std::uint64_t bytes)
    : file_(file), plan_(plan), recorder_(created(file, trial, bytes)) {}

// The digest is computed here, from the plan alone, and by the producer, from
// what it sends: that is how a corrupted message is told.
void TrialRecord::planned(const std::string& message, const std::string& flags) {
  const auto& workload = plan_.profile.workload;
  Payload payload{.run = plan_.run, .message = message, .key = key_of(message, workload.keys, plan_.seed)};
  payload.body = body_of(plan_.seed, message, static_cast<std::size_t>(body_bytes(message, workload.size)));
  recorder_.record({.type = Type::plan_message, .message = message, .key = payload.key, .digest = digest(payload), .flags = flags});
}

void TrialRecord::planned(const PlannedFault& fault) { recorder_.record(fault_event(Phase::plan, fault, fault.target)); }

void TrialRecord::ready(const std::string& incarnation, std::optional<std::int64_t> pid) {
  recorder_.record({.type = Type::process, .phase = Phase::start, .target = incarnation, .pid = pid, .status = "ready"});
}

void TrialRecord::ended(const std::string& incarnation, const Change& change) {
  recorder_.record({.type = Type::process, .phase = Phase::exit, .target = incarnation,
                    .wait_status = change.wait_status, .status = to_string(change)});
}

void TrialRecord::stopped(const std::string& incarnation, const Change& change) {
  recorder_.record({.type = Type::process, .phase = Phase::stopped, .target = incarnation,
                    .wait_status = change.wait_status, .status = to_string(change)});
}

void TrialRecord::continued(const std::string& incarnation, const std::string& how) {
  recorder_.record({.type = Type::process, .phase = Phase::continued, .target = incarnation, .status = how});
}

void TrialRecord::ended_by_command(const std::string& incarnation) {
  recorder_.record({.type = Type::process, .phase = Phase::exit, .target = incarnation, .status = "by command"});
}

void TrialRecord::stopped_by_command(const std::string& incarnation) {
  recorder_.record({.type = Type::process, .phase = Phase::stopped, .target = incarnation, .status = "by command"});
}

void TrialRecord::fault_begins(const PlannedFault& fault) { recorder_.record(fault_event(Phase::act, fault, fault.target)); }

void TrialRecord::fault_proven(const PlannedFault& fault, const std::string& victim, const Change& change,
                               const std::string& last_point) {
  auto proof = fault_event(Phase::proof, fault, victim);
  proof.wait_status = change.wait_status;
  proof.last_point = last_point;
  recorder_.record(std::move(proof));
}

void TrialRecord::fault_proven_by_command(const PlannedFault& fault, const std::string& victim,
                                          const std::string& last_point) {
  auto proof = fault_event(Phase::proof, fault, victim);
  proof.last_point = last_point;
  proof.source = "command";
  recorder_.record(std::move(proof));
}

void TrialRecord::fault_proven_by_proxy(const PlannedFault& fault, const std::string& victim, const NetworkProof& seen,
                                        const std::string& last_point) {
  auto proof = fault_event(Phase::proof, fault, victim);
  proof.last_point = last_point;
  proof.source = "proxy";
  proof.status = seen.words;
  proof.bytes = seen.bytes;
  proof.connections = seen.connections;
  recorder_.record(std::move(proof));
}

void TrialRecord::fault_healed(const PlannedFault& fault) { recorder_.record(fault_event(Phase::heal, fault, fault.target)); }

void TrialRecord::drain_begins() { recorder_.record({.type = Type::drain, .phase = Phase::begin}); }

void TrialRecord::drain_probed(bool empty) { recorder_.record({.type = Type::drain, .phase = Phase::probe, .empty = empty}); }

void TrialRecord::drain_ends(bool empty, const std::string& source) {
  recorder_.record({.type = Type::drain, .phase = Phase::end, .empty = empty, .source = source});
}

void TrialRecord::environment(const std::string& level, const std::string& line) {
  recorder_.record({.type = Type::environment, .level = level, .source = "harness", .line = line});
}

}  // namespace assay
