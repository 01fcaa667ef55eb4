#include "agents/systems/rabbitmq/queues.hpp"

#include <vector>

#include <amqp.h>
#include <xxhash.h>

#include "agents/systems/rabbitmq/connection.hpp"

namespace assay::rabbitmq {
namespace {

// The arguments of a queue, whose texts have to live on.
class Arguments {
 public:
  void text(const char* key, std::string_view value) {
    amqp_table_entry_t entry{.key = bytes_of(key), .value = {}};
    entry.value.kind = AMQP_FIELD_KIND_UTF8;
    entry.value.value.bytes = bytes_of(value);
    entries_.push_back(entry);
  }

  // 0: not given.
  void number(const char* key, std::int64_t value) {
    if (value == 0) return;
    amqp_table_entry_t entry{.key = bytes_of(key), .value = {}};
    entry.value.kind = AMQP_FIELD_KIND_I64;
    entry.value.value.i64 = value;
    entries_.push_back(entry);
  }

  amqp_table_t table() { return {.num_entries = static_cast<int>(entries_.size()), .entries = entries_.data()}; }

 private:
  std::vector<amqp_table_entry_t> entries_;
};

void declare_queue(amqp_connection_state_t state, const std::string& name, bool durable, Arguments& arguments) {
  amqp_queue_declare(state, the_channel, bytes_of(name), 0, durable, 0, 0, arguments.table());
}

void declare_dead_letter_queue(amqp_connection_state_t state, const std::string& name, const Settings& settings) {
  Arguments arguments;
  arguments.text("x-queue-type", settings.queue_type);
  arguments.number("x-max-length", settings.dead_letter_max_length);
  if (settings.dead_letter_max_length > 0) arguments.text("x-overflow", "reject-publish");
  declare_queue(state, name, settings.durable, arguments);
}

// RabbitMQ may say that a durable queue is declared when the record of it is on
// disk, and the word that this record counts is not: another process of Mnesia
// writes that, into a buffer of two seconds. Binding the queue is a change of
// its own, and has written what came before it when it is answered.
void settle(amqp_connection_state_t state, const std::string& queue) {
  amqp_queue_bind(state, the_channel, bytes_of(queue), bytes_of("amq.direct"), bytes_of(queue), amqp_empty_table);
}

}  // namespace

amqp_bytes_t bytes_of(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }

std::string dead_letter_queue(const std::string& channel) { return channel + ".dead"; }

amqp_rpc_reply_t declare(amqp_connection_state_t state, const std::string& channel, const Settings& settings) {
  const auto dead = dead_letter_queue(channel);
  Arguments arguments;
  arguments.text("x-queue-type", settings.queue_type);
  arguments.number("x-max-length", settings.max_length);
  if (settings.overflow != "drop-head") arguments.text("x-overflow", settings.overflow);
  arguments.number("x-message-ttl", settings.message_ttl_ms);
  arguments.number("x-delivery-limit", settings.delivery_limit);
  if (settings.dead_letters()) {
    arguments.text("x-dead-letter-exchange", "");
    arguments.text("x-dead-letter-routing-key", dead);
    if (settings.is_quorum()) arguments.text("x-dead-letter-strategy", settings.dead_letter);
    if (settings.dead_letter_target == "queue") {
      declare_dead_letter_queue(state, dead, settings);
      if (const auto reply = amqp_get_rpc_reply(state); reply.reply_type != AMQP_RESPONSE_NORMAL) return reply;
    }
  }
  declare_queue(state, channel, settings.durable, arguments);
  const auto declared = amqp_get_rpc_reply(state);
  if (declared.reply_type != AMQP_RESPONSE_NORMAL || !settings.durable || !settings.queue_settled) return declared;
  settle(state, channel);
  return amqp_get_rpc_reply(state);
}

// Over a channel of AMQP of its own, which the server closes when it is not.
bool is_declared(amqp_connection_state_t state, const std::string& channel) {
  constexpr amqp_channel_t asking = the_channel + 1;
  amqp_channel_open(state, asking);
  amqp_queue_declare(state, asking, bytes_of(channel), 1, 0, 0, 0, amqp_empty_table);
  if (amqp_get_rpc_reply(state).reply_type == AMQP_RESPONSE_NORMAL) {
    amqp_channel_close(state, asking, AMQP_REPLY_SUCCESS);
    return true;
  }
  amqp_channel_close_ok_t understood{};
  amqp_send_method(state, asking, AMQP_CHANNEL_CLOSE_OK_METHOD, &understood);
  return false;
}

std::string copy_name(const std::string& channel, std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  std::string name = channel + "/";
  for (const unsigned char byte : canonical.digest) name.append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
  return name;
}

}  // namespace assay::rabbitmq
