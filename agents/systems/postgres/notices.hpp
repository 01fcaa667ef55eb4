// What the links tell beside their results.
#pragma once

#include <string>

#include "agents/systems/postgres/connection.hpp"
#include "agents/systems/postgres/errors.hpp"
#include "agents/systems/teller.hpp"

namespace assay::postgres {

// That a session or a transaction was ended is part of a trial; any other
// failure is a fault of the environment.
class FailureTeller : private Teller {
 public:
  using Teller::Teller;

  void tell(const std::string& attempted, const Failure& failure) {
    if (!is_passing(failure.state)) Teller::tell("error", attempted + ": " + failure.line + " (" + failure.state + ")");
  }
};

}  // namespace assay::postgres
