// What the errors of Redis mean to a client.
#pragma once

#include "agents/systems/redis/connection.hpp"

namespace assay::redis {

// The command that was to store a message was not executed and never will be.
bool never_executed(const redisReply& reply);

// It passes: the command may be tried again on the same connection.
bool may_pass(const redisReply& reply);

}  // namespace assay::redis
