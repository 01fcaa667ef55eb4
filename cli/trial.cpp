#include "cli/trial.hpp"

#include <algorithm>
#include <csignal>
#include <optional>
#include <utility>

#include "checker/history/payload.hpp"
#include "cli/common-ground.hpp"
#include "cli/rest-watch.hpp"
#include "cli/run-store.hpp"
#include "cli/trial-agents.hpp"
#include "cli/trial-fault.hpp"
#include "cli/trial-processes.hpp"

namespace assay {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds goodbye_timeout{10'000};
constexpr milliseconds patience_at_sigterm{5'000};
constexpr milliseconds audit_timeout{60'000};
constexpr milliseconds work_timeout{30'000};  // and 10 ms a message, and what it is worked on
constexpr std::int64_t canaries_per_producer = 3;

class TrialDriver {
 public:
  explicit TrialDriver(const TrialSetup& setup)
      : setup_(setup),
        profile_(setup.plan.profile),
        broker_(setup.broker),
        record_(setup.directory / "harness.rec", setup.plan, setup.planned.number, recording_bytes(profile_.workload)),
        processes_({.profile = setup.plan.profile,
                    .spawn = setup.spawn,
                    .program = setup.system.program,
                    .recording_bytes = recording_bytes(profile_.workload),
                    .broker = setup.broker,
                    .control = setup.control,
                    .wake = setup.wake,
                    .record = record_,
                    .stop_asked = setup.stop_asked,
                    .at_armed_window = [this](const Change& stopped) { fault_.at_armed_window(stopped); },
                    .on_time = [this] { return fault_.on_time(); }}),
        fault_({.planned = setup.planned.fault,
                .passes = setup.passes,
                .wish = setup.plan.profile.faults,
                .broker = setup.broker,
                .paths = setup.paths,
                .processes = processes_,
                .record = record_,
                .start_timeout = start_timeout(),
                .request_timeout = milliseconds(profile_.evidence.request_timeout_ms),
                .replace = [this](const SupervisedAgent& victim) { replace(victim); },
                .broker_died = [this] { remember_dead_broker(); }}),
        rest_({.setup = setup, .processes = processes_, .fault = fault_, .auditor = [this]() -> SupervisedAgent& { return the_auditor(); }}) {}

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
    if (const auto line = broker_.alarm()) record_.environment("error", "the server's log: " + *line);
    if (fault_.struck() && setup_.planned.fault->kind == "stall") broker_spent_ = true;
    if (broker_.running() || !broker_recordings_.empty()) remember_broker_windows();
    if (broker_spent_) discard_broker();
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
      for (std::int64_t seq = 1; seq <= share_of(workload, p); ++seq) record_.planned(message_id(number(), producer, seq), "");
      for (std::int64_t k = zombie_planned(producer) ? 0 : 1; k <= canaries_per_producer; ++k)
        record_.planned(canary(producer, k), "canary");
      if (profile_.pipeline && p == 0) record_.planned(first_of_all(), "first");
      if (setup_.drain == DrainRule::end_marker) record_.planned(end_marker(producer), "end");
    }
    if (setup_.planned.fault) record_.planned(*setup_.planned.fault);
  }

  void start_system() {
    if (!broker_.running()) broker_.start_fresh(Deadline::in(start_timeout()));
    if (setup_.paths) setup_.paths->lead_to(broker_.address());
    broker_.clear_windows();
    record_.ready(broker_.name(), pid_of(broker_));
  }

  void start_agents() {
    std::vector<SupervisedAgent*> agents;
    if (profile_.pipeline) start_pipeline();
    for (std::int64_t i = 0; i < profile_.workload.consumers; ++i) agents.push_back(&start_agent("consumer-" + std::to_string(i), 1));
    for (std::int64_t i = 0; i < profile_.workload.producers; ++i) agents.push_back(&start_agent("producer-" + std::to_string(i), 1));
    processes_.await_ready(agents, start_timeout());
    if (profile_.pipeline) see_something_through();
    fault_.arm();
    if (!auditor_) auditor_ = &start_agent("auditor", 1);  // it gets ready while the others work
    for (auto* agent : agents)
      if (!held_back(*agent) && !(profile_.pipeline && role_of(agent->process()) == "consumer")) processes_.let_go(*agent);
  }

  // The auditor sees to it that what is sent is owed to the pipeline.
  void start_pipeline() {
    auditor_ = &start_agent("auditor", 1);
    the_auditor();
    std::vector<SupervisedAgent*> instances;
    for (std::int64_t i = 0; i < profile_.pipeline->instances; ++i) instances.push_back(&start_agent("pipeline-" + std::to_string(i), 1));
    processes_.await_ready(instances, start_timeout());
  }

  // A program that says nothing works when something has come through it. Should
  // nothing come, the trial goes on all the same, and its history says so. But who
  // looks for messages in the wrong place would take each of them for a phantom.
  void see_something_through() {
    for (auto& agent : processes_.all())
      if (role_of(agent->process()) == "consumer") processes_.let_go(*agent);
    if (send_marker("producer-0", first_of_all(), start_timeout())) return;
    if (number() == 1 && processes_.anything_received())
      throw SystemUnavailable("recognise what comes out of the pipeline: the " + profile_.pipeline->message +
                              " finds none of our messages in it; correct /pipeline/message, or let the pipeline carry that field on");
  }

  // The fault strikes while this waits, when its trigger is reached. Once all is
  // sent and the system owes nothing, nobody will reach it any more; and what
  // the broker has passed by then is what the workload makes it pass.
  void work_until_all_is_done() {
    work();
    if (!fault_.disarm()) {
      processes_.until([&] { return fault_.struck(); }, work_timeout, "the fault to strike");
      work();
      fault_.disarm();
    }
    remember_broker_windows();
  }

  void work() {
    const auto patience = milliseconds((10 + profile_.workload.process_ms) * profile_.workload.messages);
    send_everything(patience);
    if (consumers_wait_) release_consumers(patience);
    auto settled_by = Deadline::in(milliseconds(profile_.evidence.drain_timeout_ms) + patience);
    for (Rest rest = rest_.while_working(); !rest.long_enough() && profile_.workload.consumers > 0;) {
      send_everything(patience);  // a producer that was faulted late
      if (settled_by.passed()) break;
      rest_.owes_nothing(rest);
      if (!rest.long_enough() || !fault_.zombie()) continue;
      continue_zombie();  // its successor has nothing left to do
      rest = rest_.while_working();
      settled_by = Deadline::in(milliseconds(profile_.evidence.drain_timeout_ms) + patience);
    }
    if (fault_.zombie()) continue_zombie();
    send_everything(patience);
    if (profile_.workload.consumers == 0) rest_.backlog_is_empty();  // once it answers, the broker is past its last send
  }

  void send_everything(milliseconds patience) {
    const auto all_sent = [&] { return of_all_producers([](auto& producer) { return producer.done; }); };
    processes_.until(all_sent, work_timeout + patience, "the producers to be done");
  }

  // A producer's successor may have found all of it done: a message of its own
  // shows that it worked while the zombie stood still.
  void continue_zombie() {
    const auto process = fault_.zombie()->process();
    if (role_of(process) == "producer") {
      auto& successor = processes_.named(process);
      const auto message = canary(process, 0);
      ask_for(successor, message, audit_timeout);
      processes_.until([&] { return successor.sent.contains(message); }, audit_timeout, successor.name() + " to send");
    }
    fault_.continue_zombie();
  }

  // All is stored, also what a zombie among the producers still had in its hands.
  void release_consumers(milliseconds patience) {
    if (fault_.zombie()) {
      continue_zombie();
      send_everything(patience);
    }
    consumers_wait_ = false;
    for (auto& agent : processes_.all())
      if (role_of(agent->process()) == "consumer") processes_.let_go(*agent);
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

  // Ends on evidence: the backlog, asked twice, is empty, or nothing came for
  // long enough; or at the cap, and then what is missing stays unresolved.
  void drain() {
    record_.drain_begins();
    if (setup_.drain == DrainRule::end_marker) return record_.drain_ends(true, "marker");
    if (profile_.workload.consumers == 0) return record_.drain_ends(true, "scan");  // what is stored is meant to stay
    const auto deadline = Deadline::in(milliseconds(profile_.evidence.drain_timeout_ms));
    rest_.ask_soon();
    Rest rest = rest_.while_draining();
    while (!rest.long_enough() && !deadline.passed()) {
      record_.drain_probed(rest_.owes_nothing(rest));
      if (profile_.pipeline && !rest.long_enough()) rest_.pause_for(milliseconds(profile_.pipeline->longest_ms / 4 + 1));
    }
    record_.drain_ends(rest.long_enough(), rest_.by_silence() ? "silence" : "backlog");
  }

  void say_goodbye() {
    const auto& auditor = the_auditor();
    processes_.expect_endings();
    for (auto& agent : processes_.all())
      if (agent->is_silent()) agent->signal(SIGTERM);
      else if (agent.get() != &auditor) part_from(*agent);
    end_pipelines();
    const auto gone = [&](auto& agent) { return agent.get() == &auditor || agent->child().end(); };
    processes_.until([&] { return std::all_of(processes_.all().begin(), processes_.all().end(), gone); }, goodbye_timeout,
                     "the agents to finish");
  }

  void part_from(SupervisedAgent& agent) {
    agent.parting = true;
    processes_.say(agent, {{"type", "bye"}});
  }

  // Who does not end on SIGTERM is killed: it has nothing left to do.
  void end_pipelines() {
    const auto gone = [](auto& agent) { return !agent->is_silent() || agent->child().end(); };
    if (processes_.wait_for([&] { return std::all_of(processes_.all().begin(), processes_.all().end(), gone); },
                            Deadline::in(patience_at_sigterm)))
      return;
    for (auto& agent : processes_.all())
      if (agent->is_silent()) agent->signal(SIGKILL);
  }

  void audit() {
    auto& auditor = the_auditor();
    processes_.say(auditor, {{"type", "scan"}});
    processes_.until([&] { return auditor.scanned; }, audit_timeout, "the audit");
    require_effects(auditor);
    part_from(auditor);
    processes_.until([&] { return auditor.child().end().has_value(); }, goodbye_timeout, "the auditor to finish");
    require_common_ground();
  }

  void require_common_ground() {
    if (setup_.planned.fault || profile_.agents.empty()) return;
    std::vector<Recording> recordings{read_record_file(record_.file(), Ending::finished)};
    for (auto& agent : processes_.all()) recordings.push_back(agent->trail().read(Ending::finished));
    if (const auto why = misunderstanding_in(recordings, profile_); !why.empty()) throw Disturbed{why};
  }

  // Where not one effect is found without any fault, somebody looks in the wrong place.
  void require_effects(const SupervisedAgent& auditor) {
    const auto own = profile_.agents.find("consumer");
    if (setup_.planned.fault || own == profile_.agents.end() || !own->second.effects || auditor.rows > 0) return;
    std::int64_t deliveries = 0;
    for (auto& agent : processes_.all()) deliveries += agent->deliveries();
    if (deliveries > 0)
      throw Disturbed{"the consumers were given " + std::to_string(deliveries) +
                      " messages without a fault, and not one effect is found; is /agents/consumer/effects right?"};
  }

  // --- agents ---

  bool zombie_planned(const std::string& process) const {
    return setup_.planned.fault && setup_.planned.fault->kind == "pause" && setup_.planned.fault->target == process;
  }

  bool held_back(const SupervisedAgent& agent) const { return consumers_wait_ && role_of(agent.process()) == "consumer"; }

  void replace(const SupervisedAgent& victim) {
    auto& successor = start_agent(victim.process(), victim.configuration().incarnation + 1);
    processes_.await_ready({&successor}, start_timeout());
    if (!held_back(successor)) processes_.let_go(successor);
  }

  void remember_dead_broker() {
    broker_spent_ = true;
    broker_recordings_.push_back(broker_.recording(number(), Ending::killed));
  }

  void discard_broker() {
    try {
      broker_.discard();
    } catch (const SystemUnavailable& error) {
      record_.environment("error", error.what());
    }
  }

  SupervisedAgent& start_agent(const std::string& process, std::int64_t incarnation) {
    auto configuration = configuration_of(setup_, process, incarnation);
    return role_of(process) == "pipeline" ? processes_.start_pipeline(std::move(configuration), output_of(broker_.channel(number())))
                                          : processes_.start(std::move(configuration));
  }

  SupervisedAgent& the_auditor() {
    if (!auditor_let_go_) {
      processes_.await_ready({auditor_}, start_timeout());
      processes_.let_go(*auditor_);
      auditor_let_go_ = true;
    }
    return *auditor_;
  }

  void ask_for(SupervisedAgent& producer, const std::string& marker, milliseconds patience) {
    const auto& workload = profile_.workload;
    producer.asked_for(marker);
    processes_.say(producer, {{"type", "canary"},
                              {"message", marker},
                              {"key", key_of(marker, workload.keys, setup_.plan.seed)},
                              {"body", body_of(setup_.plan.seed, marker, static_cast<std::size_t>(body_bytes(marker, workload.size)))},
                              {"deadline_ms", patience.count()}});
  }

  bool send_marker(const std::string& producer, const std::string& message, milliseconds patience) {
    ask_for(processes_.named(producer), message, patience);
    const auto processed = [&](auto& agent) { return agent->seen.contains(message); };
    return processes_.wait_for(
        [&] {
          if (!processes_.named(producer).sent.contains(message)) return false;
          return profile_.workload.consumers == 0 ||
                 std::any_of(processes_.all().begin(), processes_.all().end(), processed);
        },
        Deadline::in(patience));
  }

  template <typename Predicate>
  bool of_all_producers(Predicate predicate) {
    return std::all_of(processes_.all().begin(), processes_.all().end(), [&](auto& agent) {
      return role_of(agent->process()) != "producer" || !rest_.is_asked(*agent) || predicate(*agent);
    });
  }

  // --- small things ---

  milliseconds start_timeout() const { return milliseconds(profile_.evidence.start_timeout_ms); }
  std::int64_t number() const { return setup_.planned.number; }
  std::string canary(const std::string& producer, std::int64_t k) const {
    return std::to_string(number()) + "/" + producer + "/canary-" + std::to_string(k);
  }
  // Sent ahead of all others through a pipeline, and nothing that anybody is owed.
  std::string first_of_all() const { return std::to_string(number()) + "/producer-0/canary-first"; }
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
      if (!agent->is_silent())
        trial.recordings.push_back(agent->trail().read(processes_.was_ended(*agent) ? Ending::killed : Ending::finished));
    return trial;
  }

  const TrialSetup& setup_;
  const Profile& profile_;
  Broker& broker_;
  TrialRecord record_;
  TrialProcesses processes_;
  TrialFault fault_;
  RestWatch rest_;

  SupervisedAgent* auditor_ = nullptr;
  bool auditor_let_go_ = false;
  std::vector<Recording> broker_recordings_;
  bool broker_spent_ = false;
  bool consumers_wait_ = profile_.workload.start == Start::producers_first;
};

}  // namespace

TrialOutcome run_trial(const TrialSetup& setup) { return TrialDriver(setup).run(); }

}  // namespace assay
