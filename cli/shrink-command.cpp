// The smallest plan that still violates as a report's witness does, as a report
// of its own: found by running it, and confirmed by running it again.
#include <iostream>

#include <unistd.h>

#include "checker/history/files.hpp"
#include "cli/commands.hpp"
#include "cli/exit-code.hpp"
#include "cli/fields.hpp"
#include "cli/finding.hpp"
#include "cli/judged-run.hpp"
#include "cli/run.hpp"
#include "cli/shrink.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"

namespace assay {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t first_tries = 5, patient_tries = 20;  // of a finding that comes now and then
constexpr std::int64_t sure_tries = 10;                      // in a row, of one that always comes

// Interrupted, or nothing came of it.
struct Over {};

class Session {
 public:
  Session(const ShrinkRequest& request, const Containment& containment)
      : request_(request), containment_(containment), stored_(read_report("shrink", request.report)),
        finding_(finding_of("shrink", stored_, request.witness)), plan_(plan_of("shrink", stored_, finding_)), system_(system_of(plan_.profile)) {
    if (!plan_.profile.attached && !system_.missing().empty()) throw SystemUnavailable(plan_.profile.name + ": " + system_.missing());
  }

  int run() {
    try {
      reproduce();
      const auto shrunk = shrink(plan_, control_, finding_.cell, tries_ == 1,
                                 [this](const RunPlan& candidate, bool surely) { return fails(candidate, surely); });
      if (!reproduced_ && is_random(shrunk.plan)) give_up(patient_tries);
      return report(shrunk);
    } catch (const Over&) {
      progress_.clear();
      return exit_inconclusive;
    }
  }

 private:
  // One run of this plan, kept in a folder of its own until the next.
  RunResult once(const RunPlan& plan, const fs::path& kept) {
    if (watch_.interrupted() != 0) throw Over{};
    const auto scratch = containment_.scratch / "shrink";
    fs::remove_all(scratch);
    fs::remove_all(kept);
    RunStore store(kept, plan);
    auto result = run_trials(plan, system_, {.scratch = scratch}, watch_, store);
    files_ = store.finish(result.end);
    if (result.end == RunEnd::interrupted) throw Over{};
    return result;
  }

  bool violates(const RunPlan& plan, const RunResult& result) const {
    return seen_again(finding_, plan.only.empty() ? "control" : plan.only, result.judgements) == Again::reproduced;
  }

  // How surely it comes again decides how often a smaller plan is tried.
  void reproduce() {
    std::int64_t violated = 0, of = 0;
    while (of < first_tries || (violated == 0 && of < patient_tries)) {
      progress_.show("shrink: run " + std::to_string(of + 1) + " of the plan as it is");
      const auto result = once(plan_, folder());
      ++of;
      violated += violates(plan_, result);
      for (const auto& judgement : result.judgements)
        if (!judgement.fault && is_evidence(judgement)) control_ = judgement;
    }
    reproduced_ = violated > 0;
    if (!reproduced_ && !is_random(plan_)) give_up(of);
    tries_ = reproduced_ ? tries_for(violated, of) : 1;  // of a moment that was hit by chance only one that can be aimed at is any use
  }

  static bool is_random(const RunPlan& plan) { return !plan.only.empty() && parse_fault(plan.only, plan.seed).random(); }

  [[noreturn]] void give_up(std::int64_t runs) {
    progress_.clear();
    std::cout << "  " << printable(finding_.fault) << " did not show " << printable(finding_.anomaly) << " again in " << runs
              << " runs" << (is_random(plan_) ? ", nor did a kill at a window" : "") << "; there is nothing to make smaller\n" << std::flush;
    throw Over{};
  }

  bool fails(const RunPlan& candidate, bool surely) {
    ++tried_;
    for (std::int64_t i = 0; i < (surely ? sure_tries : tries_); ++i) {
      progress_.show("shrink: plan " + std::to_string(tried_) + ", " + std::to_string(candidate.profile.workload.messages) + " messages, " +
                     (candidate.only.empty() ? "no fault" : candidate.only));
      if (violates(candidate, once(candidate, folder())) != surely) return !surely;
    }
    return surely;
  }

  fs::path folder() const { return containment_.scratch / "run"; }
  fs::path shown_folder() const { return containment_.scratch / "shown"; }

