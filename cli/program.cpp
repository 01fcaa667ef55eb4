#include "cli/program.hpp"

#include <unistd.h>

#include <cstdlib>
#include <sstream>

namespace assay {
namespace {

namespace fs = std::filesystem;

bool runnable(const fs::path& program) {
  std::error_code ignored;
  return fs::is_regular_file(program, ignored) && ::access(program.c_str(), X_OK) == 0;
}

bool in_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (runnable(fs::path(folder.empty() ? "." : folder) / name)) return true;
  return false;
}

bool names_a_file(const std::string& program) { return program.find('/') != std::string::npos; }

}  // namespace

std::string why_not_startable(const std::vector<std::string>& command, const fs::path& directory) {
  const auto& program = command.front();
  if (!names_a_file(program)) return in_path(program) ? "" : "no program \"" + program + "\" is in PATH";
  const auto file = (directory / program).lexically_normal();
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return "there is no file " + file.string();
  return runnable(file) ? "" : file.string() + " cannot be executed";
}

std::vector<std::string> started_in(const fs::path& directory, std::vector<std::string> command) {
  if (names_a_file(command.front())) command.front() = (directory / command.front()).lexically_normal().string();
  return command;
}

}  // namespace assay
