#include "cli/lane-fold.hpp"

#include <algorithm>
#include <utility>

namespace assay {
namespace {

using Rows = std::vector<DiagramRow>;

// The first of the longest stretches of routine: from where, and how many rows.
std::pair<std::size_t, std::size_t> longest_routine(const Rows& rows) {
  std::pair<std::size_t, std::size_t> longest{0, 0};
  for (std::size_t i = 0, run = 0; i < rows.size(); ++i) {
    run = rows[i].routine ? run + 1 : 0;
    if (run > longest.second) longest = {i + 1 - run, run};
  }
  return longest;
}

void replace(Rows& rows, std::size_t from, std::size_t count, const FoldedLine& line_for) {
  DiagramRow made{.line = {}, .events = 0, .alike = true};
  const auto first = rows.begin() + static_cast<std::ptrdiff_t>(from), last = first + static_cast<std::ptrdiff_t>(count);
  for (auto row = first; row != last; ++row) made.events += row->events, made.alike = made.alike && row->alike;
  made.line = line_for(made.events, made.alike);
  *first = std::move(made);
  rows.erase(first + 1, last);
}

}  // namespace

void fold(Rows& rows, std::size_t room, const FoldedLine& line_for) {
  while (rows.size() > room) {
    const auto [from, length] = longest_routine(rows);
    if (length < 2) break;
    const std::size_t count = std::min(length, rows.size() - room + 1);
    replace(rows, from + length - count, count, line_for);  // what is asked stays before what is answered
  }
  if (rows.size() > room && room >= 2) replace(rows, (room - 1) / 2, rows.size() - room + 1, line_for);
}

}  // namespace assay