  // Confirms the smallest plan, and tells of a run in which it violated.
  int report(const Shrunk& shrunk) {
    std::int64_t violated = 0, of = 0;
    RunResult shown;
    std::vector<StoredFile> files;
    for (; of < request_.confirm; ++of) {
      progress_.show("shrink: confirm " + std::to_string(of + 1) + " of " + std::to_string(request_.confirm));
      auto result = once(shrunk.plan, folder());
      if (!violates(shrunk.plan, result)) continue;
      if (++violated > 1) continue;
      fs::remove_all(shown_folder());
      fs::rename(folder(), shown_folder());
      shown = std::move(result);
      files = files_;
    }
    progress_.clear();
    if (violated == 0) {
      std::cout << "  the smaller plan did not violate again in " << of << " runs; nothing is reported of it\n" << std::flush;
      return exit_inconclusive;
    }
    auto made = report_of(shrunk, shown, files);
    for (auto& witness : made["witnesses"])
      if (text_in(witness, "clause") == finding_.clause && text_in(witness, "origin") == finding_.origin)
        witness["replays"] = {{"n", of}, {"violated", violated}};
    made["shrink"] = {{"from", {{"fault", finding_.fault}, {"messages", plan_.profile.workload.messages}}},
                      {"to", {{"fault", shrunk.plan.only.empty() ? "control" : shrunk.plan.only}, {"messages", shrunk.plan.profile.workload.messages}}},
                      {"steps", shrunk.steps},
                      {"tried", shrunk.tried}};
    put_out(made);
    return exit_violated;
  }

  nlohmann::ordered_json report_of(const Shrunk& shrunk, const RunResult& shown, const std::vector<StoredFile>& files) {
    const auto weighing = weigh(shown.judgements, shrunk.plan.terms, false);
    const auto trials = trials_told_of(weighing, shown.judgements, [&](std::int64_t number) {
      for (const auto& trial : read_run(shown_folder()).trials)
        if (trial.number == number) return trial;
      throw DamagedHistory("trial " + std::to_string(number) + " is not in the run");
    });
    write_whole_file(shown_folder() / "judgement.json", judgement_json(weighing, trials, shrunk.plan.terms));
    RunFacts facts{.seconds = shown.seconds, .directory = kept(), .report = request_.file == "-" ? "" : request_.file};
    facts.pace = shown.pace;
    facts.repeated = shown.repeated;
    facts.files = files;
    facts.started = utc_now();
    read_call(facts);
    for (const auto& set : shrunk.sets) facts.extra_arguments.insert(facts.extra_arguments.end(), {"--set", set});
    stamp_version(facts);
    return make_report(shrunk.plan, weighing, shown.judgements, trials, facts);
  }

  // How the run was called that the report is of: `assay run PROFILE ...`.
  void read_call(RunFacts& facts) const {
    const auto words = texts_in(stored_.report, "reproduce");
    if (words.size() > 2) facts.profile_argument = words[2];
    for (std::size_t i = 3; i + 1 < words.size(); i += 2)
      if (words[i] == "--claim" || words[i] == "--set") facts.extra_arguments.insert(facts.extra_arguments.end(), {words[i], words[i + 1]});
  }

  // Beside the report that is written, else beside the one that was read.
  fs::path kept() const {
    if (!request_.file.empty() && request_.file != "-") return fs::absolute(fs::path(request_.file).replace_extension(".d"));
    const auto file = fs::absolute(stored_.file);
    const auto run = file.filename() == "report.json" ? file.parent_path() : file;
    return run.parent_path() / (run.stem().string() + "-shrunk.d");
  }

  void put_out(const nlohmann::ordered_json& made) {
    const auto text = made.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
    write_whole_file(shown_folder() / "report.json", text);
    RunStore cleared(kept(), plan_);  // of an older run, or refuses what is none
    fs::copy(shown_folder(), kept(), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    if (request_.file == "-") std::cout << text << std::flush;
    else if (!request_.file.empty()) write_whole_file(request_.file, text);
    if (!takes_stdout(request_.outputs, {request_.file})) std::cout << result_text(made, look_of(STDOUT_FILENO));
    draw(request_.outputs, made);
  }

  const ShrinkRequest& request_;
  const Containment& containment_;
  StoredReport stored_;
  Finding finding_;
  RunPlan plan_;
  SystemDescription system_;
  ChildWatch watch_;
  Progress progress_{ProgressStyle::automatic};
  Judgement control_;
  std::vector<StoredFile> files_;
  bool reproduced_ = false;
  std::int64_t tries_ = 1, tried_ = 0;
};

}  // namespace

int shrink_command(const ShrinkRequest& request, const Containment& containment) { return Session(request, containment).run(); }

}  // namespace assay
