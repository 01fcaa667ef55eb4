// The reports of a folder, held against each other: for every profile its latest
// result, and what the earlier ones came to.
#pragma once

#include <filesystem>
#include <string>

#include "cli/fields.hpp"
#include "cli/terminal.hpp"

namespace assay {

// A folder that is no run directory and no report.
bool is_folder_of_reports(const std::filesystem::path& path);

// Every report below the folder; the same one twice, as beside its run directory
// and in it, counts once. An entry a profile and claim, in the order of names:
//
//   "profile", "claim", "system", "file", "page" (beside the report, "" without), "result", "verdict",
//   "started", "landed", "windows", "short" (below their floor), "violating", and "runs" from the oldest on, each with
//   "verdict", "started", "file"
//
// "unreadable" lists files that begin like a report and are none.
Json index_of(const std::filesystem::path& folder);

// One line a profile.
std::string index_text(const Json& index, const Look& look);

}  // namespace assay
