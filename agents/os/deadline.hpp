// A point in time by which a wait ends, whatever happens.
#pragma once

#include <algorithm>
#include <chrono>

namespace assay {

class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  static Deadline in(std::chrono::milliseconds span) { return Deadline(Clock::now() + span); }

  bool passed() const { return Clock::now() >= end_; }

  // Never negative; rounded up, so that a wait of this length reaches the deadline.
  std::chrono::milliseconds left() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now());
    return std::max(left, std::chrono::milliseconds(0));
  }
  int left_ms() const { return static_cast<int>(left().count()); }

  static Deadline earlier(Deadline a, Deadline b) { return a.end_ < b.end_ ? a : b; }

 private:
  explicit Deadline(Clock::time_point end) : end_(end) {}
  Clock::time_point end_;
};

}  // namespace assay
