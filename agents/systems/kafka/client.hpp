// One client of librdkafka: how it is made, what it calls back, how it ends.
#pragma once

#include <map>
#include <memory>
#include <string>

#include <librdkafka/rdkafka.h>

#include "agents/os/deadline.hpp"

namespace assay::kafka {

using Words = std::map<std::string, std::string>;

// Called from within the calls that poll a client, never from its own threads.
class Events {
 public:
  virtual ~Events() = default;
  virtual void delivered(const rd_kafka_message_t&) {}
  virtual void rebalanced(rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*) {}
  virtual void failed(rd_kafka_resp_err_t, const std::string&) {}
};

// What a producer has not sent is not sent any more, its connections are closed
// with linger 0; a consumer leaves no group.
struct EndClient {
  void operator()(rd_kafka_t* client) const;
};
using Client = std::unique_ptr<rd_kafka_t, EndClient>;

// `words` are librdkafka's, beside those that `address` has. `events` outlives
// the client. Throws std::runtime_error when librdkafka does not take them.
Client make_client(rd_kafka_type_t type, const std::string& address, const Words& words, Events& events);

// What a library call may wait for; never 0, at which some do not even ask.
int patience_ms(Deadline deadline);

struct DestroyQueue {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
using Queue = std::unique_ptr<rd_kafka_queue_t, DestroyQueue>;

struct DestroyEvent {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using Event = std::unique_ptr<rd_kafka_event_t, DestroyEvent>;

struct DestroyMessage {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using Message = std::unique_ptr<rd_kafka_message_t, DestroyMessage>;

}  // namespace assay::kafka
