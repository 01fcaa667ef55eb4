// Who felt that the broker stood still. The supervisor waits for what the judge
// will ask for, so both look with the same eyes.
#pragma once

#include <cstdint>
#include <limits>
#include <set>
#include <string>

#include "checker/history/trial.hpp"

namespace assay {

// From when to when a broker stood still, ns.
struct Standstill {
  std::int64_t begin = 0;
  std::int64_t end = std::numeric_limits<std::int64_t>::max();  // it still does
};

// Whether an agent put on record, while the broker stood still, that a send, an
// ack or a poll had had no answer for this long. A request that was lost sooner
// than that, with its connection, is none.
bool waited_in_vain(const Recording& agent, const Standstill& stall, std::int64_t request_timeout_ns);

// Whether a producer needed nothing of the broker: what it was waiting for was
// answered in spite of the stall, and it never sends anything of the plan again.
bool had_sent_everything(const Recording& producer, const Standstill& stall, const std::set<std::string>& markers);

}  // namespace assay
