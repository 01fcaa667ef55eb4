#include "agents/systems/kafka/topics.hpp"

#include <array>
#include <chrono>

#include <poll.h>

#include "agents/systems/kafka/errors.hpp"

namespace assay::kafka {
namespace {

using std::chrono::milliseconds;

constexpr int between_looks_ms = 5;
constexpr milliseconds longest_look{1000};

struct DestroyTopic {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
struct DestroyMetadata {
  void operator()(const rd_kafka_metadata_t* metadata) const { rd_kafka_metadata_destroy(metadata); }
};
struct DestroyNewTopic {
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
};
struct DestroyOptions {
  void operator()(rd_kafka_AdminOptions_t* options) const { rd_kafka_AdminOptions_destroy(options); }
};

// Whether it was created, or was there.
std::optional<std::string> create(rd_kafka_t* client, const std::string& name, std::int64_t partitions, const Settings& settings,
                                  Deadline deadline) {
  std::array<char, 512> reason{};
  const std::unique_ptr<rd_kafka_NewTopic_t, DestroyNewTopic> topic(
      rd_kafka_NewTopic_new(name.c_str(), static_cast<int>(partitions), -1, reason.data(), reason.size()));
  if (!topic) return std::string(reason.data());
  if (settings.flush_messages > 0)
    rd_kafka_NewTopic_set_config(topic.get(), "flush.messages", std::to_string(settings.flush_messages).c_str());
  const std::unique_ptr<rd_kafka_AdminOptions_t, DestroyOptions> options(rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), patience_ms(deadline), reason.data(), reason.size());
  const Queue queue(rd_kafka_queue_new(client));
  auto* one = topic.get();
  rd_kafka_CreateTopics(client, &one, 1, options.get(), queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), patience_ms(deadline)));
  if (!event) return "no answer to the request to create it";
  if (const auto error = rd_kafka_event_error(event.get())) return words_of(error);
  std::size_t count = 0;
  const auto* const* results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  const auto error = count > 0 ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR_NO_ERROR;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return std::nullopt;
  return words_of(error);
}

}  // namespace

std::optional<Partitions> partitions_of(rd_kafka_t* client, const std::string& name, Deadline deadline) {
  const std::unique_ptr<rd_kafka_topic_t, DestroyTopic> topic(rd_kafka_topic_new(client, name.c_str(), nullptr));
  if (!topic) return std::nullopt;
  const rd_kafka_metadata_t* raw = nullptr;
  if (rd_kafka_metadata(client, 0, topic.get(), &raw, patience_ms(deadline)) != RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  const std::unique_ptr<const rd_kafka_metadata_t, DestroyMetadata> metadata(raw);
  Partitions found;
  if (metadata->topic_cnt == 0) return found;
  const auto& described = metadata->topics[0];
  found.count = described.err == RD_KAFKA_RESP_ERR_NO_ERROR ? described.partition_cnt : 0;
  found.led = found.count > 0;
  for (int i = 0; i < found.count; ++i) found.led = found.led && described.partitions[i].leader >= 0;
  return found;
}

std::optional<std::string> establish_topic(rd_kafka_t* client, const std::string& topic, std::int64_t partitions, const Settings& settings,
                                           Deadline deadline) {
  std::string why = "nobody answers";
  bool created = false;
  do {
    const auto found = partitions_of(client, topic, Deadline::earlier(deadline, Deadline::in(longest_look)));
    if (found && found->led) return std::nullopt;
    if (found && found->count == 0 && !created) {
      const auto refusal = create(client, topic, partitions, settings, deadline);
      created = !refusal;
      if (refusal) why = *refusal;
    } else if (found) {
      why = "its partitions have no leader yet";
    }
    ::poll(nullptr, 0, between_looks_ms);
  } while (!deadline.passed());
  return "the topic " + topic + ": " + why;
}

}  // namespace assay::kafka
