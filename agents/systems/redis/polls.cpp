#include "agents/systems/redis/polls.hpp"

#include <utility>

#include "agents/recording/recorder.hpp"

namespace assay::redis {

void Polls::begin(std::size_t replies) {
  poll_ = Poll{.generation = connection_.generation(),
               .until = Deadline::in(patience),
               .due = replies,
               .asked = monotonic_ns(),
               .replies = {}};
}

std::optional<Polls::Answer> Polls::finish(Deadline deadline) {
  const auto until = Deadline::earlier(deadline, poll_->until);
  while (poll_->replies.size() < poll_->due) {
    auto reply = connection_.reply(until);
    if (!reply) {
      if (poll_->until.passed()) connection_.drop();
      return std::nullopt;
    }
    poll_->replies.push_back(std::move(reply));
  }
  Poll done = std::move(*std::exchange(poll_, std::nullopt));
  return Answer{done.asked, std::move(done.replies)};
}

}  // namespace assay::redis
