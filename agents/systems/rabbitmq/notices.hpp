// What the links tell beside their results.
#pragma once

#include <amqp.h>

#include "agents/systems/rabbitmq/incoming.hpp"
#include "agents/systems/teller.hpp"

namespace assay::rabbitmq {

// That a server says goodbye when it is stopped is part of a trial; what else it
// ends a connection for, or refuses, is not.
class ServerTeller : private Teller {
 public:
  using Teller::Teller;

  void tell(const Closing& closing) {
    if (closing.code != AMQP_CONNECTION_FORCED) Teller::tell("error", "the server closed: " + closing.reason);
  }
  void tell(const Blocked& blocked) { Teller::tell("error", "the server takes no messages: " + blocked.reason); }
};

}  // namespace assay::rabbitmq
