// The queues of a channel, and how a link declares them.
#pragma once

#include <string>
#include <string_view>

#include <amqp.h>

#include "agents/systems/rabbitmq/settings.hpp"

namespace assay::rabbitmq {

// A view of text that has to live on.
amqp_bytes_t bytes_of(std::string_view text);

// Its queue has the channel's name, and is reached by the default exchange.
std::string dead_letter_queue(const std::string& channel);

// Declares the queue of a channel, and where there is to be one that of its dead
// letters: whoever comes first makes them, all alike. Settled, a queue is also bound
// to amq.direct by its name. The reply of the last method; the server closes what
// it does not like.
amqp_rpc_reply_t declare(amqp_connection_state_t state, const std::string& channel, const Settings& settings);

// Whether the queue of a channel is there already.
bool is_declared(amqp_connection_state_t state, const std::string& channel);

// "CHANNEL/" and 32 hex digits. AMQP gives a stored message no name; no two
// attempts have the same bytes, so a digest of them will do.
std::string copy_name(const std::string& channel, std::string_view bytes);

}  // namespace assay::rabbitmq
