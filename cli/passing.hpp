// The nearest run that passes, beside one that violates: the same message in the
// trial that is the same but for the fault. Every run has one, its control trial.
#pragma once

#include <vector>

#include "checker/weigh.hpp"
#include "cli/fields.hpp"

namespace assay {

// The number of the trial in which nothing was broken and nothing is disturbed;
// 0: the run has none.
std::int64_t passing_trial(const std::vector<Judgement>& judgements);

// For a witness of a report: "passing" with the trial, its events in the form of
// a witness's, which of them belong together as pairs of indices, and the first
// event here that has no counterpart there; null with a "passing_reason". `system`: as the plan describes it.
Json passing_of(const Found& found, const Json& events, const std::vector<Judgement>& judgements, const std::vector<Trial>& trials,
                const Json& system);

// "delivered twice, one row in the sink": what became of a message there.
std::string fate_in(const Json& events);

}  // namespace assay
