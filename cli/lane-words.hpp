// What a diagram on the terminal says of an event: few words, or fewer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/path.hpp"

namespace assay {

// How often this has happened to the message before, in one witness.
struct Repeats {
  std::int64_t before = 0;       // sends by anybody, deliveries of this copy, rows, stored copies
  const Json* answer = nullptr;  // that follows at once and says yes, drawn with its request
};

// For an arrow, longest first; the last has no room to lose.
std::vector<std::string> words_on_arrow(const Json& event, const Repeats& repeats);

// Beside a mark in the event's own lane.
std::string words_at_mark(const Json& event, const Repeats& repeats);

// "kill at C.received": at the window that the trial is named after, else after
// the last one that was passed.
std::string words_of_fault(const Json& event, const Strike& strike, const std::string& trial);

// "queue/17", from the words of an event; empty without.
std::string copy_in(const Json& event);

// Says yes, and no more than that.
bool grants(const Json& event);

// Nobody can tell, a refusal or a failure, or a delivery that is marked as not the first.
bool is_remarkable(const Json& event);

}  // namespace assay
