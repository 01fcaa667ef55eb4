#include "agents/systems/redis/lists.hpp"
#include "agents/systems/redis/producer.hpp"

namespace assay::redis {
namespace {

class Pushing : public Writing {
 public:
  explicit Pushing(std::string channel) : channel_(std::move(channel)) {}

  std::string command() const override { return "LPUSH"; }

  bool send(Connection& connection, const OutgoingMessage& message, Deadline deadline) const override {
    return connection.send({"LPUSH", channel_, message.bytes}, deadline);
  }

  std::optional<Written> written(const redisReply& reply, const std::string& by_content) const override {
    if (reply.type != REDIS_REPLY_INTEGER) return std::nullopt;
    return Written{by_content};
  }

 private:
  std::string channel_;
};

}  // namespace

std::unique_ptr<ProducerLink> list_producer(const LinkSetup& setup) {
  return pipelined_producer(setup, std::make_unique<Pushing>(setup.channel));
}

}  // namespace assay::redis
