// Whether a clause was put to the test often enough to be upheld: the floors of
// CONTRACTS 2.8.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checker/weigh.hpp"

namespace assay {

struct Exercise {
  std::int64_t exercised = 0;  // times the clause could have failed
  std::int64_t floor = 0;      // for those; 0 for a history
  std::int64_t landed = 0;     // faults, while there was work
  std::string short_of;        // what keeps it from its floors, for people; empty: nothing
};

// `control` is the trial without a fault, or null; `cells` are those of the whole run.
Exercise exercise_of(ClauseAt at, const std::vector<Judgement>& judgements, const Judgement* control, const std::vector<Cell>& cells,
                     const Terms& terms);

}  // namespace assay
