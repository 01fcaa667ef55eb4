// What a witness shows, as far as a drawing has a sign for it.
#pragma once

#include <optional>

#include "cli/path.hpp"

namespace assay::html {

bool is_lost(const Json& witness);

// Where the message should have come to and is missing.
Lane lane_of_loss(const Json& witness);

// The last two of these are what was not to be there twice; empty: it is no duplicate.
std::string event_of_copies(const Json& witness);

// The event that a reader has to see: the last copy, else the last one that is not the end of the trial.
std::optional<std::size_t> fatal_event(const Json& witness);

}  // namespace assay::html
