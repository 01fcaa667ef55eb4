// What the links tell beside their results.
#pragma once

#include <string>
#include <utility>

#include "agents/roles/system.hpp"
#include "agents/systems/postgres/connection.hpp"
#include "agents/systems/postgres/errors.hpp"

namespace assay::postgres {

// Tells a failure once while it stays the same. That a session or a transaction
// was ended is part of a trial; anything else is a fault of the environment.
class Teller {
 public:
  explicit Teller(NoticeSink sink) : sink_(std::move(sink)) {}

  void tell(const std::string& attempted, const Failure& failure) {
    if (is_passing(failure.state)) return;
    const auto line = attempted + ": " + failure.line + " (" + failure.state + ")";
    if (std::exchange(last_, line) != line && sink_) sink_({"error", line});
  }

 private:
  NoticeSink sink_;
  std::string last_;
};

}  // namespace assay::postgres
