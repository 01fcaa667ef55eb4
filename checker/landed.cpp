// Whether a fault landed. It counts only if it is proven, localised and over
// (CONTRACTS 2.8); everything else is reported and counts for nothing.
#include <algorithm>
#include <csignal>
#include <set>

#include "checker/judge-parts.hpp"
#include "checker/network.hpp"
#include "checker/stall.hpp"

namespace assay {

const Recording* recording_of(const Trial& trial, const std::string& process, std::int64_t incarnation) {
  for (const auto& recording : trial.recordings)
    if (recording.process == process && recording.incarnation == incarnation) return &recording;
  return nullptr;
}

namespace {

// A wait status as Linux encodes it: in the low seven bits the signal that ended
// the process, 0 when it exited; 0x7f in the low byte when it was stopped, and
// then the signal above it.
bool is_stopped(std::int64_t status) { return (status & 0xff) == 0x7f; }
std::int64_t signal_that_ended(std::int64_t status) { return is_stopped(status) ? -1 : status & 0x7f; }

struct Blow {
  const Case& it;
  const std::string& kind;
  const Trigger& trigger;
  const std::string& victim;  // "broker#1"
  std::string target;         // "broker"
  std::int64_t incarnation = 0;
  const Event& proof;

  const Course& course() const { return it.facts.course; }
  std::string successor() const { return incarnation_name(target, incarnation + 1); }
  // The victim passes further windows on its way out, or once it goes on.
  bool victim_goes_on() const { return kind != "kill"; }
  bool by_command() const { return target == "broker" && it.ground.attached; }
};

// Of a server that is not ours: the harness puts the proof on record when the
// command had ended well and a probe found nobody after it.
std::string unproven_by_command(const Blow& blow) {
  if (blow.kind != "kill" && blow.kind != "stop" && blow.kind != "stall") return "no command does a " + blow.kind;
  return blow.proof.source == "command" ? "" : "the proof is not by a command";
}

// By what the proxy counted. A fault that met no traffic did nothing.
std::string unproven_by_proxy(const Blow& blow) {
  const auto& proof = blow.proof;
  if (proof.source != "proxy") return "the proof is not by the proxy";
  if (proof.connections) return *proof.connections > 0 ? "" : "nobody came by while the way was cut";
  if (proof.bytes.value_or(0) > 0) return {};
  if (blow.kind == "hold") return "no answer came that could be held";
  return blow.kind == "delay" ? "nothing was on its way that could come late" : "nothing was on its way that could vanish";
}

// By the status that waitpid gave the supervisor.
std::string unproven(const Blow& blow) {
  if (is_of_network(blow.kind)) return unproven_by_proxy(blow);
  if (blow.by_command()) return unproven_by_command(blow);
  if (!blow.proof.wait_status) return "the proof has no wait status";
  const auto status = static_cast<int>(*blow.proof.wait_status);
  if (blow.kind == "kill")
    return signal_that_ended(status) == SIGKILL ? "" : "the target did not die by SIGKILL";
  if (blow.kind == "stop") {
    const bool ended = signal_that_ended(status) == 0 || signal_that_ended(status) == SIGTERM;
    return ended ? "" : "the target did not end on SIGTERM";
  }
  if (blow.kind == "pause" || blow.kind == "stall")
    return is_stopped(status) && status >> 8 == SIGSTOP ? "" : "the target was not stopped by SIGSTOP";
  return "no fault is called " + blow.kind;
}

std::string misplaced(const Blow& blow) {
  const auto& [it, kind, trigger, victim, target, incarnation, proof] = blow;
  const bool foreign = target == "broker" ? it.ground.foreign_broker && !it.ground.attached
                                          : it.ground.foreign_agents.contains(role_of(target));
  if (proof.last_point.empty() && !(foreign && trigger.random)) return "no window was passed before it";
  if (trigger.random) return {};
  if (proof.last_point != trigger.window) return "it struck at " + proof.last_point;
  if (trigger.agent != target) return {};

  const auto* struck = recording_of(it.trial, target, incarnation);
  const auto passes = struck ? passes_of(*struck) : std::map<std::string, std::int64_t>{};
  const bool marked = passes.contains(trigger.window);
  if (!marked || (!blow.victim_goes_on() && last_window_of(*struck) != trigger.window))
    return "the victim's own mark is another window";
  const auto hits = passes.at(trigger.window);
  const bool there = blow.victim_goes_on() ? hits >= trigger.occurrence : hits == trigger.occurrence;
  return there ? "" : "it struck at another occurrence";
}

// Whether an incarnation did something of its own within these times.
bool acted(const Blow& blow, std::int64_t incarnation, std::int64_t after, std::int64_t before) {
  const auto* recording = recording_of(blow.it.trial, blow.target, incarnation);
  return recording && std::any_of(recording->events.begin(), recording->events.end(), [&](const Event& event) {
    return event.type != Type::environment && event.time > after && event.time < before;
  });
}

std::string without_successor(const Blow& blow, std::int64_t since) {
  const auto started = blow.course().starts.find(blow.successor());
  const bool ready = started != blow.course().starts.end() && started->second >= since;
  return ready ? "" : blow.successor() + " did not become ready";
}

// A pipeline records nothing. That it worked shows in what came out of it; here
// it must have been there to the end.
std::string not_alive(const Blow& blow, const std::string& name) {
  const auto& drain_end = blow.course().drain_end;
  const auto end = blow.course().ends.find(name);
  const bool lived = drain_end && end != blow.course().ends.end() && end->second.time >= blow.it.at(*drain_end).time;
  return lived ? "" : name + " did not live to the end of the drain";
}

std::string not_restarted(const Blow& blow) {
  if (auto why = without_successor(blow, blow.proof.time); !why.empty()) return why;
  if (is_of_pipeline(blow.target)) return not_alive(blow, blow.successor());
  // A broker was probed; an agent must have done something.
  if (blow.target != "broker" && !acted(blow, blow.incarnation + 1, INT64_MIN, INT64_MAX))
    return blow.successor() + " recorded nothing";
  return {};
}

std::string not_held(const Blow& blow) {
  const auto stopped = blow.course().stopped.find(blow.victim), continued = blow.course().continued.find(blow.victim);
  if (stopped == blow.course().stopped.end()) return blow.victim + " was not seen stopped";
  if (continued == blow.course().continued.end() || continued->second < stopped->second)
    return blow.victim + " was not seen to go on";
  return {};
}

// A zombie is one only if its successor worked meanwhile and it then acted.
std::string not_a_zombie(const Blow& blow) {
  if (blow.target == "broker") return "a broker has no successor to be paused for";
  if (auto why = not_held(blow); !why.empty()) return why;
  const auto stopped = blow.course().stopped.at(blow.victim), continued = blow.course().continued.at(blow.victim);
  if (auto why = without_successor(blow, stopped); !why.empty()) return why;
  if (is_of_pipeline(blow.target)) {
    if (blow.course().starts.at(blow.successor()) >= continued)
      return blow.successor() + " was not there while " + blow.victim + " was stopped";
    if (auto why = not_alive(blow, blow.successor()); !why.empty()) return why;
    return not_alive(blow, blow.victim);
  }
  if (!acted(blow, blow.incarnation + 1, stopped, continued))
    return blow.successor() + " recorded nothing while " + blow.victim + " was stopped";
  if (!acted(blow, blow.incarnation, continued, INT64_MAX)) return blow.victim + " recorded nothing after it went on";
  return {};
}

// Every agent that lived through a stall asked for something and waited in vain,
// but for producers that had nothing left to ask for.
std::string not_felt(const Blow& blow) {
  const auto& it = blow.it;
  if (blow.target != "broker") return "only a broker is stalled";
  if (auto why = not_held(blow); !why.empty()) return why;
  const Standstill stall{blow.course().stopped.at(blow.victim), blow.course().continued.at(blow.victim)};
  const auto timeout_ns = it.ground.request_timeout_ms * 1'000'000;
  std::set<std::string> markers;
  for (const auto& [id, account] : it.facts.accounts)
    if (account.marker) markers.insert(id);

  bool felt = false;
  for (const auto& recording : it.trial.recordings) {
    const auto name = incarnation_name(recording.process, recording.incarnation);
    const auto end = blow.course().ends.find(name);
    const bool lived = !recording.events.empty() && recording.events.front().time < stall.begin &&
                       (end == blow.course().ends.end() || end->second.time > stall.end);
    const bool idle_producer = recording.process.starts_with("producer") && had_sent_everything(recording, stall, markers);
    if (!is_agent(recording.process) || recording.process == "auditor" || !lived) continue;
    if (waited_in_vain(recording, stall, timeout_ns)) felt = true;
    else if (!idle_producer) return name + " saw no request time out";
  }
  return felt ? "" : "nobody asked for anything meanwhile";
}

// Whose bytes vanish or whose answer is held back waits in vain: one at least of
// those that the fault was to hit.
std::string not_missed(const Blow& blow) {
  if (blow.kind == "delay" || blow.proof.connections || !blow.course().fault_heal) return {};
  const Standstill silence{blow.it.at(*blow.course().fault_do).time, blow.it.at(*blow.course().fault_heal).time};
  const auto timeout_ns = blow.it.ground.request_timeout_ms * 1'000'000;
  for (const auto& recording : blow.it.trial.recordings) {
    const bool hit = blow.target == "broker" ? is_agent(recording.process) && recording.process != "auditor" : recording.process == blow.target;
    if (hit && waited_in_vain(recording, silence, timeout_ns)) return {};
  }
  return blow.target == "broker" ? "nobody saw a request time out" : blow.target + " saw no request time out";
}

std::string without_proof(const Case& it, const std::string& kind, const std::string& target) {
  if (target == "broker" && it.ground.attached) return "no probe found that the server did not answer after the command";
  return "no proof of the " + kind + " is on record";
}

}  // namespace

std::string why_not_landed(const Case& it, const std::string& kind, const Trigger& trigger, const std::string& victim) {
  const auto& course = it.facts.course;
  if (!course.fault_do) return "its trigger was not reached";
  if (!course.fault_proof) return without_proof(it, kind, it.at(*course.fault_do).target);
  const auto [target, incarnation] = split_incarnation(victim);
  const Blow blow{it, kind, trigger, victim, target, incarnation, it.at(*course.fault_proof)};
  if (auto why = unproven(blow); !why.empty()) return why;
  if (auto why = misplaced(blow); !why.empty()) return why;
  auto why = is_of_network(kind) ? not_missed(blow)
             : kind == "pause"   ? not_a_zombie(blow)
             : kind == "stall"   ? not_felt(blow)
                                 : not_restarted(blow);
  if (!why.empty()) return why;
  return course.fault_heal ? "" : "it was not healed";
}

}  // namespace assay
