// What the links tell beside their results.
#pragma once

#include <string>

#include "agents/systems/kafka/errors.hpp"
#include "agents/systems/teller.hpp"

namespace assay::kafka {

// A connection that is lost, or a coordinator that is not there yet, is part of a
// trial; any other failure is a fault of the environment.
class FailureTeller : public Teller {
 public:
  using Teller::Teller;
  using Teller::tell;

  void tell(const std::string& attempted, rd_kafka_resp_err_t error, const std::string& reason = {}) {
    if (is_alarming(error)) tell("error", attempted + ": " + words_of(error) + (reason.empty() ? "" : ": " + reason));
  }
};

}  // namespace assay::kafka
