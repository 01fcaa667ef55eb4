// Which field of a history, or which option, would let a clause be judged.
#pragma once

#include <string>
#include <vector>

#include "checker/weigh.hpp"
#include "cli/checked-input.hpp"

namespace assay {

struct NotJudged {
  std::string clause;  // "no-corruption", "no-loss @ committed"
  std::string unlock;  // "`digest` on acked and delivered lines"
  bool claimed = false;
};

// Claimed clauses first.
std::vector<NotJudged> not_judged(const CheckedInput& input, const Terms& terms, const Weighing& weighing);

// The same for one clause that a weighing left open; empty: nothing would.
std::string unlock(const CheckedInput& input, const Terms& terms, const ClauseVerdict& clause);

}  // namespace assay
