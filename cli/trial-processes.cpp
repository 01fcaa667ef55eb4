#include "cli/trial-processes.hpp"

#include <algorithm>
#include <csignal>

#include "cli/own-agent.hpp"
#include "cli/pipeline-process.hpp"

namespace assay {

using std::chrono::milliseconds;

namespace {

constexpr int log_lines = 5;

std::string tail_of(const std::filesystem::path& log) {
  const auto lines = last_lines(log, log_lines);
  return lines.empty() ? "" : "; its last lines: " + lines;
}

bool waits_at_its_window(const Change& change, Marks& marks) {
  return change.kind == Change::Kind::stopped && marks.stands_there();
}

// How far an agent has come that keeps others waiting.
constexpr const char* stray_said_hello = "; a hello came under a routing id that is not its ASSAY_IDENTITY";

// JSON lines are longer than our records, and a body may stand in them.
std::uint64_t flood_bytes(const Profile& profile, std::uint64_t recording_bytes) {
  const auto bodies = static_cast<std::uint64_t>(profile.workload.messages * profile.workload.size);
  return 8 * (recording_bytes + bodies);
}

}  // namespace

SupervisedAgent& TrialProcesses::start(AgentConfiguration configuration) {
  const auto log = std::filesystem::path(configuration.recording).replace_extension(".log");
  const auto own = world_.profile.agents.find(role_of(configuration.process));
  if (own == world_.profile.agents.end()) {
    agents_.push_back(start_our_agent(world_.spawn, world_.program, configuration, world_.control.endpoint(),
                                      world_.broker.secret(), world_.recording_bytes, log));
  } else {
    agents_.push_back(start_own_agent({.agent = own->second,
                                       .configuration = configuration,
                                       .endpoint = world_.control.endpoint(),
                                       .secret = world_.broker.secret(),
                                       .limit = flood_bytes(world_.profile, world_.recording_bytes),
                                       .log = log}));
    files_.add(agents_.back()->trail().file());
  }
  return *agents_.back();
}

SupervisedAgent& TrialProcesses::start_pipeline(AgentConfiguration configuration, const std::string& output) {
  const auto log = std::filesystem::path(configuration.recording).replace_extension(".log");
  agents_.push_back(assay::start_pipeline({.pipeline = *world_.profile.pipeline,
                                           .configuration = std::move(configuration),
                                           .output = output,
                                           .secret = world_.broker.secret(),
                                           .log = log}));
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
  agent.signal(signal);
  if (signal != SIGKILL) agent.signal(SIGCONT);
  return await_end(agent.child(), agent.name(), signal, limit);
}

Change TrialProcesses::end_broker(int signal, milliseconds limit) {
  world_.broker.signal(signal);
  if (signal != SIGKILL) world_.broker.signal(SIGCONT);
  return await_end(*world_.broker.child(), world_.broker.name(), signal, limit);
}

Change TrialProcesses::await_end(ChildProcess& child, const std::string& name, int signal, milliseconds limit) {
  const auto change = child.wait_ended(Deadline::in(limit));
  if (!change) throw Disturbed{name + " did not end by signal " + std::to_string(signal)};
  world_.record.ended(name, *change);
  return *change;
}

Change TrialProcesses::stop(SupervisedAgent& agent, milliseconds limit) {
  const auto deadline = Deadline::in(limit);
  agent.signal(SIGSTOP);
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
  world_.broker.signal(SIGSTOP);
  return see_broker(Change::Kind::stopped, limit, " did not stop");
}

void TrialProcesses::continue_broker(milliseconds limit) {
  world_.broker.signal(SIGCONT);
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
    agent->signal(SIGKILL);
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
    follow_agents();
    watch_broker();
    watch_agents();
    const bool soon = world_.on_time();
    if (condition()) return true;
    if (world_.stop_asked()) throw Interrupted{};
    if (deadline.passed()) return false;
    world_.control.wait({world_.wake.descriptor(), files_.descriptor()},
                        soon ? Deadline::earlier(deadline, Deadline::in(milliseconds(1))) : deadline);
    world_.wake.clear();
    files_.clear();
  }
}

