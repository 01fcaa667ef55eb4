// What the links tell beside their results.
#pragma once

#include <string>
#include <utility>

#include "agents/roles/system.hpp"
#include "agents/systems/kafka/errors.hpp"

namespace assay::kafka {

// Tells a failure once while it stays the same. A connection that is lost, or a
// coordinator that is not there yet, is part of a trial.
class Teller {
 public:
  explicit Teller(NoticeSink sink) : sink_(std::move(sink)) {}

  void tell(const std::string& attempted, rd_kafka_resp_err_t error, const std::string& reason = {}) {
    if (is_alarming(error)) tell("error", attempted + ": " + words_of(error) + (reason.empty() ? "" : ": " + reason));
  }
  void tell(const std::string& level, const std::string& line) {
    if (std::exchange(last_, line) != line && sink_) sink_({level, line});
  }

 private:
  NoticeSink sink_;
  std::string last_;
};

}  // namespace assay::kafka
