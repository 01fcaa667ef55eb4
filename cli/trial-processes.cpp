#include "cli/trial-processes.hpp"

#include <algorithm>
#include <csignal>

namespace assay {

using std::chrono::milliseconds;

namespace {

constexpr int log_lines = 5;

std::string tail_of(const std::filesystem::path& log) {
  const auto lines = last_lines(log, log_lines);
  return lines.empty() ? "" : "; its last lines: " + lines;
}

bool waits_at_its_window(const Change& change, const RecordHeader& header) {
  return change.kind == Change::Kind::stopped && header.reached.load() == 1;
}

}  // namespace

SupervisedAgent& TrialProcesses::start(AgentConfiguration configuration) {
  auto log = std::filesystem::path(configuration.recording).replace_extension(".log");
  agents_.push_back(std::make_unique<SupervisedAgent>(world_.spawn, world_.program, std::move(configuration),
                                                      world_.control.endpoint(), world_.broker.secret(),
                                                      world_.recording_bytes, log));
  return *agents_.back();
}

void TrialProcesses::await_ready(const std::vector<SupervisedAgent*>& agents, milliseconds limit) {
  until([&] { return std::all_of(agents.begin(), agents.end(), [](auto* agent) { return agent->ready; }); }, limit,
        "the agents to be ready");
  for (auto* agent : agents) world_.record.ready(agent->name(), agent->child().pid());
}

SupervisedAgent* TrialProcesses::find(const std::string& process) {
  const auto found = std::find_if(agents_.rbegin(), agents_.rend(), [&](auto& agent) { return agent->process() == process; });
  return found == agents_.rend() ? nullptr : found->get();
}

SupervisedAgent& TrialProcesses::named(const std::string& process) {
  if (auto* agent = find(process)) return *agent;
  throw Disturbed{"the profile starts no " + process};
}

Change TrialProcesses::end(SupervisedAgent& agent, int signal, milliseconds limit) {
  ended_.insert(agent.name());
  return end(agent.child(), agent.name(), signal, limit);
}

Change TrialProcesses::end_broker(int signal, milliseconds limit) {
  return end(*world_.broker.child(), world_.broker.name(), signal, limit);
}

Change TrialProcesses::end(ChildProcess& child, const std::string& name, int signal, milliseconds limit) {
  child.signal(signal);
  if (signal != SIGKILL) child.signal(SIGCONT);
  const auto change = child.wait_ended(Deadline::in(limit));
  if (!change) throw Disturbed{name + " did not end by signal " + std::to_string(signal)};
  world_.record.ended(name, *change);
  return *change;
}

Change TrialProcesses::stop(SupervisedAgent& agent, milliseconds limit) {
  const auto deadline = Deadline::in(limit);
  agent.child().signal(SIGSTOP);
  while (!deadline.passed()) {
    world_.wake.clear();
    while (const auto change = agent.child().poll()) {
      if (change->kind == Change::Kind::stopped) return *change;
      if (change->ended()) agent_ended(agent, *change);
    }
    world_.control.wait({world_.wake.descriptor()}, deadline);
  }
  throw Disturbed{agent.name() + " did not stop"};
}

Change TrialProcesses::stop_broker(milliseconds limit) {
  world_.broker.child()->signal(SIGSTOP);
  return see_broker(Change::Kind::stopped, limit, " did not stop");
}

void TrialProcesses::continue_broker(milliseconds limit) {
  world_.broker.child()->signal(SIGCONT);
  see_broker(Change::Kind::continued, limit, " did not go on");
}

Change TrialProcesses::see_broker(Change::Kind kind, milliseconds limit, const std::string& what) {
  const auto deadline = Deadline::in(limit);
  while (!deadline.passed()) {
    world_.wake.clear();
    while (const auto change = world_.broker.child()->poll()) {
      if (change->ended()) broker_ended(*change);
      if (change->kind == kind) return *change;
    }
    world_.control.wait({world_.wake.descriptor()}, deadline);
  }
  throw Disturbed{world_.broker.name() + what};
}

void TrialProcesses::end_all(milliseconds limit) {
  for (auto& agent : agents_) {
    if (agent->child().end()) continue;
    agent->child().signal(SIGKILL);
    agent->child().wait_ended(Deadline::in(limit));
    ended_.insert(agent->name());
  }
}

void TrialProcesses::until(const std::function<bool()>& condition, milliseconds limit, const std::string& what) {
  if (!wait_for(condition, Deadline::in(limit)))
    throw Disturbed{"waited " + std::to_string(limit.count()) + " ms for " + what + those_that_run()};
}

bool TrialProcesses::wait_for(const std::function<bool()>& condition, Deadline deadline) {
  while (true) {
    take_messages();
    watch_broker();
    watch_agents();
    const bool soon = world_.on_time();
    if (condition()) return true;
    if (world_.stop_asked()) throw Interrupted{};
    if (deadline.passed()) return false;
    world_.control.wait({world_.wake.descriptor()},
                        soon ? Deadline::earlier(deadline, Deadline::in(milliseconds(1))) : deadline);
    world_.wake.clear();
  }
}

void TrialProcesses::take_messages() {
  while (const auto message = world_.control.receive()) {
    const auto found = std::find_if(agents_.begin(), agents_.end(), [&](auto& a) { return a->name() == message->identity; });
    if (found == agents_.end() || was_ended(**found)) continue;  // a last word of the dead
    auto& agent = **found;
    if (message->body.is_null()) throw Disturbed{agent.name() + " broke the protocol: " + message->raw.substr(0, 120)};
    if (message->body.value("type", "") == "hello") {
      greet(agent, message->body);
    } else if (const auto wrong = agent.take(message->body); !wrong.empty()) {
      throw Disturbed{agent.name() + " " + wrong};
    }
  }
}

void TrialProcesses::greet(SupervisedAgent& agent, const nlohmann::json& hello) {
  if (hello.value("protocol", 0) != control_protocol)
    throw Disturbed{agent.name() + " speaks another version of the control protocol"};
  auto configure = to_json(agent.configuration());
  configure["type"] = "configure";
  say(agent, configure);
}

void TrialProcesses::watch_broker() {
  if (const auto lost = world_.broker.lost_server()) throw Disturbed{*lost + tail_of(world_.broker.log())};
  auto* server = world_.broker.child();
  if (!server || !world_.broker.running()) return;
  while (const auto change = server->poll()) {
    if (change->ended()) broker_ended(*change);
    const auto* header = world_.broker.header();
    if (header && waits_at_its_window(*change, *header)) return world_.at_armed_window(*change);
  }
}

void TrialProcesses::broker_ended(const Change& change) const {
  throw Disturbed{"the server ended by itself: " + to_string(change) + tail_of(world_.broker.log())};
}

void TrialProcesses::watch_agents() {
  for (std::size_t i = 0; i < agents_.size(); ++i) {  // a fault adds successors to the list
    auto& agent = *agents_[i];
    while (!agent.child().end()) {
      const auto change = agent.child().poll();
      if (!change) break;
      if (change->ended()) agent_ended(agent, *change);
      else if (waits_at_its_window(*change, agent.header())) world_.at_armed_window(*change);
    }
  }
}

void TrialProcesses::agent_ended(SupervisedAgent& agent, const Change& change) {
  world_.record.ended(agent.name(), change);
  const bool orderly = change.kind == Change::Kind::exited && change.value == 0;
  if (!orderly || !endings_expected_)
    throw Disturbed{agent.name() + " ended by itself: " + to_string(change) + tail_of(agent.log())};
}

std::string TrialProcesses::those_that_run() const {
  std::string names;
  for (const auto& agent : agents_)
    if (!agent->child().end()) names += (names.empty() ? "; still there: " : ", ") + agent->name();
  return names;
}

}  // namespace assay
