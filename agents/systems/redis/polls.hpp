// The one read that a consumer may have open at a time.
//
// It outlives the deadline of the call that began it: the answer may bring
// leases, and who gives it up has lost them for this session. A server that
// answers nothing for longer than the patience ends the session.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agents/systems/redis/connection.hpp"

namespace assay::redis {

class Polls {
 public:
  // Longer than a stall of a busy machine, shorter than a drain waits.
  static constexpr std::chrono::milliseconds patience{2000};

  explicit Polls(Connection& connection) : connection_(connection) {}

  // Before the commands of a poll are sent, which will have so many replies.
  void begin(std::size_t replies);

  bool open() const { return poll_ && poll_->generation == connection_.generation(); }
  std::int64_t asked() const { return poll_->asked; }  // of an open one

  struct Answer {
    std::int64_t asked;  // monotonic ns
    std::vector<Reply> replies;
  };

  // Nothing: not all of it is there by the deadline, or the connection died.
  std::optional<Answer> finish(Deadline deadline);

 private:
  struct Poll {
    std::int64_t generation;
    Deadline until;
    std::size_t due;
    std::int64_t asked;
    std::vector<Reply> replies;
  };

  Connection& connection_;
  std::optional<Poll> poll_;
};

}  // namespace assay::redis
