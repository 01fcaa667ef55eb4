#include "agents/systems/kafka/records.hpp"

#include <array>

#include "agents/systems/kafka/errors.hpp"
#include "agents/systems/kafka/positions.hpp"

namespace assay::kafka {

Words producer_words(const Settings& settings, const std::string& name) {
  Words words{{"client.id", name},
              {"acks", settings.acks},
              {"linger.ms", std::to_string(settings.linger_ms)},
              {"partitioner", "murmur2_random"},
              {"message.max.bytes", "4000000"},
              {"enable.idempotence", settings.idempotence ? "true" : "false"}};
  if (!settings.idempotence) words["message.send.max.retries"] = "0";
  return words;
}

rd_kafka_resp_err_t produce(rd_kafka_t* client, const OutgoingRecord& record) {
  std::array<rd_kafka_vu_t, 7> values{};
  values[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  values[0].u.cstr = record.topic.c_str();
  values[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  values[1].u.i32 = record.partition;
  values[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  values[2].u.i = RD_KAFKA_MSG_F_COPY;
  values[3].vtype = RD_KAFKA_VTYPE_KEY;
  values[3].u.mem.ptr = record.key.empty() ? nullptr : const_cast<char*>(record.key.data());
  values[3].u.mem.size = record.key.size();
  values[4].vtype = RD_KAFKA_VTYPE_VALUE;
  values[4].u.mem.ptr = const_cast<char*>(record.bytes.data());
  values[4].u.mem.size = record.bytes.size();
  values[5].vtype = RD_KAFKA_VTYPE_OPAQUE;
  values[5].u.ptr = reinterpret_cast<void*>(record.ticket);
  values[6].vtype = RD_KAFKA_VTYPE_HEADERS;
  values[6].u.headers = record.headers;
  struct DestroyError {
    void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
  };
  const std::unique_ptr<rd_kafka_error_t, DestroyError> error(
      rd_kafka_produceva(client, values.data(), record.headers ? values.size() : values.size() - 1));
  return error ? rd_kafka_error_code(error.get()) : RD_KAFKA_RESP_ERR_NO_ERROR;
}

std::int64_t ticket_of(const rd_kafka_message_t& report) { return reinterpret_cast<std::int64_t>(report._private); }

// `fail` only where librdkafka says that it was not persisted and the error is
// one of those that come before anything is written; a retry that timed out may
// have been written the time before, and is possibly persisted.
SendAnswer answer_to(const rd_kafka_message_t& report, const Settings& settings) {
  SendAnswer answer;
  if (report.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const bool nowhere = rd_kafka_message_status(&report) == RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
    answer.outcome = nowhere && is_definite(report.err) ? SendOutcome::fail : SendOutcome::indeterminate;
    answer.error = words_of(report.err);
    return answer;
  }
  answer.outcome = settings.acks == "0" ? SendOutcome::unconfirmed : SendOutcome::ok;
  if (answer.outcome == SendOutcome::ok && report.offset >= 0)
    answer.copy = copy_name(rd_kafka_topic_name(report.rkt), {.partition = report.partition, .offset = report.offset});
  return answer;
}

}  // namespace assay::kafka
