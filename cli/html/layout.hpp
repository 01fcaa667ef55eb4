// Which row an event of a diagram stands in, which lanes a run has, and from
// where to where each lane lives. Knows nothing of pixels.
#pragma once

#include <vector>

#include "cli/path.hpp"

namespace assay::html {

constexpr std::size_t most_rows = 40, most_lanes = 8;
constexpr double gap_ms = 50;

// "consumer-0#2"; without a number where nobody counted its lives.
std::string who(const Json& event);

// "0.214", in milliseconds; empty where no event of the run has a time.
std::string when(const Json& event, const Json& events);

// One event of either run or both, or what stands for several.
struct Row {
  std::optional<std::size_t> here, there;  // indices of events
  double quiet_ms = 0;     // above 0: nothing happened for so long
  std::int64_t folded = 0;  // above 0: so many events are not shown
  bool differs = false;    // the first that the runs do not share
  bool operator==(const Row&) const = default;
};

// The events of both runs that belong together, by their indices, as the report
// pairs them and as far as there are such events.
using Pair = std::pair<std::size_t, std::size_t>;
std::vector<Pair> pairs_of(const Json& witness);

// Of the witness beside its passing run, if it has one and that is wanted.
enum class Beside : std::uint8_t { nothing, passing };
std::vector<Row> rows_of(const Json& witness, Beside beside);

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

// Events of one run with the rows that they stand in, in order.
struct Placed {
  const Json* event = nullptr;
  std::size_t index = 0;
  int row = 0;
};
std::vector<Placed> placed(const std::vector<Row>& rows, const Json& events, std::optional<std::size_t> Row::*side);

// In path order; lanes beyond the most that fit are those with the fewest events.
std::vector<Life> lives_of(const std::vector<Placed>& events, int rows, const std::vector<Lane>& further);

// An incarnation that a fault does not name is the latest one known by then.
Lane target_of(const Strike& strike, const std::vector<Placed>& events, int row);

}  // namespace assay::html
