#include "cli/trial-fault.hpp"

#include <csignal>

#include "checker/history/record-file.hpp"
#include "checker/network.hpp"
#include "cli/attached-broker.hpp"

namespace assay {

namespace {

// A faulted trial may pass fewer windows than the control trial did.
constexpr double random_share = 0.9;

// A stall goes on until everybody has felt it, and no longer than some time-outs:
// an agent may be in one request after the other before it asks the broker.
constexpr int stalled_timeouts = 4;
constexpr std::chrono::milliseconds stalled_slack{1000};

int signal_of(const PlannedFault& fault) { return fault.kind == "stop" ? SIGTERM : SIGKILL; }

}  // namespace

void TrialFault::arm() {
  if (!world_.planned || world_.planned->random()) return;
  if (auto* marks = marks_of(world_.planned->agent)) marks->arm(world_.planned->window, world_.planned->occurrence);
}

bool TrialFault::disarm() {
  auto* marks = world_.planned ? marks_of(world_.planned->agent) : nullptr;
  if (pending() && marks && marks->stands_there()) return false;
  if (marks) marks->disarm();
  if (pending() && marks && marks->stands_there()) return false;  // meanwhile
  given_up_ = true;
  return true;
}

Marks* TrialFault::marks_of(const std::string& process) {
  if (process == "broker") return world_.broker.marks();
  auto* agent = world_.processes.find(process);
  return agent ? &agent->trail() : nullptr;
}

void TrialFault::at_armed_window(const Change& stopped) {
  if (!world_.planned) return;
  if (!pending()) return release_trigger();
  stopped_ = stopped;
  strike();
}

bool TrialFault::on_time() { return strike_when_due() || stalling_; }

// The instant of a random fault is a share of the windows that its target and
// those beside it pass, who share the messages another way each time; for one
// that marks none, of those that the agents pass. Where between two windows it
// strikes is left to the clock.
bool TrialFault::strike_when_due() {
  if (!pending() || !world_.planned->random()) return false;
  const auto& target = world_.planned->target;
  const bool marks = marks_of(target) && world_.passes.contains(target);
  const auto counted = [&](const std::string& process) {
    return marks ? role_of(process) == role_of(target) : role_of(process) != "broker";
  };
  if (!due_) {
    std::int64_t passes = 0;
    for (const auto& [process, passed] : world_.passes)
      if (counted(process)) passes += passed;
    due_ = 1 + static_cast<std::int64_t>(world_.planned->instant * random_share * static_cast<double>(passes));
  }
  std::int64_t passes = target == "broker" && marks ? world_.broker.marks()->passes() : 0, own = passes;
  for (const auto& agent : world_.processes.all()) {
    if (counted(agent->process())) passes += agent->trail().passes();
    if (agent->process() == target) own += agent->trail().passes();
  }
  if (passes >= *due_ && (own > 0 || !marks)) strike();
  return pending();
}

void TrialFault::strike() {
  const auto& fault = *world_.planned;
  striking_ = true;
  world_.record.fault_begins(fault);
  try {
    strike_target();
  } catch (const SystemUnavailable& error) {
    throw Disturbed{error.what()};
  }
  struck_ = true;
  striking_ = false;
}

void TrialFault::strike_target() {
  const auto& fault = *world_.planned;
  auto* attached = world_.broker.attached();
  if (is_of_network(fault.kind)) return disturb_network();
  if (fault.kind == "pause") return make_zombie_of(world_.processes.named(fault.target));
  if (fault.kind == "stall") return attached ? stall_attached(*attached) : stall_broker();
  if (fault.target != "broker") end_agent(world_.processes.named(fault.target));
  else if (attached) end_attached(*attached);
  else end_broker();
  if (fault.agent != fault.target) release_trigger();
  world_.record.fault_healed(fault);
}

// A victim that marks nothing is localised by the agent that triggers.
std::string TrialFault::point_of(Marks* victim) {
  const auto own = victim ? victim->last_window() : "";
  if (!own.empty() || world_.planned->random() || world_.planned->agent == world_.planned->target) return own;
  auto* trigger = marks_of(world_.planned->agent);
  return trigger ? trigger->last_window() : "";
}

void TrialFault::end_broker() {
  const auto point = point_of(world_.broker.marks());
  const auto victim = world_.broker.name();
  const auto change = world_.processes.end_broker(signal_of(*world_.planned), world_.start_timeout);
  world_.record.fault_proven(*world_.planned, victim, change, point);
  world_.broker_died();
  world_.broker.restart(Deadline::in(world_.start_timeout));
  world_.record.ready(world_.broker.name(), pid_of(world_.broker));
}

// Healed in any case: what the command did hit, if not this server, comes back.
void TrialFault::end_attached(AttachedBroker& server) {
  const auto point = point_of(world_.broker.marks());
  server.strike(world_.planned->kind);
  if (!server.silent()) return server.heal(Deadline::in(world_.start_timeout));
  world_.record.ended_by_command(server.name());
  world_.record.fault_proven_by_command(*world_.planned, server.name(), point);
  world_.broker_died();
  server.restart(Deadline::in(world_.start_timeout));
  world_.record.ready(server.name(), std::nullopt);
}

// The broker stopped itself when it is its own trigger. If not everybody feels it
// in time it goes on all the same, and the judge will say who did not.
void TrialFault::stall_broker() {
  const auto point = point_of(world_.broker.marks());
  const bool own_trigger = world_.planned->agent == "broker";
  const auto change = own_trigger ? stopped_ : world_.processes.stop_broker(world_.start_timeout);
  world_.record.stopped(world_.broker.name(), change);
  world_.record.fault_proven(*world_.planned, world_.broker.name(), change, point);
  StallWatch watch(world_.processes, world_.request_timeout);
  if (own_trigger) world_.broker.marks()->disarm();
  else release_trigger();

  wait_until_felt(watch);
  world_.record.continued(world_.broker.name());
  world_.processes.continue_broker(world_.start_timeout);
  world_.record.fault_healed(*world_.planned);
}

void TrialFault::stall_attached(AttachedBroker& server) {
  const auto point = point_of(world_.broker.marks());
  server.strike(world_.planned->kind);
  world_.record.stopped_by_command(server.name());
  const bool stands_still = server.silent();
  if (stands_still) world_.record.fault_proven_by_command(*world_.planned, server.name(), point);
  StallWatch watch(world_.processes, world_.request_timeout);
  release_trigger();

  if (stands_still) wait_until_felt(watch);
  world_.record.continued(server.name(), "by command");
  server.heal(Deadline::in(world_.start_timeout));
  world_.record.fault_healed(*world_.planned);
}

void TrialFault::wait_until_felt(StallWatch& watch) {
  stalling_ = true;
  world_.processes.wait_for([&] { return watch.all_felt(); },
                            Deadline::in(stalled_timeouts * world_.request_timeout + stalled_slack));
  stalling_ = false;
}

// Where the trigger stands is where it strikes: no process is hit. The proof is
// what the proxy has counted when it is over.
void TrialFault::disturb_network() {
  const auto& fault = *world_.planned;
  auto* trigger = marks_of(fault.agent);
  const auto point = trigger ? trigger->last_window() : "";
  const auto victim = fault.target == "broker" ? world_.broker.name() : world_.processes.named(fault.target).name();
  NetworkFault network(*world_.paths, world_.processes, fault, world_.wish, world_.request_timeout);
  network.begin();
  release_trigger();

  stalling_ = true;
  world_.processes.wait_for([&] { return network.has_been_met(); }, Deadline::in(network.patience()));
  stalling_ = false;
  world_.record.fault_proven_by_proxy(fault, victim, network.end(), point);
  world_.record.fault_healed(fault);
}

void TrialFault::end_agent(SupervisedAgent& victim) {
  const auto change = world_.processes.end(victim, signal_of(*world_.planned), world_.start_timeout);
  world_.record.fault_proven(*world_.planned, victim.name(), change, point_of(&victim.trail()));
  world_.replace(victim);
}

// The victim becomes a zombie: it keeps what it has in its hands, while its
// successor works. It stopped itself when it is its own trigger.
void TrialFault::make_zombie_of(SupervisedAgent& victim) {
  const bool own_trigger = world_.planned->agent == world_.planned->target;
  const auto change = own_trigger ? stopped_ : world_.processes.stop(victim, world_.start_timeout);
  world_.record.stopped(victim.name(), change);
  world_.record.fault_proven(*world_.planned, victim.name(), change, point_of(&victim.trail()));
  victim.trail().disarm();
  zombie_ = &victim;
  world_.replace(victim);
  if (!own_trigger) release_trigger();
}

void TrialFault::continue_zombie() {
  world_.record.continued(zombie_->name());
  zombie_->signal(SIGCONT);
  zombie_ = nullptr;
  world_.record.fault_healed(*world_.planned);
}

// The trigger waited at its window; now it goes on.
void TrialFault::release_trigger() {
  if (world_.planned->random()) return;
  const auto& agent = world_.planned->agent;
  if (auto* marks = marks_of(agent)) marks->disarm();
  if (agent == "broker") world_.broker.signal(SIGCONT);
  else world_.processes.named(agent).signal(SIGCONT);
}

Passes passes_in(const Trial& control, const Profile& profile) {
  Passes passes;
  for (const auto& recording : control.recordings) {
    std::int64_t times = 0;
    for (const auto& [window, passed] : passes_of(recording)) times += passed;
    // As LineTrail counts: without crash points it is as far as its record is long.
    if (times == 0 && profile.agents.contains(role_of(recording.process))) times = static_cast<std::int64_t>(recording.events.size());
    if (times > 0) passes[recording.process] += times;
  }
  return passes;
}

}  // namespace assay
