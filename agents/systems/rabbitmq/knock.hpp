// Asks a server that pushes whether it has pushed all it had.
//
// A channel answers in the order in which it is asked, but a queue is a process of
// its own: it is asked for its length, and what it had sent ahead of its answer
// may reach the channel's socket behind it. By the answer to a second question,
// asked when the first was answered, it has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agents/systems/rabbitmq/connection.hpp"

namespace assay::rabbitmq {

class Knock {
 public:
  Knock(Connection& connection, std::string queue) : connection_(connection), queue_(std::move(queue)) {}

  // Asks, unless it has done so and waits, or has just been answered.
  void ask(Deadline deadline);

  // The answer to a question. When it is the second one: since when the queue was
  // empty and had pushed nothing, if it was and had not.
  std::optional<std::int64_t> answered(const Counted& counted, Deadline deadline);

  void disturbed() { empty_ = false; }  // by a delivery
  void forget() { questions_ = 0; }     // with a connection that is gone

  // When the question was asked that waits for its answer, monotonic ns.
  std::optional<std::int64_t> open() const { return questions_ > 0 ? std::optional(asked_) : std::nullopt; }

 private:
  Connection& connection_;
  std::string queue_;
  int questions_ = 0;  // asked and not settled: none, the first, the second
  bool empty_ = true;
  std::int64_t asked_ = 0, settled_ = 0;  // monotonic ns
};

}  // namespace assay::rabbitmq
