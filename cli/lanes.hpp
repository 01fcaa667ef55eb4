// A witness as a diagram for a terminal: a column for each process, whose lives
// share it, time running down, and arrows from where to where its events go. A
// pure function of the report.
#pragma once

#include "cli/fields.hpp"
#include "cli/page.hpp"

namespace assay {

// At most `room` lines, routine events folded where there are more. Nothing where
// it finds no place: below 80 columns, above 6 lanes, or when no event has a lane.
Lines lanes(const Json& report, const Json& witness, std::size_t room, const Look& look);

}  // namespace assay
