#include "tests/os/process-table.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include "agents/os/descriptor.hpp"

namespace assay {
namespace {

// Not by a stream: it throws when the process ends while we read.
std::string whole(const std::filesystem::path& file) {
  const Descriptor in(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> chunk;
  std::string text;
  ssize_t got = 0;
  while (in && (got = read(in.get(), chunk.data(), chunk.size())) > 0)
    text.append(chunk.data(), static_cast<std::size_t>(got));
  return text;
}

std::filesystem::path folder_of(pid_t process) { return "/proc/" + std::to_string(process); }

}  // namespace

std::set<pid_t> processes_with(const std::string& token) {
  std::set<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (!std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; })) continue;
    const bool carries = whole(entry.path() / "environ").find(token) != std::string::npos ||
                         whole(entry.path() / "cmdline").find(token) != std::string::npos;
    if (carries) found.insert(std::stoi(name));
  }
  return found;
}

std::string name_of(pid_t process) {
  std::string name = whole(folder_of(process) / "comm");
  if (name.ends_with('\n')) name.pop_back();
  return name;
}

std::string state_of(pid_t process) {
  const std::string stat = whole(folder_of(process) / "stat");
  const auto name_end = stat.rfind(')');
  return name_end == std::string::npos ? "" : stat.substr(name_end + 2, 1);
}

}  // namespace assay
