// What the errors of Kafka and of librdkafka mean.
#pragma once

#include <string>

#include <librdkafka/rdkafka.h>

namespace assay::kafka {

// "NOT_LEADER_FOR_PARTITION: Broker: Not leader for partition"
std::string words_of(rd_kafka_resp_err_t error);

// Of a produce that librdkafka holds for not persisted: nothing of it has
// happened and nothing will. README.md has the reasons.
bool is_definite(rd_kafka_resp_err_t error);

// Of a commit of offsets: the group says that it is not this member's any more.
bool is_not_yours(rd_kafka_resp_err_t error);

// Of transactions: a later incarnation has shut this one out.
bool is_fenced(rd_kafka_resp_err_t error);

// A fault of the environment rather than a part of a trial.
bool is_alarming(rd_kafka_resp_err_t error);

}  // namespace assay::kafka
