#include "cli/run.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "agents/os/zygote.hpp"
#include "cli/trial-fault.hpp"

namespace assay {

namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

// A trial whose backlog does not drain costs the whole drain time-out; a run
// that has so many of them is inconclusive whatever else it does.
constexpr int unresolved_limit = 5;

bool is_unresolved(const Judgement& judgement) {
  return judgement.environment.empty() &&
         std::any_of(judgement.clauses.begin(), judgement.clauses.end(), [](const auto& f) { return !f.unresolved.empty(); });
}

bool found_anything(const Judgement& judgement) {
  return std::any_of(judgement.clauses.begin(), judgement.clauses.end(), [](const auto& f) { return !f.witnesses.empty(); });
}

// "kill consumer C.received", as a report's windows are counted.
std::string cell_of(const PlannedFault& fault) {
  return fault.kind + " " + role_of(fault.target) + " " + (fault.random() ? "at random" : fault.window);
}

// What the jobs share: the trials to do, what came out, when to stop.
struct Shared {
  const RunPlan& plan;
  const SystemDescription& system;
  const RunOptions& options;
  ChildWatch& watch;
  RunStore& store;
  Deadline deadline;
  Passes passes;  // written before the first faulted trial starts

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<PlannedTrial> waiting;
  std::vector<Judgement> judged;
  PaceMeter pace;
  std::size_t in_work = 0;
  std::vector<PlannedFault> left_out;

  // For the progress line: trials by what they strike, and the cell in work.
  struct Count {
    std::int64_t planned = 0, done = 0;
  };
  std::map<std::string, Count> cells;
  RunProgress progress;
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();

  int unresolved = 0;
  bool closing = false, give_up = false, interrupted = false;
  std::exception_ptr failure;

  bool stop_asked() const {
    return watch.interrupted() != 0 || (options.timeout.count() > 0 && deadline.passed());
  }
};

// A trial that the operating system would not let us run: a full disk, no more
// processes. It is no evidence, and its history says why.
TrialOutcome refused_trial(std::int64_t number, const std::string& why) {
  Event event{.type = Type::environment, .process = "harness", .incarnation = 1, .trial = number, .n = 1,
              .time = monotonic_ns(), .level = "error", .source = "harness", .line = why};
  Recording harness{.process = "harness", .incarnation = 1, .trial = number, .events = {std::move(event)}};
  return {.trial = {.number = number, .file = trial_file(number), .recordings = {std::move(harness)}}, .broker_spent = true};
}

// One job: a thread that lives as long as the run (children die with the thread
// that started them), with a control socket and a broker of its own.
class Job {
 public:
  Job(Shared& shared, std::size_t index)
      : shared_(shared), directory_(shared.options.scratch / ("j" + std::to_string(index))) {}

  void run() {
    try {
      fs::create_directories(directory_);
      wake_ = shared_.watch.subscribe();
      SupervisorControl control("ipc://" + (directory_ / "control").string());
      start_zygote();
      const auto broker = broker_for(shared_.plan, shared_.system, directory_, spawn_);
      make_paths(*broker);
      while (const auto planned = next()) work(*planned, control, *broker);
    } catch (...) {
      const std::lock_guard lock(shared_.mutex);
      if (!shared_.failure) shared_.failure = std::current_exception();
      shared_.give_up = true;
      if (busy_) --shared_.in_work;
      shared_.changed.notify_all();
    }
  }

 private:
  std::optional<PlannedTrial> next() {
    std::unique_lock lock(shared_.mutex);
    shared_.changed.wait(lock, [&] { return shared_.closing || shared_.give_up || !shared_.waiting.empty(); });
    if (shared_.give_up || shared_.waiting.empty()) return std::nullopt;
    auto planned = std::move(shared_.waiting.front());
    shared_.waiting.pop_front();
    ++shared_.in_work;
    shared_.progress.cell = planned.fault ? cell_of(*planned.fault) : "";
    busy_ = true;
    return planned;
  }

