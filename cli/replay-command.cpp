#include <iostream>

#include <unistd.h>

#include "cli/commands.hpp"
#include "cli/exit-code.hpp"
#include "cli/fields.hpp"
#include "cli/finding.hpp"
#include "cli/run.hpp"
#include "cli/stored-report.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"

namespace assay {

namespace {

namespace fs = std::filesystem;

struct Tally {
  std::int64_t reproduced = 0, otherwise = 0, not_landed = 0;  // the last: or disturbed from outside

  void add(Again again) {
    ++(again == Again::reproduced ? reproduced : again == Again::otherwise ? otherwise : not_landed);
  }
};

}  // namespace

int replay_command(const ReplayRequest& request, const Containment& containment) {
  const auto stored = read_report("replay", request.report);
  const auto finding = finding_of("replay", stored, request.witness);
  const auto plan = plan_of("replay", stored, finding);
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
    tally.add(seen_again(finding, finding.fault, run_trials(plan, system, {.scratch = scratch}, watch, store).judgements));
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
