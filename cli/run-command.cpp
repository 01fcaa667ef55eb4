#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <thread>

#include <unistd.h>

#include "checker/history/files.hpp"
#include "cli/commands.hpp"
#include "cli/exit-code.hpp"
#include "cli/judged-run.hpp"
#include "cli/own-agent.hpp"
#include "cli/power.hpp"
#include "cli/run.hpp"
#include "cli/sweep.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"

namespace assay {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Chosen {
  std::string argument;           // as the user named it, for the reproduce line
  std::vector<std::string> sets;  // and what was set beside it
  Profile profile;
};

// A sweep kills and pauses, and stalls the broker of a profile that names it: in
// any other each stall would take the usual request time-out, two seconds.
std::vector<std::string> sets_for(const std::filesystem::path& file, const RunRequest& request) {
  auto sets = request.sets;
  if (!request.sweep) return sets;
  const auto faults = load_profile(file, request.sets, request.claim).faults;
  const bool agents = faults.targets != std::set<std::string>{"broker"};  // brokers are not paused
  sets.insert(sets.begin(), std::string("faults.kinds=[\"kill\"") + (agents ? ",\"pause\"" : "") + (faults.kinds.contains("stall") ? ",\"stall\"]" : "]"));
  return sets;
}

std::vector<Chosen> choose_profiles(const RunRequest& request) {
  const auto arguments = request.profiles.empty() ? std::vector<std::string>{"embedded"} : request.profiles;
  std::vector<Chosen> chosen;
  for (const auto& argument : arguments)
    for (const auto& file : find_profiles(argument)) {
      const auto sets = sets_for(file, request);
      auto profile = load_profile(file, sets, request.claim);
      profile.faults.mode = request.faults;
      if (request.as_expected && !profile.expect) throw UsageError(file.string() + ": --as-expected needs \"expect\" in the profile");
      const bool whole = fs::path(argument).extension() == ".json" || argument == profile.name;
      chosen.push_back({whole ? argument : profile.name, sets, std::move(profile)});
    }
  return chosen;
}

// An attached server is one for all jobs: who kills it for one disturbs the others.
// And the user's own commands may know one server only.
bool kills_for_all(const Profile& profile) {
  if (profile.attached && profile.own_server) return true;
  return profile.attached && profile.faults.targets.contains("broker") && profile.faults.mode != FaultMode::none;
}

std::int64_t jobs_for(const RunRequest& request, const Profile& profile) {
  if (!request.only.empty() || kills_for_all(profile)) return 1;
  if (request.jobs > 0) return request.jobs;
  return std::clamp<std::int64_t>(std::thread::hardware_concurrency(), 1, 4);
}

// Where a run is kept: --out, else beside --report, else nowhere yet.
fs::path kept_at(const RunRequest& request, const Profile& profile, bool several) {
  fs::path base = request.out;
  if (base.empty() && !request.report.empty() && request.report != "-") base = fs::path(request.report).replace_extension(".d");
  if (base.empty()) return {};
  return fs::absolute(several ? base / profile.name : base);
}

// A run nobody asked to keep is kept all the same when it was not upheld.
fs::path private_directory() {
  const char* temporary = std::getenv("TMPDIR");
  auto name = (fs::path(temporary && *temporary ? temporary : "/tmp") / "assay-run-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::system_error(errno, std::generic_category(), "make directory " + name);
  return name;
}

std::vector<std::string> extra_arguments(const RunRequest& request, const std::vector<std::string>& sets) {
  std::vector<std::string> extra;
  if (!request.claim.empty()) extra.insert(extra.end(), {"--claim", request.claim});
  for (const auto& set : sets) extra.insert(extra.end(), {"--set", set});
  return extra;
}

// Asked for by its name, lines come even with --quiet.
ProgressStyle style_of(const RunRequest& request) {
  const bool silent = request.quiet && request.progress == ProgressStyle::automatic;
  return silent ? ProgressStyle::none : request.progress;
}

Json without_report(const Chosen& chosen, const std::string& reason, const std::string& why) {
  return {{"profile", chosen.profile.name}, {"reason", reason}, {"why", valid_utf8(why)}};
}

bool as_expected(const Profile& profile, const Weighing& weighing) {
  const auto& expect = *profile.expect;
  if (weighing.verdict != expect.verdict) return false;
  if (expect.verdict == Verdict::violated) return weighing.forbidden == expect.anomalies;
  return expect.verdict == Verdict::upheld || expect.reason.empty() || name(weighing.reason) == expect.reason;
}

struct Shown {
  int code = 0;
  Json report;
};

class Session {
 public:
  Session(const RunRequest& request, const Containment& containment, Ended ended)
      : request_(request), containment_(containment), ended_(std::move(ended)), look_(look_of(STDOUT_FILENO)),
        progress_(style_of(request)), power_(score_of_this_program()) {
    if (request.colour != Colour::automatic) look_.colour = request.colour == Colour::always;
  }

  int run() {
    const auto chosen = choose_profiles(request_);
    const bool several = chosen.size() > 1;
    remove_old(request_.outputs);
    int code = 0;
    Json reports = Json::array(), absent = Json::array();
    for (const auto& one : chosen) {
      if (watch_.interrupted() != 0) {
        code = graver(code, exit_inconclusive);
        absent.push_back(without_report(one, "interrupted", "the call was interrupted before its turn came"));
        continue;
      }
      try {
        auto shown = run_profile(one, several);
        code = graver(code, shown.code);
        reports.push_back(std::move(shown.report));
      } catch (const SystemUnavailable& error) {
        progress_.clear();
        std::cerr << "assay: " << printable_lines(error.what()) << "\n";
        code = graver(code, exit_unavailable);
        absent.push_back(without_report(one, "unavailable", error.what()));
      }
    }
    const auto report = bundled(std::move(reports), std::move(absent), several);
    write_report(report);
    draw(request_.outputs, report);
    if (request_.step_summary) append_step_summary(report);
    return code;
  }

 private:
  Shown run_profile(const Chosen& chosen, bool several) {
    const auto& profile = chosen.profile;
    const auto system = system_of(profile);
    if (!profile.attached && !system.missing().empty()) throw SystemUnavailable(profile.name + ": " + system.missing());
    for (const auto& [side, agent] : profile.agents) require_program(side, agent);
    auto plan = make_plan(profile, system, request_.seed, request_.only, request_.until_p);
    plan.sweep = request_.sweep;
    if (plan.sweep) plan.terms.floors = {.per_cell = 1, .faults = 1, .antecedents = 1};  // it is an enumeration

    const auto kept = kept_at(request_, profile, several);
    const auto scratch = containment_.scratch / std::to_string(++profiles_);
    const auto started = utc_now();
    RunStore store(kept.empty() ? scratch / "run" : kept, plan);
    const RunOptions options{.scratch = scratch,
                             .jobs = jobs_for(request_, profile),
                             .timeout = std::chrono::seconds(request_.timeout_s),
                             .stop_on_violation = request_.stop_on_violation,
                             .progress = [this](const RunProgress& progress) {
                               progress_.show([&](const Look& look) { return progress_.plain() ? plain_progress(progress) : progress_line(progress, look); });
                             }};
    auto run = run_trials(plan, system, options, watch_, store);
    progress_.clear();

    const auto files = store.finish(run.end);
    const auto weighing = weigh(run.judgements, plan.terms, run.end == RunEnd::interrupted);
    const auto trials = trials_told_of(weighing, run.judgements, [&](std::int64_t number) { return store.read(number); });
    write_whole_file(store.directory() / "judgement.json", judgement_json(weighing, trials, plan.terms));

    fs::path directory = kept;
    if (kept.empty() && weighing.verdict != Verdict::upheld) directory = private_directory();
    RunFacts facts{.seconds = run.seconds, .directory = directory, .report = request_.report == "-" ? "" : request_.report};
    facts.pace = run.pace;
    facts.repeated = run.repeated;
    facts.jobs = options.jobs;
    facts.files = files;
    facts.profile_argument = chosen.argument;
    facts.extra_arguments = extra_arguments(request_, chosen.sets);
    facts.power = to_json(power_);
    facts.started = started;
    if (request_.as_expected) facts.as_expected = as_expected(profile, weighing);
    stamp_version(facts);
    Shown shown{.report = make_report(plan, weighing, run.judgements, trials, facts)};
    if (plan.sweep) {
      shown.report["sweep"] = sweep_of(plan, run.judgements, run.left_out);
      auto& sweep = shown.report["sweep"];
      sweep["complete"] = run.end == RunEnd::complete && sweep["landed"] == sweep["planned"];
    }
    write_whole_file(store.directory() / "report.json", shown.report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    if (kept.empty() && !directory.empty())
      fs::copy(store.directory(), directory, fs::copy_options::recursive | fs::copy_options::overwrite_existing);

    shown.code = exit_code_of(weighing.verdict);
    const bool expected = facts.as_expected.value_or(false);
    if (request_.as_expected) {
      shown.code = expected ? 0 : std::max(shown.code, static_cast<int>(exit_violated));
      if (run.end == RunEnd::complete) ended_(profile.file, expected);
    }
    show(shown, several, expected);
    fs::remove_all(scratch);
    return shown;
  }

  void show(const Shown& shown, bool several, bool expected) {
    if (stdout_taken_) return;
    if (request_.sweep) std::cout << sweep_text(shown.report, look_);
    if (request_.quiet || request_.sweep) std::cout << quiet_text(shown.report, look_);
    else if (request_.one_line_each || (several && (shown.code == 0 || expected))) std::cout << suite_line(shown.report, look_);
    else std::cout << result_text(shown.report, look_, request_.extent);
    if (request_.as_expected && !expected) std::cout << "not as expected: the profile expects another result\n";
    std::cout << std::flush;
  }

  void write_report(const Json& report) {
    if (request_.report.empty()) return;
    const auto text = report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    if (request_.report == "-") std::cout << text << std::flush;
    else write_whole_file(request_.report, text);
  }

  const RunRequest& request_;
  const Containment& containment_;
  Ended ended_;
  ChildWatch watch_;
  bool stdout_taken_ = takes_stdout(request_.outputs, {request_.report});
  Look look_;
  Progress progress_;
  std::optional<Score> power_;
  int profiles_ = 0;
};

}  // namespace

int run_profiles(const RunRequest& request, const Containment& containment, const Ended& ended) {
  return Session(request, containment, ended).run();
}

int run_command(const RunRequest& request, const Containment& containment) {
  return run_profiles(request, containment, [](const fs::path&, bool) {});
}

}  // namespace assay
