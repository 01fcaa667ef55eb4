// Events as a report has them. `system` is what the plan says of the system:
// its own words for what agents do, and its timers.
#pragma once

#include <vector>

#include "checker/history/trial.hpp"
#include "cli/fields.hpp"

namespace assay {

// Time since the first, process, name, words, place; "verb" where the system has
// a word of its own for it, as XADD for a send.
Json report_events(const Trial& trial, const std::vector<EventRef>& events, const Json& system);

// Stretches of more than 50 ms without an event: behind which event, how long,
// and the timer of the system that is as long, "" where none is.
Json gaps_in(const Json& events, const Json& system);

}  // namespace assay
