// Which row an event of a diagram stands in: time runs down, and what two runs
// share stands side by side.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "cli/fields.hpp"

namespace assay::html {

constexpr std::size_t most_rows = 40;
constexpr double gap_ms = 50;

// One event of either run or both, or what stands for several.
struct Row {
  std::optional<std::size_t> here, there;  // indices of events
  double quiet_ms = 0;                     // above 0: nothing happened for so long
  std::string timer;                       // of the system, which may explain it
  std::int64_t folded = 0;                 // above 0: so many events are not shown
  bool differs = false;                    // the first that the runs do not share
  bool operator==(const Row&) const = default;
};

// The events of both runs that belong together, by their indices, as the report
// pairs them and as far as there are such events.
using Pair = std::pair<std::size_t, std::size_t>;
std::vector<Pair> pairs_of(const Json& witness);

// Of the witness beside its passing run, if it has one and that is wanted.
enum class Beside : std::uint8_t { nothing, passing };
std::vector<Row> rows_of(const Json& witness, Beside beside);

// Events of one run with the rows that they stand in, in order.
struct Placed {
  const Json* event = nullptr;
  std::size_t index = 0;
  int row = 0;
};
std::vector<Placed> placed(const std::vector<Row>& rows, const Json& events, std::optional<std::size_t> Row::*side);

}  // namespace assay::html
