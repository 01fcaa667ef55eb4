#include "agents/systems/kafka/errors.hpp"

#include <algorithm>
#include <initializer_list>

namespace assay::kafka {
namespace {

bool is_one_of(rd_kafka_resp_err_t error, std::initializer_list<rd_kafka_resp_err_t> errors) {
  return std::find(errors.begin(), errors.end(), error) != errors.end();
}

}  // namespace

std::string words_of(rd_kafka_resp_err_t error) { return std::string(rd_kafka_err2name(error)) + ": " + rd_kafka_err2str(error); }

bool is_definite(rd_kafka_resp_err_t error) {
  return is_one_of(error, {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
                           RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                           RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS, RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
                           RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED});
}

bool is_not_yours(rd_kafka_resp_err_t error) {
  return is_one_of(error, {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
                           RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS});
}

bool is_fenced(rd_kafka_resp_err_t error) {
  return is_one_of(error, {RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH});
}

bool is_alarming(rd_kafka_resp_err_t error) {
  return is_one_of(error, {RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__SSL, RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE,
                           RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_INVALID_MSG, RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
                           RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
                           RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
                           RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, RD_KAFKA_RESP_ERR_INVALID_CONFIG});
}

}  // namespace assay::kafka
