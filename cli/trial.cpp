#include "cli/trial.hpp"

#include <algorithm>
#include <csignal>
#include <deque>
#include <optional>

#include "agents/control/configuration.hpp"
#include "checker/history/payload.hpp"
#include "cli/run-store.hpp"
#include "cli/supervised-agent.hpp"

namespace assay {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds goodbye_timeout{10'000};
constexpr milliseconds audit_timeout{60'000};
constexpr milliseconds work_timeout{30'000};  // and 10 ms a message
constexpr std::int64_t canaries_per_producer = 3;
constexpr milliseconds longest_backlog_pause{50};
constexpr int agent_log_lines = 5;

// Something outside the contract went wrong: the trial is no evidence.
struct Disturbed {
  std::string line;
};
struct Interrupted {};

std::string role_name(const std::string& process) { return process.substr(0, process.find('-')); }

class TrialDriver {
 public:
  explicit TrialDriver(const TrialSetup& setup)
      : setup_(setup),
        profile_(setup.plan.profile),
        broker_(setup.broker),
        recording_bytes_(record_header_bytes + (128u << 10) + static_cast<std::uint64_t>(profile_.workload.messages) * 2048),
        harness_file_(setup.directory / "harness.rec"),
        harness_(made_harness_file()) {}

  TrialOutcome run() {
    TrialOutcome outcome;
    try {
      record_plan();
      start_system();
      start_agents();
      work_until_all_is_sent();
      send_canaries();
      drain();
      say_goodbye();
      audit();
    } catch (const Disturbed& why) {
      broker_spent_ = true;
      note({.type = Type::environment, .level = "error", .source = "harness", .line = why.line});
    } catch (const Interrupted&) {
      broker_spent_ = outcome.interrupted = true;
      note({.type = Type::environment, .level = "warn", .source = "harness", .line = "interrupted"});
    }
    end_all_agents();
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
      for (std::int64_t seq = 1; seq <= share_of(p); ++seq) plan_message(message_id(number(), producer, seq), "");
      for (std::int64_t k = 1; k <= canaries_per_producer; ++k) plan_message(canary(producer, k), "canary");
      if (setup_.drain == DrainRule::end_marker) plan_message(end_marker(producer), "end");
    }
    if (fault())
      note({.type = Type::fault, .phase = Phase::plan, .kind = fault()->kind, .trigger = fault()->trigger(), .target = fault()->target});
  }

  void start_system() {
    if (!broker_.running()) broker_.start_fresh(Deadline::in(start_timeout()));
    broker_.clear_windows();
    note_ready(broker_.name(), broker_.child().pid());
  }

  void start_agents() {
    for (std::int64_t i = 0; i < profile_.workload.consumers; ++i) start_agent("consumer-" + std::to_string(i), 1);
    for (std::int64_t i = 0; i < profile_.workload.producers; ++i) start_agent("producer-" + std::to_string(i), 1);
    until([&] { return all_agents([](auto& agent) { return agent.ready; }); }, start_timeout(), "the agents to be ready");
    for (auto& agent : agents_) note_ready(agent->name(), agent->child().pid());
    arm();
    for (auto& agent : agents_) send(*agent, {{"type", "go"}});
  }

  // The fault strikes while this waits, when its trigger is reached.
  void work_until_all_is_sent() {
    const auto limit = work_timeout + milliseconds(10 * profile_.workload.messages);
    const auto all_sent = [&] { return all_agents([](auto& a) { return role_name(a.process()) != "producer" || a.done; }); };
    until(all_sent, limit, "the producers to be done");
    if (fault_pending()) await_fault_or_empty_system(limit);
    until(all_sent, limit, "the producers to be done");
    disarm();
    remember_broker_windows();
  }

  // Consumers may still be at work and reach the trigger; with an empty backlog
  // nobody will.
  void await_fault_or_empty_system(milliseconds limit) {
    if (profile_.workload.consumers == 0) return;
    const auto deadline = Deadline::in(limit);
    for (int empty_in_a_row = 0; fault_pending() && empty_in_a_row < 2 && !deadline.passed();)
      empty_in_a_row = ask_backlog([&] { return !fault_pending(); }) ? empty_in_a_row + 1 : 0;
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
    note({.type = Type::drain, .phase = Phase::begin});
    if (setup_.drain == DrainRule::end_marker) {
      note({.type = Type::drain, .phase = Phase::end, .empty = true, .source = "marker"});
      return;
    }
    bool empty = true;
    backlog_pause_ = milliseconds(1);
    if (profile_.workload.consumers > 0) {
      const auto deadline = Deadline::in(milliseconds(profile_.evidence.drain_timeout_ms));
      int empty_in_a_row = 0;
      while (empty_in_a_row < 2 && !deadline.passed()) {
        const bool now = ask_backlog([] { return false; });
        note({.type = Type::drain, .phase = Phase::probe, .empty = now});
        empty_in_a_row = now ? empty_in_a_row + 1 : 0;
      }
      empty = empty_in_a_row == 2;
    }
    note({.type = Type::drain, .phase = Phase::end, .empty = empty, .source = "backlog"});
  }

  void say_goodbye() {
    for (auto& agent : agents_)
      if (agent.get() != auditor_) send(*agent, {{"type", "bye"}});
    leaving_ = true;
    until([&] { return all_agents([&](auto& a) { return &a == auditor_ || a.child().end().has_value(); }); },
          goodbye_timeout, "the agents to finish");
  }

  void audit() {
    auto& auditor = the_auditor();
    send(auditor, {{"type", "scan"}});
    until([&] { return auditor.scanned; }, audit_timeout, "the audit");
    send(auditor, {{"type", "bye"}});
    until([&] { return auditor.child().end().has_value(); }, goodbye_timeout, "the auditor to finish");
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

  void disarm() {
    fault_given_up_ = true;
    if (!fault()) return;
    if (auto* header = header_of(fault()->agent)) header->armed_window.store(0);
  }

  RecordHeader* header_of(const std::string& process) {
    if (process == "broker") return broker_.header();
    const auto found = std::find_if(agents_.rbegin(), agents_.rend(), [&](auto& a) { return a->process() == process; });
    return found == agents_.rend() ? nullptr : &(*found)->header();
  }

  // A random kill counts its instant from the first window that its target
  // passes; for a broker that marks none, from the producer's.
  void strike_at_random_when_due() {
    if (!fault_pending() || !fault()->random() || striking_) return;
    const auto* header = header_of(fault()->target);
    if (!header) header = header_of("producer-0");
    if (!due_ && header && header->last_window.load() != 0) {
      const auto busy = setup_.busy.contains(fault()->target) ? setup_.busy.at(fault()->target) : 0;
      due_ = monotonic_ns() + static_cast<std::int64_t>(fault()->instant * 0.7 * static_cast<double>(busy));
    }
    if (due_ && monotonic_ns() >= *due_) strike();
  }

  void strike() {
    striking_ = true;
    note(fault_event(Phase::act, fault()->target));
    if (fault()->target == "broker") kill_and_restart_broker();
    else kill_and_restart_agent(agent_named(fault()->target));
    if (fault()->agent != fault()->target) release_trigger();
    note(fault_event(Phase::heal, fault()->target));
    struck_ = true;
    striking_ = false;
  }

  void kill_and_restart_broker() {
    broker_spent_ = true;
    const auto point = last_point_around_broker();
    const auto change = kill(broker_.child(), broker_.name());
    note_proof(broker_.name(), change, point);
    broker_recordings_.push_back(broker_.recording(number(), Ending::killed));
    try {
      broker_.restart(Deadline::in(start_timeout()));
    } catch (const SystemUnavailable& error) {
      throw Disturbed{error.what()};
    }
    note_ready(broker_.name(), broker_.child().pid());
  }

  void kill_and_restart_agent(SupervisedAgent& victim) {
    const auto change = kill(victim.child(), victim.name());
    note_proof(victim.name(), change, victim.last_window() ? std::string(name(*victim.last_window())) : "");
    killed_.insert(victim.name());
    auto& successor = start_agent(victim.process(), victim.configuration().incarnation + 1);
    until([&] { return successor.ready; }, start_timeout(), successor.name() + " to be ready");
    note_ready(successor.name(), successor.child().pid());
    send(successor, {{"type", "go"}});
  }

  Change kill(ChildProcess& child, const std::string& name) {
    child.signal(SIGKILL);
    const auto change = child.wait_ended(Deadline::in(start_timeout()));
    if (!change) throw Disturbed{name + " did not die of SIGKILL"};
    note_exit(name, *change);
    return *change;
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
    else agent_named(fault()->agent).child().signal(SIGCONT);
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
    agents_.push_back(std::make_unique<SupervisedAgent>(
        setup_.system.program, std::move(configuration), setup_.control.endpoint(), broker_.secret(), recording_bytes_,
        setup_.directory / (incarnation_name(process, incarnation) + ".log")));
    return *agents_.back();
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
      until([&] { return auditor_->ready; }, start_timeout(), "the auditor to be ready");
      note_ready(auditor_->name(), auditor_->child().pid());
      send(*auditor_, {{"type", "go"}});
    }
    return *auditor_;
  }

  // True: the system owes nothing to anybody. When it does, waits a moment
  // before anyone asks again, longer each time, unless there is `enough`.
  template <typename Enough>
  bool ask_backlog(Enough enough) {
    auto& auditor = the_auditor();
    auditor.backlog_empty.reset();
    send(auditor, {{"type", "backlog"}});
    until([&] { return auditor.backlog_empty.has_value(); }, audit_timeout, "the backlog");
    if (*auditor.backlog_empty) return true;
    wait_for(enough, Deadline::in(backlog_pause_));
    backlog_pause_ = std::min(backlog_pause_ * 2, longest_backlog_pause);
    return false;
  }

  bool send_marker(const std::string& producer, const std::string& message, milliseconds patience) {
    send(agent_named(producer), {{"type", "canary"}, {"message", message}, {"deadline_ms", patience.count()}});
    return wait_for(
        [&] {
          if (!agent_named(producer).sent.contains(message)) return false;
          return profile_.workload.consumers == 0 ||
                 std::any_of(agents_.begin(), agents_.end(), [&](auto& a) { return a->seen.contains(message); });
        },
        Deadline::in(patience));
  }

  // The living incarnation.
  SupervisedAgent& agent_named(const std::string& process) {
    const auto found = std::find_if(agents_.rbegin(), agents_.rend(), [&](auto& a) { return a->process() == process; });
    if (found == agents_.rend()) throw Disturbed{"the profile starts no " + process};
    return **found;
  }

  // Of living incarnations: a killed one is asked nothing any more.
  template <typename Predicate>
  bool all_agents(Predicate predicate) {
    return std::all_of(agents_.begin(), agents_.end(), [&](auto& a) { return killed_.contains(a->name()) || predicate(*a); });
  }

  void send(SupervisedAgent& agent, const nlohmann::json& body) { setup_.control.send(agent.name(), body); }

  void end_all_agents() {
    for (auto& agent : agents_) {
      if (agent->child().end()) continue;
      agent->child().signal(SIGKILL);
      agent->child().wait_ended(Deadline::in(start_timeout()));
      killed_.insert(agent->name());
    }
    if (broker_spent_) remember_broker_windows();
    if (broker_spent_) broker_.discard();
  }

  // --- waiting ---

  milliseconds start_timeout() const { return milliseconds(profile_.evidence.start_timeout_ms); }

  template <typename Condition>
  void until(Condition condition, milliseconds limit, const std::string& what) {
    if (!wait_for(condition, Deadline::in(limit)))
      throw Disturbed{"waited " + std::to_string(limit.count()) + " ms for " + what + whom_we_wait_for()};
  }

  template <typename Condition>
  bool wait_for(Condition condition, Deadline deadline) {
    while (true) {
      take_messages();
      watch_processes();
      strike_at_random_when_due();
      if (condition()) return true;
      if (setup_.stop_asked()) throw Interrupted{};
      if (deadline.passed()) return false;
      const bool timing = fault_pending() && fault()->random() && !striking_;
      setup_.control.wait({setup_.wake.descriptor()},
                          timing ? Deadline::earlier(deadline, Deadline::in(milliseconds(1))) : deadline);
      setup_.wake.clear();
    }
  }

  void take_messages() {
    while (const auto message = setup_.control.receive()) {
      const auto found = std::find_if(agents_.begin(), agents_.end(), [&](auto& a) { return a->name() == message->identity; });
      if (found == agents_.end() || killed_.contains(message->identity)) continue;  // a last word of the dead
      auto& agent = **found;
      if (message->body.is_null()) throw Disturbed{agent.name() + " broke the protocol: " + message->raw.substr(0, 120)};
      if (message->body.value("type", "") == "hello") {
        greet(agent, message->body);
      } else if (const auto wrong = agent.take(message->body); !wrong.empty()) {
        throw Disturbed{agent.name() + " " + wrong};
      }
    }
  }

  void greet(SupervisedAgent& agent, const nlohmann::json& hello) {
    if (hello.value("protocol", 0) != control_protocol)
      throw Disturbed{agent.name() + " speaks another version of the control protocol"};
    auto configure = to_json(agent.configuration());
    configure["type"] = "configure";
    send(agent, configure);
  }

  void watch_processes() {
    if (broker_.running())
      while (const auto change = broker_.child().poll()) {
        if (change->ended()) throw Disturbed{"the server ended by itself: " + to_string(*change) + tail_of(broker_.log())};
        if (broker_.header() && at_its_window(*change, *broker_.header())) return strike();
      }
    for (std::size_t i = 0; i < agents_.size(); ++i) {  // a strike adds to the list
      auto& agent = *agents_[i];
      if (agent.child().end()) continue;
      while (const auto change = agent.child().poll()) {
        if (change->ended()) {
          agent_ended(agent, *change);
          break;
        }
        if (at_its_window(*change, agent.header())) {
          strike();
          break;
        }
      }
    }
  }

  bool at_its_window(const Change& change, const RecordHeader& header) const {
    return change.kind == Change::Kind::stopped && header.reached.load() == 1 && fault_pending() && !striking_;
  }

  void agent_ended(SupervisedAgent& agent, const Change& change) {
    note_exit(agent.name(), change);
    const bool orderly = change.kind == Change::Kind::exited && change.value == 0;
    if (!orderly || (!leaving_ && &agent != auditor_))
      throw Disturbed{agent.name() + " ended by itself: " + to_string(change) + tail_of(agent.log())};
  }

  std::string tail_of(const std::filesystem::path& log) const {
    const auto lines = last_lines(log, agent_log_lines);
    return lines.empty() ? "" : "; its last lines: " + lines;
  }

  std::string whom_we_wait_for() {
    std::string names;
    for (auto& agent : agents_)
      if (!agent->child().end()) names += (names.empty() ? "; still there: " : ", ") + agent->name();
    return names;
  }

  // --- the record ---

  std::int64_t number() const { return setup_.planned.number; }
  std::string canary(const std::string& producer, std::int64_t k) const {
    return std::to_string(number()) + "/" + producer + "/canary-" + std::to_string(k);
  }
  std::string end_marker(const std::string& producer) const { return std::to_string(number()) + "/" + producer + "/end"; }

  std::filesystem::path made_harness_file() {
    create_recording(harness_file_, "harness", 1, number(), recording_bytes_);
    return harness_file_;
  }

  void note(Event event) { harness_.record(std::move(event)); }

  void plan_message(const std::string& message, const std::string& flags) {
    Payload payload{.run = setup_.plan.run, .message = message, .key = key_of(message, profile_.workload.keys, setup_.plan.seed)};
    payload.body = body_of(setup_.plan.seed, message, static_cast<std::size_t>(body_bytes(message, profile_.workload.size)));
    note({.type = Type::plan_message, .message = message, .key = payload.key, .digest = digest(payload), .flags = flags});
  }

  void note_ready(const std::string& target, pid_t pid) {
    note({.type = Type::process, .phase = Phase::start, .target = target, .pid = pid, .status = "ready"});
  }

  void note_exit(const std::string& target, const Change& change) {
    note({.type = Type::process, .phase = Phase::exit, .target = target, .wait_status = change.wait_status, .status = to_string(change)});
  }

  Event fault_event(Phase phase, const std::string& target) const {
    return {.type = Type::fault, .phase = phase, .kind = fault()->kind, .trigger = fault()->trigger(), .target = target};
  }

  void note_proof(const std::string& victim, const Change& change, const std::string& point) {
    auto proof = fault_event(Phase::proof, victim);
    proof.wait_status = change.wait_status;
    proof.last_point = point;
    note(std::move(proof));
  }

  // Canaries reach the broker's windows too, and it cannot tell them apart:
  // what counts is what it passed before.
  void remember_broker_windows() {
    const bool known = std::any_of(broker_recordings_.begin(), broker_recordings_.end(),
                                   [&](auto& r) { return r.incarnation == broker_.incarnation(); });
    if (!known) broker_recordings_.push_back(broker_.recording(number(), Ending::finished));
  }

  Trial collect() {
    Trial trial{.number = number(), .file = trial_file(number())};
    trial.recordings.push_back(read_record_file(harness_file_, Ending::finished));
    for (auto& recording : broker_recordings_) trial.recordings.push_back(std::move(recording));
    for (auto& agent : agents_)
      trial.recordings.push_back(read_record_file(agent->configuration().recording,
                                                  killed_.contains(agent->name()) ? Ending::killed : Ending::finished));
    return trial;
  }

  const TrialSetup& setup_;
  const Profile& profile_;
  Broker& broker_;
  std::uint64_t recording_bytes_;
  std::filesystem::path harness_file_;
  Recorder harness_;

  std::vector<std::unique_ptr<SupervisedAgent>> agents_;  // every incarnation, in the order of their starts
  SupervisedAgent* auditor_ = nullptr;
  std::set<std::string> killed_;
  std::vector<Recording> broker_recordings_;
  std::optional<std::int64_t> due_;
  milliseconds backlog_pause_{1};
  bool struck_ = false, striking_ = false, fault_given_up_ = false, leaving_ = false, broker_spent_ = false;
};

}  // namespace

BusySpans busy_spans(const Trial& control) {
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> spans;
  const auto widen = [&](const std::string& process, std::int64_t time) {
    auto [span, fresh] = spans.try_emplace(process, time, time);
    span->second.second = std::max(span->second.second, time);
    span->second.first = std::min(span->second.first, time);
  };
  for (const auto& recording : control.recordings)
    for (const auto& event : recording.events) {
      const bool work = event.type == Type::send || event.type == Type::deliver || event.type == Type::effect;
      if (!work || is_marker(event.message)) continue;
      widen(recording.process, event.time);
      widen("broker", event.time);
    }
  BusySpans busy;
  for (const auto& [process, span] : spans) busy[process] = span.second - span.first;
  return busy;
}

TrialOutcome run_trial(const TrialSetup& setup) { return TrialDriver(setup).run(); }

}  // namespace assay
