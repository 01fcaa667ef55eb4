// The parts of a result on the terminal; terminal.cpp puts them together.
#pragma once

#include "cli/fields.hpp"
#include "cli/page.hpp"

namespace assay {

// What was violated and where to read it: "violated: ...", "  --> file:record".
Lines diagnosis(const Json& report, const Json& witness, const Look& look);

// A witness with its lanes where they find a place, else event by event; in at
// most `room` lines.
Lines witness_drawing(const Json& report, const Json& witness, std::size_t room, const Look& look);

// The same event by event.
Lines witness_timeline(const Json& witness, std::size_t room, const Look& look);

// Where it comes from, what passes, how surely it comes again.
Lines notes_on(const Json& report, const Json& witness, const Look& look);

// The causes behind the first, a line each; those beyond `room` share one.
Lines other_causes(const Json& report, std::size_t room, const Look& look);

// One line of a timeline; `sign` stands for what kind of event it is.
Line event_line(double t_ms, const std::string& who, const std::string& sign, const std::string& what, const Look& look);

// Which windows broke, how often of how many; or all that held, folded.
Lines broken_windows(const Json& report, Extent extent, const Look& look);
Lines held_windows(const Json& report, Extent extent, const Look& look);
Lines short_windows(const Json& report, Extent extent, const Look& look);  // those below their floor first

// "D duplicated, - none" for the letters that occur.
std::string legend(const Json& windows);

}  // namespace assay
