#include "agents/systems/redis/producer.hpp"
#include "agents/systems/redis/streams.hpp"

namespace assay::redis {
namespace {

class Adding : public Writing {
 public:
  Adding(std::string channel, std::int64_t maxlen) : channel_(std::move(channel)), maxlen_(std::to_string(maxlen)) {}

  std::string command() const override { return "XADD"; }

  bool send(Connection& connection, const OutgoingMessage& message, Deadline deadline) const override {
    Words words{"XADD", channel_};
    if (maxlen_ != "0") words.insert(words.end(), {"MAXLEN", "=", maxlen_});
    words.insert(words.end(), {"*", "b", message.bytes, "k", message.key});
    return connection.send(words, deadline);
  }

  std::optional<Written> written(const redisReply& reply, const std::string&) const override {
    if (reply.type != REDIS_REPLY_STRING) return std::nullopt;
    return Written{channel_ + "/" + text(reply)};
  }

 private:
  std::string channel_, maxlen_;
};

// Adds an entry if its identity is new, in one step: Redis runs nothing beside
// a script and logs what it wrote as one transaction. The first write is the
// XADD, so an error that Redis gives before it leaves nothing half done.
constexpr std::string_view add_once = R"(
local first = redis.call('HGET', KEYS[2], ARGV[1])
if first then return {first, 1} end
local add = {'XADD', KEYS[1]}
if ARGV[2] ~= '0' then add = {'XADD', KEYS[1], 'MAXLEN', '=', ARGV[2]} end
for _, word in ipairs({'*', 'b', ARGV[3], 'k', ARGV[4]}) do add[#add + 1] = word end
local id = redis.call(unpack(add))
redis.call('HSET', KEYS[2], ARGV[1], id)
return {id, 0}
)";

std::string identity_of(const OutgoingMessage& message) {
  if (!message.dedup_id.empty()) return "id " + message.dedup_id;
  if (message.dedup_session.empty()) return {};
  return "session " + message.dedup_session + " " + std::to_string(message.dedup_sequence);
}

class AddingOnce : public Writing {
 public:
  AddingOnce(const std::string& channel, std::int64_t maxlen)
      : channel_(channel), identities_(channel + "/identities"), maxlen_(std::to_string(maxlen)), adding_(channel, maxlen) {}

  std::string command() const override { return "the script of XADD"; }

  // The whole script every time: a server that was restarted knows none.
  bool send(Connection& connection, const OutgoingMessage& message, Deadline deadline) const override {
    const auto identity = identity_of(message);
    if (identity.empty()) return adding_.send(connection, message, deadline);
    return connection.send({"EVAL", add_once, "2", channel_, identities_, identity, maxlen_, message.bytes, message.key},
                           deadline);
  }

  std::optional<Written> written(const redisReply& reply, const std::string& by_content) const override {
    const auto parts = elements(reply);
    if (parts.size() != 2) return adding_.written(reply, by_content);
    return Written{channel_ + "/" + text(*parts[0]), parts[1]->integer == 1};
  }

 private:
  std::string channel_, identities_, maxlen_;
  Adding adding_;
};

}  // namespace

std::unique_ptr<ProducerLink> stream_producer(const LinkSetup& setup, const Settings& settings) {
  if (settings.dedup_script)
    return pipelined_producer(setup, std::make_unique<AddingOnce>(setup.channel, settings.maxlen));
  return pipelined_producer(setup, std::make_unique<Adding>(setup.channel, settings.maxlen), settings.wait);
}

}  // namespace assay::redis
