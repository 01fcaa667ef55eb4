#include "cli/trial.hpp"

#include <algorithm>
#include <csignal>
#include <optional>

#include "agents/control/configuration.hpp"
#include "cli/run-store.hpp"
#include "cli/trial-processes.hpp"

namespace assay {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds goodbye_timeout{10'000};
constexpr milliseconds audit_timeout{60'000};
constexpr milliseconds work_timeout{30'000};  // and 10 ms a message
constexpr milliseconds longest_backlog_pause{50};
constexpr std::int64_t canaries_per_producer = 3;
// A faulted trial may pass fewer windows than the control trial did.
constexpr double random_share = 0.9;

std::string role_name(const std::string& process) { return process.substr(0, process.find('-')); }

// Room for what one incarnation records, a few redeliveries of everything included.
std::uint64_t recording_bytes(const Workload& workload) {
  return record_header_bytes + (128u << 10) + static_cast<std::uint64_t>(workload.messages) * 2048;
}

class TrialDriver {
 public:
  explicit TrialDriver(const TrialSetup& setup)
      : setup_(setup),
        profile_(setup.plan.profile),
        broker_(setup.broker),
        record_(setup.directory / "harness.rec", setup.plan, setup.planned.number, recording_bytes(profile_.workload)),
        processes_({.program = setup.system.program,
                    .recording_bytes = recording_bytes(profile_.workload),
                    .broker = setup.broker,
                    .control = setup.control,
                    .wake = setup.wake,
                    .record = record_,
                    .stop_asked = setup.stop_asked,
                    .at_armed_window = [this] { at_armed_window(); },
                    .on_time = [this] { return strike_at_random_when_due(); }}) {}

  TrialOutcome run() {
    TrialOutcome outcome;
    try {
      record_plan();
      start_system();
      start_agents();
      work_until_all_is_done();
      send_canaries();
      drain();
      say_goodbye();
      audit();
    } catch (const Disturbed& why) {
      broker_spent_ = true;
      record_.environment("error", why.line);
    } catch (const Interrupted&) {
      broker_spent_ = outcome.interrupted = true;
      record_.environment("warn", "interrupted");
    }
    processes_.end_all(start_timeout());
    if (broker_.running() || !broker_recordings_.empty()) remember_broker_windows();
    if (broker_spent_) broker_.discard();
    outcome.trial = collect();
    outcome.broker_spent = broker_spent_;
    return outcome;
  }

 private:
  // --- the stages ---

  void record_plan() {
    const auto& workload = profile_.workload;
    for (std::int64_t p = 0; p < workload.producers; ++p) {
      const auto producer = "producer-" + std::to_string(p);
      for (std::int64_t seq = 1; seq <= share_of(p); ++seq) record_.planned(message_id(number(), producer, seq), "");
      for (std::int64_t k = 1; k <= canaries_per_producer; ++k) record_.planned(canary(producer, k), "canary");
      if (setup_.drain == DrainRule::end_marker) record_.planned(end_marker(producer), "end");
    }
    if (fault()) record_.planned(*fault());
  }

  void start_system() {
    if (!broker_.running()) broker_.start_fresh(Deadline::in(start_timeout()));
    broker_.clear_windows();
    record_.ready(broker_.name(), broker_.child().pid());
  }

  void start_agents() {
    std::vector<SupervisedAgent*> agents;
    for (std::int64_t i = 0; i < profile_.workload.consumers; ++i) agents.push_back(&start_agent("consumer-" + std::to_string(i), 1));
    for (std::int64_t i = 0; i < profile_.workload.producers; ++i) agents.push_back(&start_agent("producer-" + std::to_string(i), 1));
    processes_.await_ready(agents, start_timeout());
    arm();
    for (auto* agent : agents) processes_.let_go(*agent);
  }

  // The fault strikes while this waits, when its trigger is reached. Once all is
  // sent and the system owes nothing, nobody will reach it any more; and what
  // the broker has passed by then is what the workload makes it pass.
  void work_until_all_is_done() {
    work();
    if (!disarm()) {
      processes_.until([&] { return struck_; }, work_timeout, "the fault to strike");
      work();
      disarm();
    }
    remember_broker_windows();
  }

  void work() {
    const auto patience = milliseconds(10 * profile_.workload.messages);
    const auto all_sent = [&] { return of_all_producers([](auto& producer) { return producer.done; }); };
    std::optional<Deadline> settled_by;
    for (int empty_in_a_row = 0; empty_in_a_row < 2;) {
      processes_.until(all_sent, work_timeout + patience, "the producers to be done");
      if (!settled_by) settled_by = Deadline::in(milliseconds(profile_.evidence.drain_timeout_ms) + patience);
      if (profile_.workload.consumers == 0 || settled_by->passed()) break;
      empty_in_a_row = ask_backlog() ? empty_in_a_row + 1 : 0;
    }
    if (profile_.workload.consumers == 0) ask_backlog();  // once it answers, the broker is past its last send
    processes_.until(all_sent, work_timeout + patience, "the producers to be done");
  }

  // One on every path, sent after the healing, has to come through.
  void send_canaries() {
    const auto patience = milliseconds(profile_.evidence.drain_timeout_ms / (canaries_per_producer + 1) + 1);
    for (std::int64_t p = 0; p < profile_.workload.producers; ++p) {
      const auto producer = "producer-" + std::to_string(p);
      for (std::int64_t k = 1; k <= canaries_per_producer; ++k)
        if (send_marker(producer, canary(producer, k), patience)) break;
      if (setup_.drain == DrainRule::end_marker) send_marker(producer, end_marker(producer), patience);
    }
  }

  // Ends on evidence: the backlog, asked twice, is empty; or at the cap, and
  // then what is missing stays unresolved.
  void drain() {
    record_.drain_begins();
    if (setup_.drain == DrainRule::end_marker) return record_.drain_ends(true, "marker");
    if (profile_.workload.consumers == 0) return record_.drain_ends(true, "scan");  // what is stored is meant to stay
    const auto deadline = Deadline::in(milliseconds(profile_.evidence.drain_timeout_ms));
    backlog_pause_ = milliseconds(1);
    int empty_in_a_row = 0;
    while (empty_in_a_row < 2 && !deadline.passed()) {
      const bool empty = ask_backlog();
      record_.drain_probed(empty);
      empty_in_a_row = empty ? empty_in_a_row + 1 : 0;
    }
    record_.drain_ends(empty_in_a_row == 2, "backlog");
  }

  void say_goodbye() {
    const auto& auditor = the_auditor();
    processes_.expect_endings();
    for (auto& agent : processes_.all())
      if (agent.get() != &auditor) processes_.say(*agent, {{"type", "bye"}});
    const auto gone = [&](auto& agent) { return agent.get() == &auditor || agent->child().end(); };
    processes_.until([&] { return std::all_of(processes_.all().begin(), processes_.all().end(), gone); }, goodbye_timeout,
                     "the agents to finish");
  }

  void audit() {
    auto& auditor = the_auditor();
    processes_.say(auditor, {{"type", "scan"}});
    processes_.until([&] { return auditor.scanned; }, audit_timeout, "the audit");
    processes_.say(auditor, {{"type", "bye"}});
    processes_.until([&] { return auditor.child().end().has_value(); }, goodbye_timeout, "the auditor to finish");
  }

  // --- the fault ---

  const std::optional<PlannedFault>& fault() const { return setup_.planned.fault; }
  bool fault_pending() const { return fault() && !fault_given_up_ && !struck_; }

  void arm() {
    if (!fault() || fault()->random()) return;
    if (auto* header = header_of(fault()->agent)) {
      header->armed_occurrence.store(static_cast<std::uint64_t>(fault()->occurrence));
      header->armed_window.store(static_cast<std::uint32_t>(fault()->window));
    }
  }

  // Too late, a trigger just goes on.
  void at_armed_window() {
    if (!fault()) return;
    if (!fault_pending() || striking_) return release_trigger();
    strike();
  }

  // Nobody will reach the trigger any more. False: somebody has in the last
  // moment, and the fault is about to strike.
  bool disarm() {
    auto* header = fault() ? header_of(fault()->agent) : nullptr;
    if (header) header->armed_window.store(0);
    if (fault_pending() && header && header->reached.load() == 1) return false;
    fault_given_up_ = true;
    return true;
  }

  RecordHeader* header_of(const std::string& process) {
    if (process == "broker") return broker_.header();
    auto* agent = processes_.find(process);
    return agent ? &agent->header() : nullptr;
  }

  // The instant of a random kill is a share of the windows that its target
  // passes; for a broker that marks none, of those that the agents pass. Where
  // between two windows it strikes is left to the clock. True: look again very
  // soon.
  bool strike_at_random_when_due() {
    if (!fault_pending() || !fault()->random() || striking_) return false;
    const std::string process = header_of(fault()->target) ? fault()->target : "agents";
    if (!due_) {
      const auto passes = setup_.passes.contains(process) ? setup_.passes.at(process) : 0;
      due_ = 1 + static_cast<std::int64_t>(fault()->instant * random_share * static_cast<double>(passes));
    }
    if (passes_of(process) >= *due_) strike();
    return fault_pending();
  }

  std::int64_t passes_of(const std::string& process) {
    std::int64_t passes = 0;
    const auto add = [&](const RecordHeader& header) {
      for (const auto& hits : header.hits) passes += static_cast<std::int64_t>(hits.load(std::memory_order_relaxed));
    };
    if (process == "broker") add(*broker_.header());
    for (const auto& agent : processes_.all())
      if (process == "agents" || agent->process() == process) add(agent->header());
    return passes;
  }

  void strike() {
    striking_ = true;
    record_.fault_begins(*fault());
    if (fault()->target == "broker") kill_and_restart_broker();
    else kill_and_restart_agent(processes_.named(fault()->target));
    if (fault()->agent != fault()->target) release_trigger();
    record_.fault_healed(*fault());
    struck_ = true;
    striking_ = false;
  }

  void kill_and_restart_broker() {
    broker_spent_ = true;
    const auto point = last_point_around_broker();
    const auto victim = broker_.name();
    const auto change = processes_.kill_broker(start_timeout());
    record_.fault_proven(*fault(), victim, change, point);
    broker_recordings_.push_back(broker_.recording(number(), Ending::killed));
    try {
      broker_.restart(Deadline::in(start_timeout()));
    } catch (const SystemUnavailable& error) {
      throw Disturbed{error.what()};
    }
    record_.ready(broker_.name(), broker_.child().pid());
  }

  void kill_and_restart_agent(SupervisedAgent& victim) {
    const auto change = processes_.kill(victim, start_timeout());
    const auto point = victim.last_window();
    record_.fault_proven(*fault(), victim.name(), change, point ? std::string(name(*point)) : "");
    auto& successor = start_agent(victim.process(), victim.configuration().incarnation + 1);
    processes_.await_ready({&successor}, start_timeout());
    processes_.let_go(successor);
  }

  // The broker's own mark; a broker that marks nothing is localised by the
  // agent that triggers.
  std::string last_point_around_broker() {
    const auto* header = broker_.header() ? broker_.header() : header_of(fault()->agent);
    const auto window = header ? static_cast<Window>(header->last_window.load()) : Window::none;
    return window == Window::none ? "" : std::string(name(window));
  }

  // The trigger waited at its window; now it goes on.
  void release_trigger() {
    if (fault()->random()) return;
    if (auto* header = header_of(fault()->agent)) header->armed_window.store(0);
    if (fault()->agent == "broker") broker_.child().signal(SIGCONT);
    else processes_.named(fault()->agent).child().signal(SIGCONT);
  }

  // --- agents ---

  SupervisedAgent& start_agent(const std::string& process, std::int64_t incarnation) {
    AgentConfiguration configuration{.role = role_of(process), .process = process, .incarnation = incarnation};
    configuration.trial = number();
    configuration.run = setup_.plan.run;
    configuration.seed = setup_.plan.seed;
    configuration.recording = (setup_.directory / (incarnation_name(process, incarnation) + ".rec")).string();
    configuration.address = broker_.address();
    configuration.channel = "t" + std::to_string(number());
    configuration.group = "assay";
    configuration.settings = profile_.settings.dump();
    for (std::int64_t i = 1; i < incarnation && setup_.take_over == TakeOver::at_restart; ++i)
      configuration.take_over.push_back(incarnation_name(process, i));
    configuration.cursor = (setup_.directory / (process + ".cursor")).string();
    if (profile_.workload.consumers > 0) configuration.sink = (setup_.directory / "sink.db").string();
    const auto& workload = profile_.workload;
    if (role_name(process) == "producer") configuration.messages = share_of(std::stoll(process.substr(process.find('-') + 1)));
    configuration.size = workload.size;
    configuration.keys = workload.keys;
    configuration.in_flight = workload.in_flight;
    configuration.prefetch = workload.prefetch;
    configuration.ack_batch = workload.ack_batch;
    configuration.request_timeout_ms = profile_.evidence.request_timeout_ms;
    return processes_.start(std::move(configuration));
  }

  std::string role_of(const std::string& process) const {
    if (process == "auditor") return "auditor";
    return role_name(process) == "producer" ? profile_.producer_role : profile_.consumer_role;
  }

  // Messages are dealt evenly; the first producers take what is left over.
  std::int64_t share_of(std::int64_t producer) const {
    const auto& workload = profile_.workload;
    return workload.messages / workload.producers + (producer < workload.messages % workload.producers ? 1 : 0);
  }

  SupervisedAgent& the_auditor() {
    if (!auditor_) {
      auditor_ = &start_agent("auditor", 1);
      processes_.await_ready({auditor_}, start_timeout());
      processes_.let_go(*auditor_);
    }
    return *auditor_;
  }

  // True: the system owes nothing to anybody. When it does, waits a moment
  // before anyone asks again, longer each time.
  bool ask_backlog() {
    auto& auditor = the_auditor();
    auditor.backlog_empty.reset();
    processes_.say(auditor, {{"type", "backlog"}});
    processes_.until([&] { return auditor.backlog_empty.has_value(); }, audit_timeout, "the backlog");
    if (*auditor.backlog_empty) return true;
    processes_.wait_for([] { return false; }, Deadline::in(backlog_pause_));
    backlog_pause_ = std::min(backlog_pause_ * 2, longest_backlog_pause);
    return false;
  }

  bool send_marker(const std::string& producer, const std::string& message, milliseconds patience) {
    processes_.say(processes_.named(producer), {{"type", "canary"}, {"message", message}, {"deadline_ms", patience.count()}});
    const auto processed = [&](auto& agent) { return agent->seen.contains(message); };
    return processes_.wait_for(
        [&] {
          if (!processes_.named(producer).sent.contains(message)) return false;
          return profile_.workload.consumers == 0 ||
                 std::any_of(processes_.all().begin(), processes_.all().end(), processed);
        },
        Deadline::in(patience));
  }

  // Of living incarnations: a killed one is asked nothing any more.
  template <typename Predicate>
  bool of_all_producers(Predicate predicate) {
    return std::all_of(processes_.all().begin(), processes_.all().end(), [&](auto& agent) {
      return role_name(agent->process()) != "producer" || processes_.was_killed(*agent) || predicate(*agent);
    });
  }

  // --- small things ---

  milliseconds start_timeout() const { return milliseconds(profile_.evidence.start_timeout_ms); }
  std::int64_t number() const { return setup_.planned.number; }
  std::string canary(const std::string& producer, std::int64_t k) const {
    return std::to_string(number()) + "/" + producer + "/canary-" + std::to_string(k);
  }
  std::string end_marker(const std::string& producer) const { return std::to_string(number()) + "/" + producer + "/end"; }

  // Canaries reach the broker's windows too, and it cannot tell them apart:
  // what counts is what it passed before.
  void remember_broker_windows() {
    const bool known = std::any_of(broker_recordings_.begin(), broker_recordings_.end(),
                                   [&](auto& r) { return r.incarnation == broker_.incarnation(); });
    if (!known) broker_recordings_.push_back(broker_.recording(number(), Ending::finished));
  }

  Trial collect() {
    Trial trial{.number = number(), .file = trial_file(number())};
    trial.recordings.push_back(read_record_file(record_.file(), Ending::finished));
    for (auto& recording : broker_recordings_) trial.recordings.push_back(std::move(recording));
    for (auto& agent : processes_.all())
      trial.recordings.push_back(read_record_file(agent->configuration().recording,
                                                  processes_.was_killed(*agent) ? Ending::killed : Ending::finished));
    return trial;
  }

  const TrialSetup& setup_;
  const Profile& profile_;
  Broker& broker_;
  TrialRecord record_;
  TrialProcesses processes_;

  SupervisedAgent* auditor_ = nullptr;
  std::vector<Recording> broker_recordings_;
  milliseconds backlog_pause_{1};
  std::optional<std::int64_t> due_;  // after how many passes a random kill strikes
  bool struck_ = false, striking_ = false, fault_given_up_ = false, broker_spent_ = false;
};

}  // namespace

Passes passes_in(const Trial& control) {
  Passes passes;
  for (const auto& recording : control.recordings)
    for (const auto& [window, times] : recording.hits) {
      passes[recording.process] += times;
      if (recording.process != "broker") passes["agents"] += times;
    }
  return passes;
}

TrialOutcome run_trial(const TrialSetup& setup) { return TrialDriver(setup).run(); }

}  // namespace assay
