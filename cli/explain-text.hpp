// Paragraphs of what `explain` prints.
#pragma once

#include "cli/page.hpp"

namespace assay {

// Under a label, going on below itself as long as it takes; nothing for no text.
void explain_under(Lines& lines, const std::string& label, const std::string& text, const Look& look);

// A line of its own, strong, with an empty one before it unless it is the first.
void explain_head(Lines& lines, const std::string& title, const Look& look);

// Something to copy: never cut.
void explain_command_line(Lines& lines, const std::string& label, const std::string& command);

}  // namespace assay
