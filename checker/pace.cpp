#include "checker/pace.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <unordered_map>

namespace assay {
namespace {

// 146 years on either side of zero: what lies beyond is no clock's, and too near to overflow.
constexpr std::int64_t farthest = std::int64_t{1} << 62;

struct Way {
  std::optional<std::int64_t> sent, acked, delivered;
  std::vector<std::int64_t> effects;  // as consumers told them
  std::vector<std::int64_t> rows;     // as the auditor found them, with the time at which it did
};

void keep_first(std::optional<std::int64_t>& first, std::int64_t time) {
  if (!first || time < *first) first = time;
}

bool is_counted(const Event& event) { return !event.message.empty() && event.flags.empty(); }

template <class Visit>
void for_each_event(const Trial& trial, const Visit& visit) {
  for (const auto& recording : trial.recordings)
    for (const auto& event : recording.events) visit(event);
}

TrialSpan span_of(const Trial& trial) {
  TrialSpan span{.from = std::numeric_limits<std::int64_t>::max(), .to = std::numeric_limits<std::int64_t>::min(),
                 .struck = std::nullopt, .healed = std::nullopt};
  for_each_event(trial, [&](const Event& event) {
    span.from = std::min(span.from, event.time);
    span.to = std::max(span.to, event.time);
    if (event.type == Type::fault && event.phase == Phase::act) span.struck = event.time;
    if (event.type == Type::fault && event.phase == Phase::heal) span.healed = event.time;
  });
  return span;
}

// Messages that only the plan flags: agents need not say that theirs is a canary.
std::unordered_map<std::string_view, Way> ways_of(const Trial& trial) {
  std::unordered_map<std::string_view, Way> ways;
  std::unordered_map<std::string_view, bool> flagged;
  for_each_event(trial, [&](const Event& event) {
    if (event.type == Type::plan_message && !event.flags.empty()) flagged.emplace(event.message, true);
  });
  for_each_event(trial, [&](const Event& event) {
    if (!is_counted(event) || flagged.contains(event.message)) return;
    auto& way = ways[event.message];
    if (event.type == Type::send) keep_first(event.phase == Phase::invoke ? way.sent : way.acked, event.time);
    if (event.type == Type::deliver) keep_first(way.delivered, event.time);
    if (event.type == Type::effect && event.phase != Phase::begin) way.effects.push_back(event.time);
    if (event.type == Type::sink_row) way.rows.push_back(event.time);
  });
  return ways;
}

// Who checks a history of others may have rows only, each with the time of its effect.
void settle_effects(std::unordered_map<std::string_view, Way>& ways) {
  const auto any = [&](auto member) {
    return std::any_of(ways.begin(), ways.end(), [&](const auto& way) { return !(way.second.*member).empty(); });
  };
  const bool told = any(&Way::effects), found = any(&Way::rows);
  for (auto& [message, way] : ways) {
    if (!told) way.effects = way.rows;
    if (!found) way.rows = way.effects;
    std::sort(way.effects.begin(), way.effects.end());
  }
}

}  // namespace

std::int64_t PaceMeter::index_of(std::int64_t time) const {
  const auto index = time / slice_ns_;
  return time % slice_ns_ < 0 ? index - 1 : index;
}

// Slices lie on multiples of their length, whatever came first.
void PaceMeter::make_room(std::int64_t from, std::int64_t to) {
  for (const auto& [number, span] : trials_) from = std::min(from, span.from), to = std::max(to, span.to);
  while (index_of(to) - index_of(from) >= most_slices) {
    std::map<std::int64_t, Slice> merged;
    for (const auto& [index, slice] : slices_) {
      auto& both = merged[index >= 0 ? index / 2 : (index - 1) / 2];
      both.acked += slice.acked;
      both.effects += slice.effects;
      both.redelivered += slice.redelivered;
      both.duplicated += slice.duplicated;
      both.underway += slice.underway;
    }
    slices_ = std::move(merged);
    slice_ns_ *= 2;
  }
}

void PaceMeter::add_underway(std::int64_t from, std::int64_t to) {
  for (auto index = index_of(from); from < to; ++index) {
    const auto end = std::min(to, (index + 1) * slice_ns_);
    slices_[index].underway += end - from;
    from = end;
  }
}

void PaceMeter::add(const Trial& trial) {
  const auto span = span_of(trial);
  if (span.from > span.to || span.from < -farthest || span.to > farthest) return;
  make_room(span.from, span.to);
  trials_[trial.number] = span;

  auto ways = ways_of(trial);
  settle_effects(ways);
  for_each_event(trial, [&](const Event& event) {
    const auto way = ways.find(event.message);
    if (way == ways.end()) return;
    if (event.type == Type::send && event.phase == Phase::ok) ++slices_[index_of(event.time)].acked;
    if (event.type == Type::deliver) slices_[index_of(event.time)].redelivered += event.time > way->second.delivered;
  });
  for (const auto& [message, way] : ways) add_effects(way.effects, way.rows.size());

  // Where nobody had effects, a delivery ends the way; where nobody received, the ack.
  const auto any = [&](const auto& has) { return std::any_of(ways.begin(), ways.end(), [&](const auto& way) { return has(way.second); }); };
  const bool effects = any([](const Way& way) { return !way.effects.empty(); });
  const bool deliveries = any([](const Way& way) { return way.delivered.has_value(); });
  for (const auto& [message, way] : ways) {
    if (!way.sent) continue;
    auto end = deliveries ? way.delivered : way.acked;
    if (effects) end = way.effects.empty() ? std::nullopt : std::optional(way.effects.front());
    add_underway(*way.sent, std::max(*way.sent, end.value_or(span.to)));
  }
}

// What the sink holds more than once, it holds because of the last of them.
void PaceMeter::add_effects(const std::vector<std::int64_t>& times, std::size_t rows) {
  const auto more = std::min(times.size(), rows > 0 ? rows - 1 : 0);
  for (std::size_t i = 0; i < times.size(); ++i) {
    auto& slice = slices_[index_of(times[i])];
    ++slice.effects;
    slice.duplicated += i + more >= times.size();
  }
}

Pace PaceMeter::pace() const {
  Pace pace{.trials = trials_};
  if (trials_.empty()) return pace;
  auto first = std::numeric_limits<std::int64_t>::max(), last = std::numeric_limits<std::int64_t>::min();
  for (const auto& [number, span] : trials_) first = std::min(first, index_of(span.from)), last = std::max(last, index_of(span.to));
  pace.from = first * slice_ns_;
  pace.slice_ns = slice_ns_;
  pace.slices.resize(static_cast<std::size_t>(last - first + 1));
  for (const auto& [index, slice] : slices_) pace.slices[static_cast<std::size_t>(index - first)] = slice;
  return pace;
}

}  // namespace assay
