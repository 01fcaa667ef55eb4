// Programs of the user's own, looked at before they are started.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace assay {

// Why this command cannot be started in this folder; empty: it can.
std::string why_not_startable(const std::vector<std::string>& command, const std::filesystem::path& directory);

// The same command with its program where that folder has it, wherever we are.
std::vector<std::string> started_in(const std::filesystem::path& directory, std::vector<std::string> command);

}  // namespace assay
