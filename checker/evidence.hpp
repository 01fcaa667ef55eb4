// What a run's landed faults say in numbers, and the sentence that may be
// printed about it (CONTRACTS 4.1, 4.4, 4.8).
//
// The unit is the trial: one landed fault each, and trials share no state. A
// trial counts that came to rest (2.4) or violated the claim; of another nobody
// knows how it ended.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checker/weigh.hpp"

namespace assay {

// Sets each cell's bounds and the run's.
void measure(Weighing& weighing, const std::vector<Judgement>& judgements, const Terms& terms);

// How many more faults must land in a cell, none of them violating, until its
// upper bound is below terms.until_p. 0: it is, or nobody asked; or the cell has
// violated, which no number of faults makes up for.
std::int64_t needed_faults(const Cell& cell, const Terms& terms);

// One sentence for a report. It names what its bounds refer to and what the run
// left out, `not_tested`, and claims no more than was seen.
std::string evidence_statement(const Weighing& weighing, const Terms& terms,
                               const std::vector<std::string>& not_tested);

}  // namespace assay
