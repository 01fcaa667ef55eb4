#include <iostream>

#include <unistd.h>

#include "checker/history/files.hpp"
#include "cli/check-history.hpp"
#include "cli/commands.hpp"
#include "cli/exit-code.hpp"
#include "cli/judged-run.hpp"
#include "cli/plan.hpp"
#include "cli/run-store.hpp"
#include "cli/terminal.hpp"

namespace assay {

namespace fs = std::filesystem;

namespace {

int check_runs(const CheckRequest& request, const Look& look) {
  const bool stdout_taken = takes_stdout(request.outputs, {request.judgement, request.report});
  remove_old(request.outputs);
  int code = 0;
  nlohmann::ordered_json reports = nlohmann::ordered_json::array();
  for (const auto& history : request.histories) {
    const fs::path directory = history;
    const auto stored = read_run(directory);
    const auto plan = plan_from_json(stored.plan);
    std::vector<Judgement> judgements;
    PaceMeter pace;
    for (const auto& trial : stored.trials) {
      judgements.push_back(judge(trial, plan.terms.ground));
      pace.add(trial);
    }
    const auto weighing = weigh(judgements, plan.terms, stored.end == RunEnd::interrupted);
    const auto trials = trials_told_of(weighing, judgements, [&](std::int64_t number) {
      for (const auto& trial : stored.trials)
        if (trial.number == number) return trial;
      throw DamagedHistory("trial " + std::to_string(number) + " is not in the run");
    });
    const auto judgement = judgement_json(weighing, trials, plan.terms);

    if (request.judgement == "-") std::cout << judgement;
    else if (!request.judgement.empty()) write_whole_file(request.judgement, judgement);
    RunFacts facts{.directory = directory};
    facts.pace = pace.pace();
    stamp_version(facts);
    facts.started = utc_now();
    facts.profile_argument = plan.profile.name;
    facts.files = read_manifest(directory).files;
    const auto report = make_report(plan, weighing, judgements, trials, facts);
    if (!stdout_taken) std::cout << (request.quiet ? quiet_text(report, look) : result_text(report, look, request.extent));
    reports.push_back(report);
    if (fs::exists(directory / "judgement.json")) {
      const bool same = read_whole_file(directory / "judgement.json") == judgement;
      std::cerr << "check " << history << ": " << stored.trials.size() << " trials judged again, "
                << (same ? "the same judgement byte for byte"
                         : "NOT the judgement stored beside them: another version of assay wrote that one, or it was altered")
                << "\n";
    }
    code = graver(code, exit_code_of(weighing.verdict));
  }
  const bool several = reports.size() > 1;
  const auto report = bundled(std::move(reports), nlohmann::ordered_json::array(), several);
  if (request.report == "-") std::cout << report.dump(2) << "\n";
  else if (!request.report.empty()) write_whole_file(request.report, report.dump(2) + "\n");
  draw(request.outputs, report);
  return code;
}

}  // namespace

int check_command(const CheckRequest& request) {
  auto look = look_of(STDOUT_FILENO);
  if (request.colour != Colour::automatic) look.colour = request.colour == Colour::always;
  return is_about_a_history(request) ? check_history(request, look) : check_runs(request, look);
}

}  // namespace assay
