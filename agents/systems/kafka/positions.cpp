#include "agents/systems/kafka/positions.hpp"

namespace assay::kafka {

std::string to_string(const Position& position) { return std::to_string(position.partition) + "/" + std::to_string(position.offset); }

Position position_in(const std::string& tag) {
  const auto slash = tag.find('/');
  return {.partition = static_cast<std::int32_t>(std::stol(tag.substr(0, slash))), .offset = std::stoll(tag.substr(slash + 1))};
}

std::string copy_name(const std::string& topic, const Position& position) { return topic + "/" + to_string(position); }

rd_kafka_resp_err_t Positions::error() const {
  for (int i = 0; i < count(); ++i)
    if ((*this)[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) return (*this)[i].err;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace assay::kafka
