// What a profile will run, before anything is started.
#pragma once

#include <string>

#include "cli/plan.hpp"
#include "cli/terminal.hpp"

namespace assay {

// A pure function of the plan. `argument` is how the user named the profile.
std::string explain_profile(const RunPlan& plan, const std::string& argument, const Look& look);

}  // namespace assay
