// Which lanes a run has, and from where to where each of them lives.
#pragma once

#include "cli/html/rows.hpp"
#include "cli/path.hpp"

namespace assay::html {

constexpr std::size_t most_lanes = 8;

// A stretch of a lane, by rows; -1 is its head.
struct Stretch {
  int first = -1, last = -1;
  bool paused = false;
  bool operator==(const Stretch&) const = default;
};

struct Life {
  Lane lane;
  std::vector<Stretch> stretches;
  std::vector<int> births, ends;  // rows: where it begins below the head, where it was killed
  bool operator==(const Life&) const = default;
};

// In path order; lanes beyond the most that fit are those with the fewest events.
std::vector<Life> lives_of(const std::vector<Placed>& events, int rows, const std::vector<Lane>& further);

// An incarnation that a fault does not name is the latest one known by then.
Lane target_of(const Strike& strike, const std::vector<Placed>& events, int row);

}  // namespace assay::html
