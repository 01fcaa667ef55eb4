// A witness of a stored report as something to be seen again: by `replay` as it
// was, by `shrink` in less.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/plan.hpp"
#include "cli/stored-report.hpp"

namespace assay {

// What must come out again: the same clause, broken in the same way.
struct Finding {
  std::string clause, anomaly, origin;
  std::string fault;  // "control": it came without any
  std::string cell;
};

// `command` begins the UsageError of a report that has no such witness; they
// count from 1.
Finding finding_of(const std::string& command, const StoredReport& stored, std::int64_t number);

// The plan of that report's run, for the trial that the finding is from.
RunPlan plan_of(const std::string& command, const StoredReport& stored, const Finding& finding);

// From now on the plan is about this fault alone.
void aim(RunPlan& plan, const std::string& fault);

enum class Again : std::uint8_t { reproduced, otherwise, not_landed };  // the last: or disturbed from outside

// What trials of that fault show of a finding.
Again seen_again(const Finding& finding, const std::string& fault, const std::vector<Judgement>& judgements);

}  // namespace assay
