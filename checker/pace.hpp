// How a run went over time: what happened in each slice of it, and when its
// trials and faults were. A picture of the run; no verdict rests on it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "checker/history/trial.hpp"

namespace assay {

inline constexpr std::int64_t most_slices = 240;

// When a trial was, CLOCK_MONOTONIC in ns.
struct TrialSpan {
  std::int64_t from = 0, to = 0;
  std::optional<std::int64_t> struck, healed;  // its fault

  bool operator==(const TrialSpan&) const = default;
};

// Canaries and markers are left out of all counts.
struct Slice {
  std::int64_t acked = 0;        // sends that the system acknowledged
  std::int64_t effects = 0;      // when consumers said so; without their word, when the sink did
  std::int64_t redelivered = 0;  // deliveries of a message after its first
  std::int64_t duplicated = 0;   // effects that the sink holds beside the message's first
  std::int64_t underway = 0;     // ns that messages spent in flight: sent, and no effect yet

  bool operator==(const Slice&) const = default;
};

struct Pace {
  std::int64_t from = 0;      // where the first slice begins, ns
  std::int64_t slice_ns = 0;  // how long each is; 0: there was nothing
  std::vector<Slice> slices;
  std::map<std::int64_t, TrialSpan> trials;

  bool operator==(const Pace&) const = default;
};

// Trials may come in any order and overlap in time: the same trials make the
// same pace. Slices double as the run grows, so memory does not grow with it.
class PaceMeter {
 public:
  void add(const Trial& trial);
  Pace pace() const;

 private:
  std::int64_t index_of(std::int64_t time) const;
  void make_room(std::int64_t from, std::int64_t to);
  void add_effects(const std::vector<std::int64_t>& times, std::size_t rows);
  void add_underway(std::int64_t from, std::int64_t to);

  std::int64_t slice_ns_ = 1000;
  std::map<std::int64_t, Slice> slices_;  // by index: time / slice_ns_, rounded down
  std::map<std::int64_t, TrialSpan> trials_;
};

}  // namespace assay
