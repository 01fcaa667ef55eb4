// What the links tell beside their results.
#pragma once

#include <string>
#include <utility>

#include <amqp.h>

#include "agents/roles/system.hpp"
#include "agents/systems/rabbitmq/incoming.hpp"

namespace assay::rabbitmq {

// Tells a thing once while it stays the same. That a server says goodbye when it
// is stopped is part of a trial; what else it ends a connection for, is not.
class Teller {
 public:
  explicit Teller(NoticeSink sink) : sink_(std::move(sink)) {}

  void tell(const Closing& closing) {
    if (closing.code != AMQP_CONNECTION_FORCED) tell("the server closed: " + closing.reason);
  }
  void tell(const Blocked& blocked) { tell("the server takes no messages: " + blocked.reason); }

 private:
  void tell(const std::string& line) {
    if (std::exchange(last_, line) != line && sink_) sink_({"error", line});
  }

  NoticeSink sink_;
  std::string last_;
};

}  // namespace assay::rabbitmq
