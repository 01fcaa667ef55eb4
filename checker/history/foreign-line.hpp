// One line of a foreign history.
#pragma once

#include <optional>
#include <string_view>

#include "checker/history/event.hpp"
#include "checker/history/plain-lines.hpp"

namespace assay {

struct ForeignLine {
  Event event;                 // with process and incarnation, given or by its type
  std::optional<Plain> plain;  // it says this of its message, and nothing else
  bool timed = false;          // it has a time
  bool numbered = false;       // it has an n
};

// std::runtime_error says what was expected, and the nearest valid name.
ForeignLine foreign_line(std::string_view line);

// What a plain line says, as an event.
Event event_of(Plain what, std::string_view message);

}  // namespace assay
