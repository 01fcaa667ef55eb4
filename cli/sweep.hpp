// What a sweep found, cell by cell, in the letters of CONTRACTS 3.3:
//
//     -  neither loss nor duplicate       L  an owed message lost
//     D  duplicated                       u  missing, and owed to nobody
//     P  phantom    A  aborted read       C  corrupted     ?  nobody can tell
//
// Letters of different occurrences are joined by a slash where they differ.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/plan.hpp"
#include "cli/terminal.hpp"

namespace assay {

// The letters of one trial at the scope of the claim; "" when its fault did not land.
std::string sweep_letters(const Judgement& judgement, Scope scope);

// The part "sweep" of a report: scope, messages, cells, windows not reached. What
// was left out, since the run was given up, is planned and did not land.
nlohmann::ordered_json sweep_of(const RunPlan& plan, const std::vector<Judgement>& judgements,
                                const std::vector<PlannedFault>& left_out = {});

// The table, one row a window.
std::string sweep_text(const nlohmann::ordered_json& report, const Look& look);

}  // namespace assay
