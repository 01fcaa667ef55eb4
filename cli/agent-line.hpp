// One line that an agent of the user's own has put on record, as an event.
// docs/agent-protocol.md has what it may say.
#pragma once

#include <cstdint>
#include <string_view>

#include "agents/control/configuration.hpp"
#include "checker/history/event.hpp"

namespace assay {

// What every event of an incarnation has in common may be left out; `body` stands
// for the digest of it. Throws std::runtime_error with what is wrong.
Event event_of_line(std::string_view line, const AgentConfiguration& agent, std::int64_t n);

}  // namespace assay
