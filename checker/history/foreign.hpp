// Histories that somebody else recorded, as JSON lines that say only what they
// know: see docs/check.md. A file whose first line is {"assay-history": 1}, and
// a packed file, are read as strictly as assay's own.
#pragma once

#include <string>
#include <vector>

#include "checker/history/plain-lines.hpp"
#include "checker/history/trial.hpp"

namespace assay {

// Several files are one history.
struct ForeignHistory {
  PlainLines plain;           // everything, where no line says more than an id
  std::vector<Trial> trials;  // otherwise; with the place of each event
  bool timed = false;         // all lines tell their time; otherwise it is 0 on all of them
};

// "-" is standard input; gzip is unpacked. DamagedHistory names file and line.
ForeignHistory read_foreign(const std::vector<std::string>& paths);

// The same as events, for whoever needs them all.
std::vector<Trial> events_of(const PlainLines& plain, const std::vector<std::string>& files);

}  // namespace assay
