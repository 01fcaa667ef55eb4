// acks=all, one partition; a member of a group that commits a window together.
#include <array>

#include <librdkafka/rdkafka.h>

#include "tests/bench/systems/plain.hpp"

using namespace plain;

namespace {

rd_kafka_t* client(rd_kafka_type_t type, const Load& load, std::initializer_list<std::array<const char*, 2>> words) {
  std::array<char, 512> reason{};
  auto* configuration = rd_kafka_conf_new();
  const auto address = load.host + ":" + std::to_string(load.port);
  const auto set = [&](const char* name, const char* value) {
    insist(rd_kafka_conf_set(configuration, name, value, reason.data(), reason.size()) == RD_KAFKA_CONF_OK, name, reason.data());
  };
  set("bootstrap.servers", address.c_str());
  set("socket.nagle.disable", "true");
  for (const auto& [name, value] : words) set(name, value);
  if (type == RD_KAFKA_PRODUCER)
    rd_kafka_conf_set_dr_msg_cb(configuration, [](rd_kafka_t*, const rd_kafka_message_t* message, void*) {
      insist(message->err == RD_KAFKA_RESP_ERR_NO_ERROR, "produce");
      ++*static_cast<int*>(message->_private);
    });
  auto* made = rd_kafka_new(type, configuration, reason.data(), reason.size());
  insist(made, "make a client", reason.data());
  return made;
}

void create_topic(rd_kafka_t* producer) {
  std::array<char, 512> reason{};
  auto* topic = rd_kafka_NewTopic_new("plain", 1, -1, reason.data(), reason.size());
  auto* queue = rd_kafka_queue_new(producer);
  rd_kafka_CreateTopics(producer, &topic, 1, nullptr, queue);
  auto* event = rd_kafka_queue_poll(queue, 60'000);
  insist(event && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR, "create a topic");
  rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  rd_kafka_NewTopic_destroy(topic);
}

void produce(rd_kafka_t* producer, const Load& load) {
  auto* topic = rd_kafka_topic_new(producer, "plain", nullptr);
  int answered = 0;
  for (int sent = 0; answered < load.messages; rd_kafka_poll(producer, 1000))
    for (; sent < load.messages && sent - answered < load.window; ++sent)
      insist(rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, const_cast<char*>(load.body.data()), load.body.size(), "key", 3,
                              &answered) == 0, "produce");
  rd_kafka_topic_destroy(topic);
}

void consume(const Load& load, Times& times) {
  auto* consumer = client(RD_KAFKA_CONSUMER, load, {{"group.id", "plain"}, {"enable.auto.commit", "false"}, {"auto.offset.reset", "earliest"},
                                                    {"fetch.wait.max.ms", "50"}, {"isolation.level", "read_committed"}});
  rd_kafka_poll_set_consumer(consumer);
  auto* topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, "plain", RD_KAFKA_PARTITION_UA);
  rd_kafka_subscribe(consumer, topics);
  rd_kafka_topic_partition_list_destroy(topics);
  for (int received = 0; received < load.messages;) {
    auto* message = rd_kafka_consumer_poll(consumer, 1000);
    if (!message) continue;
    insist(message->err == RD_KAFKA_RESP_ERR_NO_ERROR, "receive", rd_kafka_message_errstr(message));
    if (received++ == 0) times.first_delivery = Clock::now();
    if (received % load.window == 0 || received == load.messages)
      insist(rd_kafka_commit_message(consumer, message, 0) == RD_KAFKA_RESP_ERR_NO_ERROR, "commit");
    rd_kafka_message_destroy(message);
  }
  times.last_ack = Clock::now();
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
}

Times loop(const Load& load) {
  auto* producer = client(RD_KAFKA_PRODUCER, load, {{"acks", "all"}, {"linger.ms", "0"}, {"enable.idempotence", "false"}});
  create_topic(producer);
  Times times;
  times.first_send = Clock::now();
  produce(producer, load);
  times.last_answer = Clock::now();
  rd_kafka_destroy(producer);
  consume(load, times);
  return times;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, loop); }
