// The parts of a report that say how the run went over time: "series",
// "phases", and when each fault struck.
#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "checker/contract.hpp"
#include "checker/judge.hpp"
#include "checker/pace.hpp"

namespace assay {

// At most 240 slices; empty lists where there was nothing.
nlohmann::ordered_json series_of(const Pace& pace);

// The control trial, faults at windows by whose window it is, random ones, and
// those that made up for others: `from_ns` and `to_ns` since the series began.
nlohmann::ordered_json phases_of(const Pace& pace, const std::vector<Judgement>& judgements);

// Faults in the order of their trials, `at_ns` and `healed_ns` likewise. At most 2,000.
nlohmann::ordered_json strikes_of(const Pace& pace, const std::vector<Judgement>& judgements, const Claim& claim);

}  // namespace assay
