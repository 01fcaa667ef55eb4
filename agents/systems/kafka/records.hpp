// What producers of records have in common: how they are configured, and what
// the report of a delivery says.
#pragma once

#include <string>

#include "agents/roles/system.hpp"
#include "agents/systems/kafka/client.hpp"
#include "agents/systems/kafka/settings.hpp"

namespace assay::kafka {

// librdkafka sends again by itself only where its idempotence needs that.
Words producer_words(const Settings& settings, const std::string& name);

struct OutgoingRecord {
  std::string topic;
  std::int32_t partition = RD_KAFKA_PARTITION_UA;  // by key
  const std::string& key;
  const std::string& bytes;
  rd_kafka_headers_t* headers = nullptr;  // the record's, once it is taken
  std::int64_t ticket = 0;                // comes back in the report
};

// Hands it to librdkafka. An error: that has not taken it.
rd_kafka_resp_err_t produce(rd_kafka_t* client, const OutgoingRecord& record);
std::int64_t ticket_of(const rd_kafka_message_t& report);

// Without its ticket.
SendAnswer answer_to(const rd_kafka_message_t& report, const Settings& settings);

}  // namespace assay::kafka
