// `assay check` of a history that somebody else recorded: JSON lines, or lists
// of ids.
#pragma once

#include "cli/commands.hpp"
#include "cli/terminal.hpp"

namespace assay {

// Whether the request is about such a history, and not about run directories.
// UsageError when it is about both, or its options do not go together.
bool is_about_a_history(const CheckRequest& request);

int check_history(const CheckRequest& request, const Look& look);

}  // namespace assay
