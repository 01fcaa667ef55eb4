// A witness as a space-time diagram, beside the passing run where there is one:
// lanes are columns, time runs down, and every event has a row.
#pragma once

#include "cli/fields.hpp"
#include "cli/html/markup.hpp"
#include "cli/html/rows.hpp"

namespace assay::html {

// What the names of a witness's events end in, so that each is there once in a page.
struct Names {
  std::string suffix;  // "", "-2"
  std::string here(std::size_t index) const { return "event-" + std::to_string(index) + suffix; }
  std::string there(std::size_t index) const { return "passing-" + std::to_string(index) + suffix; }
};

// Empty for a witness without events.
Markup diagram(const Json& report, const Json& witness, const Names& names, Beside beside);

}  // namespace assay::html
