// A producer whose sends go down one connection, many at a time; Redis answers
// in their order. What a send looks like is up to the mode.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agents/roles/system.hpp"
#include "agents/systems/redis/connection.hpp"

namespace assay::redis {

struct Written {
  std::string copy;
  bool duplicate = false;
};

class Writing {
 public:
  virtual ~Writing() = default;

  virtual std::string command() const = 0;

  // As Connection::send.
  virtual bool send(Connection& connection, const OutgoingMessage& message, Deadline deadline) const = 0;

  // What a reply says of the message, whose name by content is there for those
  // that have no other. Nothing: no reply to such a command.
  virtual std::optional<Written> written(const redisReply& reply, const std::string& by_content) const = 0;
};

// With `wait` above 0 a send is ok only when WAIT says that so many replicas
// have it.
std::unique_ptr<ProducerLink> pipelined_producer(const LinkSetup& setup, std::unique_ptr<Writing> writing,
                                                 std::int64_t wait = 0);

}  // namespace assay::redis
