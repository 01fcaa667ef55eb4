// How far a run is, and the line that says so.
#pragma once

#include <cstdint>
#include <string>

#include "cli/terminal.hpp"

namespace assay {

struct RunProgress {
  std::string profile;
  std::string cell;                         // in work: "kill consumer C.received"; empty: the control trial
  std::int64_t cell_done = 0, cell_of = 0;  // trials of it
  std::int64_t done = 0, planned = 0;       // trials of the run so far
  std::int64_t landed = 0, faults = 0;      // faults that landed, of those planned so far
  std::int64_t messages = 0;                // sent until now
  double seconds = 0;                       // since the run began
  std::string violated;                     // the first clause that is: "no-dup @ committed"
};

// For a terminal: with a bar as wide as the line leaves room for, and less and
// less where it is narrow.
std::string progress_line(const RunProgress& progress, const Look& look);

// For a file: which profile it is, and no bar.
std::string plain_progress(const RunProgress& progress);

// By the trials that are done; below 0: too few to tell.
double seconds_left(const RunProgress& progress);

}  // namespace assay
