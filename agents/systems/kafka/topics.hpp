// The topics of a channel: its own, and the one that consumers send on to.
#pragma once

#include <optional>
#include <string>

#include "agents/systems/kafka/client.hpp"
#include "agents/systems/kafka/settings.hpp"

namespace assay::kafka {

// What a processing is sent on to: part 1 to partition 0, part 2 to the next.
constexpr int most_parts = 2;
inline std::string output_of(const std::string& channel) { return channel + "-out"; }

// Creates it where it is not there, and waits until every partition has a
// leader. Nothing, or why not by the deadline.
std::optional<std::string> establish_topic(rd_kafka_t* client, const std::string& topic, std::int64_t partitions, const Settings& settings,
                                           Deadline deadline);

struct Partitions {
  int count = 0;     // 0: there is no such topic
  bool led = false;  // each has a leader
};

// Nothing when nobody answers by the deadline.
std::optional<Partitions> partitions_of(rd_kafka_t* client, const std::string& topic, Deadline deadline);

}  // namespace assay::kafka
