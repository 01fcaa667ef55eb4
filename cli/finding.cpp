#include "cli/finding.hpp"

#include <fstream>
#include <sstream>

#include "cli/fields.hpp"

namespace assay {
namespace {

bool shows(const Finding& finding, const Judgement& judgement) {
  for (const auto& clause : judgement.clauses)
    for (const auto& witness : clause.witnesses)
      if (to_string(witness.clause) == finding.clause && name(witness.anomaly) == finding.anomaly && witness.origin == finding.origin)
        return true;
  return false;
}

}  // namespace

Finding finding_of(const std::string& command, const StoredReport& stored, std::int64_t number) {
  const auto& witnesses = list_in(stored.report, "witnesses");
  const auto count = static_cast<std::int64_t>(witnesses.size());
  const auto start = command + " " + stored.file.string() + ": ";
  if (count == 0) throw UsageError(start + "it found nothing that could be seen again");
  if (number > count)
    throw UsageError(start + "there is no witness " + std::to_string(number) + "; it has 1 to " + std::to_string(count));
  const auto& witness = witnesses.at(static_cast<std::size_t>(number - 1));
  return {text_in(witness, "clause"), text_in(witness, "anomaly"), text_in(witness, "origin"), text_in(witness, "fault"),
          text_in(witness, "cell")};
}

RunPlan plan_of(const std::string& command, const StoredReport& stored, const Finding& finding) {
  std::stringstream text;  // empty where there is none: damaged, like one that was cut
  text << std::ifstream(histories_of(command, stored) / "plan.json").rdbuf();
  auto plan = plan_from_json(text.str());
  plan.sweep = false;
  aim(plan, finding.fault);
  return plan;
}

void aim(RunPlan& plan, const std::string& fault) {
  if (fault == "control") plan.profile.faults.mode = FaultMode::none;
  else plan.only = fault;
}

Again seen_again(const Finding& finding, const std::string& fault, const std::vector<Judgement>& judgements) {
  bool landed = false;
  for (const auto& judgement : judgements) {
    if ((judgement.fault ? judgement.fault->name : "control") != fault) continue;
    if (!judgement.environment.empty()) continue;  // what comes beside a disturbance decides nothing
    if (shows(finding, judgement)) return Again::reproduced;
    landed |= is_evidence(judgement) && (!judgement.fault || judgement.fault->landed);
  }
  return landed ? Again::otherwise : Again::not_landed;
}

}  // namespace assay