  void start_zygote() {
    if (!shared_.system.is_zygote()) return;
    zygote_.emplace(Command{.argv = {shared_.system.program.string(), "zygote"},
                            .environment = {{"LD_BIND_NOW", "1"}},  // once, and not in every child
                            .output = directory_ / "zygote.log"});
    spawn_ = [this](const Command& command) { return zygote_->spawn(command); };
  }

  // A server that tells its clients where it is tells them where the proxy is.
  void make_paths(Broker& broker) {
    if (!needs_network_paths(shared_.plan.profile)) return;
    const bool advertises = shared_.system.advertises();
    paths_.emplace(directory_, advertises ? NetworkPaths::Ways::one_for_all : NetworkPaths::Ways::one_each);
    if (advertises)
      broker.stand_behind({.address = paths_->address_for("broker"), .lead_to = [this](const auto& server) { paths_->lead_to(server); }});
  }

  void work(const PlannedTrial& planned, SupervisorControl& control, Broker& broker) {
    const auto directory = directory_ / ("t" + std::to_string(planned.number));
    fs::create_directories(directory);
    const TrialSetup setup{.plan = shared_.plan,
                           .system = shared_.system,
                           .planned = planned,
                           .directory = directory,
                           .broker = broker,
                           .spawn = spawn_,
                           .paths = paths_ ? &*paths_ : nullptr,
                           .control = control,
                           .wake = *wake_,
                           .stop_asked = [&] { return shared_.stop_asked(); },
                           .passes = shared_.passes,
                           .drain = shared_.options.drain,
                           .take_over = shared_.options.take_over};
    auto outcome = run_or_refuse(setup);
    auto judgement = judge(outcome.trial, shared_.plan.terms.ground);
    shared_.store.add(outcome.trial);
    const bool settled = !is_unresolved(judgement) && judgement.environment.empty();
    const bool clean = settled && !found_anything(judgement);
    const bool commanded = broker.attached() && planned.fault && planned.fault->target == "broker";
    if (!clean || commanded) shared_.store.keep_log(planned.number, broker.log());
    if (!clean && shared_.plan.profile.pipeline) shared_.store.keep_pipeline_logs(planned.number, directory);
    fs::remove_all(directory);
    // What was killed or disturbed, or may still owe something, is not used again.
    // A finding does not make a server unfit: each trial has a channel of its own.
    if (outcome.broker_spent || !settled) broker.discard();
    hand_in(std::move(judgement), outcome, planned);
  }

  // An attached server that was there and is not any more ends the run; what it
  // has shown until then stands.
  TrialOutcome run_or_refuse(const TrialSetup& setup) {
    try {
      return run_trial(setup);
    } catch (const SystemUnavailable& error) {
      const bool first = setup.planned.number == 1;
      if (first || !setup.broker.attached()) throw;
      server_lost_ = true;
      return refused_trial(setup.planned.number, error.what());
    } catch (const std::system_error& error) {
      return refused_trial(setup.planned.number, error.what());
    }
  }

  void hand_in(Judgement judgement, const TrialOutcome& outcome, const PlannedTrial& planned) {
    const std::lock_guard lock(shared_.mutex);
    if (planned.fault) ++shared_.cells[cell_of(*planned.fault)].done;
    if (!judgement.fault && !must_repeat(judgement)) shared_.passes = passes_in(outcome.trial, shared_.plan.profile);
    shared_.unresolved += is_unresolved(judgement);
    const auto claimed = clauses_of(shared_.plan.terms.claim);
    const auto violated = std::find_if(claimed.begin(), claimed.end(), [&](auto at) { return judgement.violates(at); });
    auto& progress = shared_.progress;
    if (progress.violated.empty() && violated != claimed.end()) progress.violated = to_string(*violated);
    progress.landed += judgement.fault && judgement.fault->landed;
    progress.messages += judgement.accounts.sent;
    if (server_lost_) shared_.give_up = true;
    if (outcome.interrupted) shared_.interrupted = shared_.give_up = true;
    if (violated != claimed.end() && shared_.options.stop_on_violation) shared_.give_up = true;
    if (shared_.unresolved >= unresolved_limit) shared_.give_up = true;
    shared_.pace.add(outcome.trial);
    shared_.judged.push_back(std::move(judgement));
    --shared_.in_work;
    busy_ = false;
    shared_.changed.notify_all();
  }

