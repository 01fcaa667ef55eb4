#include <fstream>
#include <iostream>
#include <sstream>

#include <unistd.h>

#include "cli/commands.hpp"
#include "cli/exit-code.hpp"
#include "cli/fields.hpp"
#include "cli/run.hpp"
#include "cli/stored-report.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"

namespace assay {

namespace {

namespace fs = std::filesystem;

// What must come out again: the same clause, broken in the same way.
struct Finding {
  std::string clause, anomaly, origin, fault;
};

Finding finding_of(const StoredReport& stored, std::int64_t number) {
  const auto& witnesses = list_in(stored.report, "witnesses");
  const auto count = static_cast<std::int64_t>(witnesses.size());
  if (count == 0) throw UsageError("replay " + stored.file.string() + ": it found nothing that could be replayed");
  if (number > count)
    throw UsageError("replay " + stored.file.string() + ": there is no witness " + std::to_string(number) + "; it has 1 to " +
                     std::to_string(count));
  const auto& witness = witnesses.at(static_cast<std::size_t>(number - 1));
  return {text_in(witness, "clause"), text_in(witness, "anomaly"), text_in(witness, "origin"), text_in(witness, "fault")};
}

RunPlan plan_of(const StoredReport& stored, const Finding& finding) {
  const auto file = histories_of("replay", stored) / "plan.json";
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  auto plan = plan_from_json(text.str());
  plan.sweep = false;
  if (finding.fault == "control") plan.profile.faults.mode = FaultMode::none;
  else plan.only = finding.fault;
  return plan;
}

bool is_that(const Finding& finding, const Judgement& judgement) {
  return (judgement.fault ? judgement.fault->name : "control") == finding.fault;
}

bool shows(const Finding& finding, const Judgement& judgement) {
  for (const auto& clause : judgement.clauses)
    for (const auto& witness : clause.witnesses)
      if (to_string(witness.clause) == finding.clause && name(witness.anomaly) == finding.anomaly &&
          witness.origin == finding.origin)
        return true;
  return false;
}

struct Tally {
  std::int64_t reproduced = 0, otherwise = 0, not_landed = 0;  // the last: or disturbed from outside

  void add(const Finding& finding, const std::vector<Judgement>& judgements) {
    bool landed = false, shown = false;
    for (const auto& judgement : judgements) {
      if (!is_that(finding, judgement)) continue;
      shown |= shows(finding, judgement);
      landed |= is_evidence(judgement) && (!judgement.fault || judgement.fault->landed);
    }
    ++(shown ? reproduced : landed ? otherwise : not_landed);
  }
};

}  // namespace

int replay_command(const ReplayRequest& request, const Containment& containment) {
  const auto stored = read_report("replay", request.report);
  const auto finding = finding_of(stored, request.witness);
  const auto plan = plan_of(stored, finding);
  const auto system = system_of(plan.profile);
  const bool ours = !plan.profile.attached;
  if (ours && !system.missing().empty()) throw SystemUnavailable(plan.profile.name + ": " + system.missing());
  if (const auto before = text_in(plan.system, "version"); ours && before != system.version())
    std::cerr << "assay: the report is about " << plan.profile.system << " " << printable(before) << "; here it is "
              << printable(system.version()) << std::endl;

  ChildWatch watch;
  Progress progress(ProgressStyle::automatic);
  Tally tally;
  for (std::int64_t i = 0; i < request.times && watch.interrupted() == 0; ++i) {
    progress.show("replay " + std::to_string(i + 1) + " of " + std::to_string(request.times));
    const auto scratch = containment.scratch / ("replay-" + std::to_string(i));
    RunStore store(scratch / "run", plan);
    tally.add(finding, run_trials(plan, system, {.scratch = scratch}, watch, store).judgements);
    fs::remove_all(scratch);
  }
  progress.clear();

  std::cout << "  " << printable(finding.fault) << ": " << printable(finding.anomaly) << " (" << printable(finding.clause)
            << ", origin " << printable(finding.origin) << ")\n  reproduced  " << tally.reproduced << " of "
            << (tally.reproduced + tally.otherwise + tally.not_landed);
  if (tally.not_landed > 0) std::cout << "; " << counted(tally.not_landed, "fault") << " did not land";
  std::cout << std::endl;
  if (tally.reproduced > 0) return exit_violated;
  return tally.otherwise > 0 ? exit_upheld : exit_inconclusive;
}

}  // namespace assay
