#include "cli/network-fault.hpp"

#include <algorithm>
#include <set>

#include "cli/text.hpp"

namespace assay {
namespace {

using std::chrono::milliseconds;

// As a stall: an agent may be in one request after the other before it goes this way.
constexpr int most_timeouts = 4;
constexpr milliseconds slack{1000};

}  // namespace

NetworkFault::NetworkFault(NetworkPaths& paths, TrialProcesses& processes, const PlannedFault& planned, const FaultWish& wish,
                           milliseconds request_timeout)
    : paths_(paths), processes_(processes), planned_(planned), wish_(wish), request_timeout_(request_timeout) {
  std::set<std::string> names;
  for (const auto& agent : processes.all()) {
    const bool goes_there = agent->process() != "auditor" && !agent->is_silent();
    const bool wanted = planned.target == "broker" || planned.target == agent->process();
    if (goes_there && wanted && names.insert(agent->process()).second) hits_.push_back({.process = agent->process()});
  }
}

nlohmann::json NetworkFault::what_is_asked() const {
  if (planned_.kind == "hold") return {{"fault", "hold"}};
  if (planned_.kind == "delay") return {{"fault", "delay"}, {"ms", wish_.delay_ms}};
  if (wish_.cut.by == "bytes") return {{"fault", "reset-after"}, {"bytes", wish_.cut.bytes}};
  if (wish_.cut.by == "answer") return {{"fault", "reset-at-answer"}};
  return {{"fault", wish_.cut.by}};
}

milliseconds NetworkFault::least() const {
  if (planned_.kind == "hold") return milliseconds(wish_.hold_ms);
  return milliseconds(planned_.kind == "cut" ? wish_.cut.ms : 0);
}

milliseconds NetworkFault::patience() const {
  const auto twice = milliseconds(planned_.kind == "delay" ? 2 * wish_.delay_ms : 0);
  return most_timeouts * request_timeout_ + slack + least() + twice;
}

bool NetworkFault::is_felt_as_silence() const {
  return planned_.kind == "hold" || (planned_.kind == "cut" && wish_.cut.by == "blackhole");
}

// By somebody who goes there; what all share is named once.
std::vector<std::string> NetworkFault::ways_hit() const {
  std::vector<std::string> processes;
  for (const auto& hit : hits_)
    if (processes.empty() || paths_.ways() == NetworkPaths::Ways::one_each) processes.push_back(hit.process);
  return processes;
}

void NetworkFault::begin() {
  silence_.emplace(processes_, request_timeout_);
  least_until_ = Deadline::in(least());
  for (const auto& process : ways_hit()) paths_.strike(process, what_is_asked());
}

bool NetworkFault::has_been_met() {
  if (!least_until_.passed()) return false;
  return std::ranges::all_of(hits_, [this](Hit& hit) {
    hit.met = hit.met || !wants_something(hit.process) || has_met(hit.process);
    return hit.met;
  });
}

bool NetworkFault::wants_something(const std::string& process) {
  auto* agent = processes_.find(process);
  return agent && agent->going && !agent->done && !agent->child().end();
}

bool NetworkFault::has_met(const std::string& process) {
  const auto seen = paths_.record(process);
  if (planned_.kind == "delay") return seen.delayed_up > 0 && seen.delayed_down > 0;
  if (!is_felt_as_silence()) return seen.refused > 0;
  return seen.dropped + seen.held > 0 && silence_->has_felt(process);
}

NetworkProof NetworkFault::end() {
  PathRecord seen;
  for (const auto& process : ways_hit()) seen += paths_.heal(process);
  NetworkProof proof;
  if (planned_.kind == "cut" && !is_felt_as_silence()) {
    proof.connections = seen.refused;
    proof.words = counted(seen.resets, "connection") + " reset, " + std::to_string(seen.refused) + " refused";
    return proof;
  }
  const bool late = planned_.kind == "delay";
  proof.bytes = planned_.kind == "hold" ? seen.held : late ? seen.delayed_up + seen.delayed_down : seen.dropped;
  proof.words = counted(*proof.bytes, "byte") + (planned_.kind == "hold" ? " held back" : late ? " late" : " vanished");
  return proof;
}

}  // namespace assay
