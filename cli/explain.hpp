// The timeline of a message, from the stored histories of a run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "checker/history/store.hpp"
#include "cli/terminal.hpp"

namespace assay {

// One line an event: ms since the message's first event, who, what, file:record.
std::string timeline(const Trial& trial, const std::vector<EventRef>& events, const Look& look);

// All events about a message: its own, the acks of its deliveries, and the
// trial's faults. Empty when the trial knows no such message.
std::vector<EventRef> events_of(const Trial& trial, const std::string& message);

}  // namespace assay
