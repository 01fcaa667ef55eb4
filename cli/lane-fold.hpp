// Rows of a diagram on the terminal, and how they are made fewer.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "cli/page.hpp"

namespace assay {

struct DiagramRow {
  Line line;
  std::int64_t events = 1;  // that it stands for
  bool routine = false;     // nothing in it that the witness turns on
  bool alike = false;       // the run that passes has it, too, before the two differ
};

// Stands in for rows: so many events, all of them alike or not.
using FoldedLine = std::function<Line(std::int64_t events, bool alike)>;

// At most `room` rows: the longest stretches of routine are folded first, and
// only where that is not enough the middle of what is left.
void fold(std::vector<DiagramRow>& rows, std::size_t room, const FoldedLine& line_for);

}  // namespace assay
