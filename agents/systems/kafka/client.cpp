#include "agents/systems/kafka/client.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <fcntl.h>
#include <sys/socket.h>

#include "agents/systems/kafka/place.hpp"

namespace assay::kafka {
namespace {

constexpr std::size_t reason_size = 512;

Events& events_of(void* opaque) { return *static_cast<Events*>(opaque); }

// What the kernel still holds when a socket is closed must not leave later.
int open_socket(int domain, int type, int protocol, void*) {
  const int descriptor = ::socket(domain, type | SOCK_CLOEXEC, protocol);
  const linger at_once{1, 0};
  if (descriptor >= 0) ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  return descriptor;
}

const Words& usual_words() {
  static const Words words{{"socket.nagle.disable", "true"},     {"reconnect.backoff.ms", "20"},
                           {"reconnect.backoff.max.ms", "200"},  {"retry.backoff.ms", "50"},
                           {"topic.metadata.refresh.fast.interval.ms", "50"}, {"allow.auto.create.topics", "false"}};
  return words;
}

void set(rd_kafka_conf_t* configuration, const std::string& name, const std::string& value) {
  std::array<char, reason_size> reason{};
  if (rd_kafka_conf_set(configuration, name.c_str(), value.c_str(), reason.data(), reason.size()) != RD_KAFKA_CONF_OK)
    throw std::runtime_error("configure librdkafka: " + std::string(reason.data()));
}

}  // namespace

void EndClient::operator()(rd_kafka_t* client) const {
  if (rd_kafka_type(client) == RD_KAFKA_PRODUCER) rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

Client make_client(rd_kafka_type_t type, const std::string& address, const Words& words, Events& events) {
  struct DestroyConfiguration {
    void operator()(rd_kafka_conf_t* configuration) const { rd_kafka_conf_destroy(configuration); }
  };
  std::unique_ptr<rd_kafka_conf_t, DestroyConfiguration> configuration(rd_kafka_conf_new());
  const bool consumes = type == RD_KAFKA_CONSUMER;
  for (const auto& some : {usual_words(), connection_words(address), words})
    for (const auto& [name, value] : some)
      if (consumes || name != "allow.auto.create.topics") set(configuration.get(), name, value);
  rd_kafka_conf_set_opaque(configuration.get(), &events);
  rd_kafka_conf_set_log_cb(configuration.get(), nullptr);
  rd_kafka_conf_set_socket_cb(configuration.get(), open_socket);
  rd_kafka_conf_set_error_cb(configuration.get(), [](rd_kafka_t*, int error, const char* reason, void* opaque) {
    events_of(opaque).failed(static_cast<rd_kafka_resp_err_t>(error), reason);
  });
  if (consumes)
    rd_kafka_conf_set_rebalance_cb(configuration.get(),
                                   [](rd_kafka_t*, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions, void* opaque) {
                                     events_of(opaque).rebalanced(what, partitions);
                                   });
  else
    rd_kafka_conf_set_dr_msg_cb(configuration.get(), [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
      events_of(opaque).delivered(*message);
    });
  std::array<char, reason_size> reason{};
  Client client(rd_kafka_new(type, configuration.get(), reason.data(), reason.size()));
  if (!client) throw std::runtime_error("make a Kafka client: " + std::string(reason.data()));
  configuration.release();  // the client's now
  return client;
}

int patience_ms(Deadline deadline) { return std::max(1, deadline.left_ms()); }

}  // namespace assay::kafka