void TrialProcesses::take_messages() {
  while (const auto message = world_.control.receive()) {
    const auto found = std::find_if(agents_.begin(), agents_.end(), [&](auto& a) { return a->identity() == message->identity; });
    if (found == agents_.end()) stray_hello_ |= message->body.is_object() && message->body.value("type", nlohmann::json()) == "hello";
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
  if (!agent.belongs(hello)) {  // of another run, or started by hand
    say(agent, {{"type", "refused"}, {"line", "this is not the run that started you: the token is another"}});
    return world_.record.environment("warn", "an agent that is not of this run said hello as " + agent.name() + " and was turned away");
  }
  if (const auto wrong = agent.wrong_hello(hello); !wrong.empty()) throw Disturbed{agent.name() + " " + wrong};
  agent.greeted = true;
  say(agent, agent.configure());
}

// Those of users; ours are read when they have ended.
void TrialProcesses::follow_agents() {
  for (const auto& agent : agents_)
    if (!was_ended(*agent))
      if (const auto wrong = agent->follow(); !wrong.empty()) throw Disturbed{agent->name() + " " + wrong};
}

void TrialProcesses::watch_broker() {
  if (const auto lost = world_.broker.lost_server()) throw Disturbed{*lost + tail_of(world_.broker.log())};
  auto* server = world_.broker.child();
  if (!server || !world_.broker.running()) return;
  while (const auto change = server->poll()) {
    if (change->ended()) broker_ended(*change);
    auto* marks = world_.broker.marks();
    if (marks && waits_at_its_window(*change, *marks)) return world_.at_armed_window(*change);
  }
}

void TrialProcesses::broker_ended(const Change& change) const {
  world_.broker.ended_unasked(change);
  throw Disturbed{"the server ended by itself: " + to_string(change) + tail_of(world_.broker.log())};
}

void TrialProcesses::watch_agents() {
  for (std::size_t i = 0; i < agents_.size(); ++i) {  // a fault adds successors to the list
    auto& agent = *agents_[i];
    while (!agent.child().end()) {
      const auto change = agent.child().poll();
      if (!change) break;
      if (change->ended()) agent_ended(agent, *change);
      else if (waits_at_its_window(*change, agent.trail())) world_.at_armed_window(*change);
    }
  }
}

void TrialProcesses::agent_ended(SupervisedAgent& agent, const Change& change) {
  world_.record.ended(agent.name(), change);
  const bool orderly = agent.is_silent() || (change.kind == Change::Kind::exited && change.value == 0);
  if (!orderly || !endings_expected_) throw Disturbed{why_it_ended(agent, change)};
  auto wrong = agent.follow();
  if (wrong.empty()) wrong = agent.cut_short();
  if (!wrong.empty()) throw Disturbed{agent.name() + " " + wrong};
}

// A program that cannot work at all is found out at once.
std::string TrialProcesses::why_it_ended(SupervisedAgent& agent, const Change& change) const {
  const auto end = to_string(change) + tail_of(agent.log());
  const bool forked = change.kind == Change::Kind::exited && change.value == 0;
  const bool at_work = agent.is_silent() ? anything_received() : agent.ready;
  if (agent.parting) return agent.name() + " ended in no order when it was told bye, where exit 0 is expected: " + end;
  if (agent.command().empty() || at_work) return agent.name() + " ended by itself: " + end;
  const auto before = agent.is_silent() ? "it ended before anything had come through" : "it ended before it was ready";
  const auto why = "start " + agent.name() + " by \"" + agent.command() + "\": " + before + " (" + end + ")" +
                   (forked ? "; a program that forks away cannot be killed: let it run in the foreground" : "");
  if (agent.configuration().trial == 1) throw SystemUnavailable(why);
  return why;
}

bool TrialProcesses::anything_received() const {
  return std::any_of(agents_.begin(), agents_.end(), [](const auto& agent) {
    return role_of(agent->process()) == "consumer" && (!agent->seen.empty() || agent->trail().passes() > 0);
  });
}

// What it was asked for and has not done; empty: nothing.
std::string TrialProcesses::owed_by(const SupervisedAgent& agent) const {
  if (agent.is_silent()) return {};
  if (!agent.greeted) return std::string("it has not said hello") + (stray_hello_ ? stray_said_hello : "");
  if (!agent.ready) return "it has not said ready" + (agent.command().empty() ? "" : tail_of(agent.log()));
  if (agent.parting) return "it was told bye and has not ended";
  if (agent.probed && !agent.probed_empty) return "it was told to probe and has recorded no drain";
  return role_of(agent.process()) == "producer" && agent.going && !agent.done ? "it has not said done" : "";
}

// Those that owe something, or all.
std::string TrialProcesses::those_that_run() const {
  std::string all, owing;
  for (const auto& agent : agents_) {
    if (agent->child().end()) continue;
    all += (all.empty() ? "; still there: " : ", ") + agent->name();
    if (const auto owed = owed_by(*agent); !owed.empty()) owing += (owing.empty() ? "; " : ", ") + agent->name() + ": " + owed;
  }
  return owing.empty() ? all : owing;
}

}  // namespace assay
