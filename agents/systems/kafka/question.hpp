// librdkafka fetches by itself and tells nobody that a fetch is not answered. So
// a consumer that is given nothing asks for something else now and then.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agents/systems/kafka/client.hpp"

namespace assay::kafka {

class Question {
 public:
  // Asks anew when the last question was answered a while ago. When that began
  // which is not answered yet, monotonic ns.
  std::optional<std::int64_t> ask(rd_kafka_t* client, const std::string& group);

 private:
  Queue answers_;
  std::int64_t asked_ = 0;
  bool open_ = false;
};

}  // namespace assay::kafka
