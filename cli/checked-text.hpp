// What `assay check` of a foreign history prints: a pure function of its report.
// Nobody planned its faults, so there is no talk of windows.
#pragma once

#include "cli/fields.hpp"
#include "cli/terminal.hpp"

namespace assay {

std::string checked_text(const Json& report, const Look& look, Extent extent = Extent::brief);

// The verdict line only.
std::string checked_line(const Json& report, const Look& look);

}  // namespace assay
