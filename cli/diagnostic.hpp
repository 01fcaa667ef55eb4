// The parts of a result on the terminal; terminal.cpp puts them together.
#pragma once

#include "cli/fields.hpp"
#include "cli/page.hpp"

namespace assay {

// What was violated and where to read it: "violated: ...", "  --> file:record".
Lines diagnosis(const Json& report, const Look& look);

// The first witness event by event, in at most `room` lines.
Lines witness_timeline(const Json& witness, std::size_t room, const Look& look);

// Where it comes from, and the other causes in at most three lines.
Lines causes(const Json& report, const Look& look);

// One line of a timeline; `sign` stands for what kind of event it is.
Line event_line(double t_ms, const std::string& who, const std::string& sign, const std::string& what, const Look& look);

// Which windows broke, how often of how many; or all that held, folded.
Lines broken_windows(const Json& report, const Look& look);
Lines held_windows(const Json& report, const Look& look);
Lines short_windows(const Json& report, const Look& look);  // those below their floor first

// "D duplicated, - none" for the letters that occur.
std::string legend(const Json& windows);

}  // namespace assay
