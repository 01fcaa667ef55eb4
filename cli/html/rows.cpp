#include "cli/html/rows.hpp"

#include <algorithm>

namespace assay::html {
namespace {

constexpr std::size_t most_pairs = 1000;

std::optional<std::size_t> index_from(const Json& number) {
  if (!number.is_number_integer() || number.get<std::int64_t>() < 0) return std::nullopt;
  return number.get<std::size_t>();
}

// Time runs down on both sides, so pairs that cross others cannot stand in a row
// each: the most that do not cross are kept.
std::vector<Pair> straight(const std::vector<Pair>& pairs) {
  std::vector<std::size_t> length(pairs.size(), 1), before(pairs.size(), pairs.size());
  std::size_t best = pairs.size();
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j)
      if (pairs[j].first < pairs[i].first && pairs[j].second < pairs[i].second && length[j] + 1 > length[i]) {
        length[i] = length[j] + 1;
        before[i] = j;
      }
    if (best == pairs.size() || length[i] > length[best]) best = i;
  }
  std::vector<Pair> kept;
  for (std::size_t i = best; i < pairs.size(); i = before[i]) kept.insert(kept.begin(), pairs[i]);
  return kept;
}

// Between two pairs both runs go their own way, side by side.
std::vector<Row> zipped(const std::vector<Pair>& pairs, std::size_t here, std::size_t there) {
  std::vector<Row> rows;
  Pair next{0, 0};
  const auto go_on_to = [&](Pair end) {
    while (next.first < end.first || next.second < end.second) {
      Row row;
      if (next.first < end.first) row.here = next.first++;
      if (next.second < end.second) row.there = next.second++;
      rows.push_back(row);
    }
  };
  for (const auto& pair : pairs) {
    go_on_to(pair);
    rows.push_back({.here = pair.first, .there = pair.second});
    next = {pair.first + 1, pair.second + 1};
  }
  go_on_to({here, there});
  return rows;
}

// Where the report does not say, it is the first event that only the passing run has.
void mark_difference(std::vector<Row>& rows, const Json& passing, const std::vector<Pair>& pairs) {
  const auto differs = index_from(field(passing, "differs_at"));
  const auto is_it = [&](const Row& row) {
    if (differs) return row.here == differs;
    const bool paired =
        std::any_of(pairs.begin(), pairs.end(), [&](Pair pair) { return row.there == std::optional(pair.second); });
    return row.there && !paired;
  };
  if (const auto found = std::find_if(rows.begin(), rows.end(), is_it); found != rows.end()) found->differs = true;
}

std::string timer_after(const Json& witness, std::size_t event) {
  for (const auto& gap : list_in(witness, "gaps"))
    if (index_from(field(gap, "after")) == event) return text_in(gap, "timer");
  return "";
}

std::vector<Row> with_gaps(const std::vector<Row>& rows, const Json& witness) {
  const Json& events = list_in(witness, "events");
  std::vector<Row> spaced;
  std::optional<double> before;
  for (const auto& row : rows) {
    if (row.here) {
      const double now = decimal_in(events[*row.here], "t_ms");
      if (before && now - *before > gap_ms) spaced.push_back({.quiet_ms = now - *before, .timer = *row.here > 0 ? timer_after(witness, *row.here - 1) : ""});
      before = now;
    }
    spaced.push_back(row);
  }
  return spaced;
}

std::vector<Row> folded(const std::vector<Row>& rows) {
  if (rows.size() <= most_rows) return rows;
  const auto front = rows.begin() + most_rows / 2, back = rows.end() - (most_rows - most_rows / 2 - 1);
  Row between;
  between.folded = std::count_if(front, back, [](const Row& row) { return row.here || row.there; });
  between.differs = std::any_of(front, back, [](const Row& row) { return row.differs; });
  std::vector<Row> kept(rows.begin(), front);
  kept.push_back(between);
  kept.insert(kept.end(), back, rows.end());
  return kept;
}

}  // namespace

std::vector<Pair> pairs_of(const Json& witness) {
  const Json& passing = field(witness, "passing");
  const std::size_t here = list_in(witness, "events").size(), there = list_in(passing, "events").size();
  std::vector<Pair> pairs;
  for (const auto& pair : list_in(passing, "pairs")) {
    if (!pair.is_array() || pair.size() != 2) continue;
    const auto first = index_from(pair[0]), second = index_from(pair[1]);
    if (first && second && *first < here && *second < there && pairs.size() < most_pairs)
      pairs.push_back({*first, *second});
  }
  return pairs;
}

std::vector<Row> rows_of(const Json& witness, Beside beside) {
  const Json& events = list_in(witness, "events");
  const Json& passing = field(witness, "passing");
  const std::size_t here = events.size(), there = beside == Beside::passing ? list_in(passing, "events").size() : 0;
  const auto pairs = beside == Beside::passing ? pairs_of(witness) : std::vector<Pair>{};
  auto rows = zipped(straight(pairs), here, there);
  if (there > 0) mark_difference(rows, passing, pairs);
  return folded(with_gaps(rows, witness));
}

std::vector<Placed> placed(const std::vector<Row>& rows, const Json& events, std::optional<std::size_t> Row::*side) {
  std::vector<Placed> all;
  for (std::size_t r = 0; r < rows.size(); ++r)
    if (const auto index = rows[r].*side) all.push_back({&events[*index], *index, static_cast<int>(r)});
  return all;
}

}  // namespace assay::html
