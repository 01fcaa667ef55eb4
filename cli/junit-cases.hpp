// What a report says as test cases: one for each claimed clause and each window
// that speaks of it, or for the clause alone where no window does.
//
// A case passes when its clause is upheld, or was violated in other windows only
// and this one had its floor of faults that came to rest. No case of an
// inconclusive clause passes, and none of a run that is inconclusive as a whole.
#pragma once

#include <optional>

#include "cli/fields.hpp"

namespace assay {

struct JunitCase {
  enum class Outcome : std::uint8_t { passed, violated, open };

  std::string part;  // a clause, "no-dup @ committed", or "run"
  std::string name;  // stable: neither seeds nor counts
  Outcome outcome = Outcome::passed;
  std::string type, message, body;  // of a case that did not pass
};

// Every verdict but upheld leaves a case that did not pass.
std::vector<JunitCase> junit_cases(const Json& report);

// Where somebody asked for it: whether the run ended as its profile expects.
std::optional<JunitCase> expectation_case(const Json& report);

}  // namespace assay
