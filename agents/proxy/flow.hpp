// One direction of a connection: what was read from one side and is still to be
// written to the other, and how that side ended.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>

namespace assay::proxy {

using Clock = std::chrono::steady_clock;

class Flow {
 public:
  static constexpr std::size_t most_bytes = 256 << 10;  // then nothing more is read: the sender feels it

  enum class End { none, in_order, reset };
  enum class Written { all, not_yet_due, blocked, ended, refused };

  static constexpr Clock::time_point held = Clock::time_point::max();

  void take(std::string bytes, Clock::time_point due);
  void end(End how, Clock::time_point due);

  bool full() const { return bytes_ >= most_bytes; }
  bool over() const { return passed_end_; }
  End how_it_ended() const { return end_; }

  // What is due is written. `ended`: all is written and the end is due, once.
  Written write_to(int fd, Clock::time_point now);

  // When the next of it is due; nothing: nothing is there, or it is held.
  std::optional<Clock::time_point> next_due() const;

  void let_go();  // all of it is due at once
  void discard();

 private:
  struct Chunk {
    std::string bytes;
    Clock::time_point due;
  };
  std::deque<Chunk> chunks_;
  std::size_t bytes_ = 0, written_ = 0;  // of the first chunk
  End end_ = End::none;
  Clock::time_point end_due_{};
  bool passed_end_ = false;
};

}  // namespace assay::proxy