  Shared& shared_;
  fs::path directory_;
  std::shared_ptr<ChildWatch::Wake> wake_;
  std::optional<Zygote> zygote_;
  std::optional<NetworkPaths> paths_;
  Spawn spawn_ = [](const Command& command) { return ChildProcess::spawn(command); };
  bool busy_ = false, server_lost_ = false;
};

RunProgress progress_of(const Shared& shared) {
  RunProgress progress = shared.progress;
  progress.profile = shared.plan.profile.name;
  progress.done = static_cast<std::int64_t>(shared.judged.size());
  progress.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - shared.began).count();
  if (const auto cell = shared.cells.find(progress.cell); cell != shared.cells.end())
    progress.cell_done = cell->second.done, progress.cell_of = cell->second.planned;
  return progress;
}

// Hands the round to the jobs and waits until it is done. False: stop here.
bool run_round(Shared& shared, const std::vector<PlannedTrial>& round) {
  std::unique_lock lock(shared.mutex);
  for (const auto& trial : round) {
    ++shared.progress.planned;
    shared.progress.faults += trial.fault.has_value();
    if (trial.fault) ++shared.cells[cell_of(*trial.fault)].planned;
  }
  shared.waiting.assign(round.begin(), round.end());
  shared.changed.notify_all();
  while (true) {
    shared.changed.wait_for(lock, milliseconds(100));
    shared.options.progress(progress_of(shared));
    if (shared.stop_asked()) shared.interrupted = shared.give_up = true;
    if (shared.give_up) {
      for (const auto& trial : shared.waiting)
        if (trial.fault) shared.left_out.push_back(*trial.fault);
      shared.waiting.clear();
    }
    if (shared.waiting.empty() && shared.in_work == 0) break;
  }
  std::sort(shared.judged.begin(), shared.judged.end(), [](const auto& a, const auto& b) { return a.trial < b.trial; });
  return !shared.give_up;
}

}  // namespace

RunResult run_trials(const RunPlan& plan, const SystemDescription& system, const RunOptions& options, ChildWatch& watch,
                     RunStore& store) {
  const auto began = std::chrono::steady_clock::now();
  Shared shared{.plan = plan, .system = system, .options = options, .watch = watch, .store = store,
                .deadline = Deadline::in(options.timeout)};
  std::vector<std::jthread> jobs;
  // However this function is left, the jobs are told before they are joined.
  struct Closing {
    Shared& shared;
    std::vector<std::jthread>& jobs;
    ~Closing() { end(); }
    void end() {
      {
        const std::lock_guard lock(shared.mutex);
        shared.closing = true;
        shared.changed.notify_all();
      }
      jobs.clear();
    }
  } closing{shared, jobs};
  for (std::int64_t i = 0; i < options.jobs; ++i)
    jobs.emplace_back([&shared, i] { Job(shared, static_cast<std::size_t>(i)).run(); });

  Schedule schedule(plan);
  for (auto round = schedule.next_round({}); !round.empty(); round = schedule.next_round(shared.judged))
    if (!run_round(shared, round)) break;
  closing.end();
  if (shared.failure) std::rethrow_exception(shared.failure);

  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  return {.judgements = std::move(shared.judged),
          .repeated = schedule.repeated(),
          .end = shared.interrupted ? RunEnd::interrupted : RunEnd::complete,
          .left_out = std::move(shared.left_out),
          .seconds = took.count(),
          .pace = shared.pace.pace()};
}

}  // namespace assay
