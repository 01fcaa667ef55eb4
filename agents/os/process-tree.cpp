#include "agents/os/process-tree.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

namespace assay {
namespace {

// The fourth field, two after the name; the name may hold anything, even ")".
pid_t parent_in(const std::string& stat) {
  const auto name_end = stat.rfind(')');
  return name_end == std::string::npos ? -1 : std::atoi(stat.c_str() + std::min(name_end + 4, stat.size()));
}

std::multimap<pid_t, pid_t> children_by_parent() {
  std::multimap<pid_t, pid_t> children;
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
    const pid_t process = std::atoi(entry->path().filename().c_str());
    if (process <= 0) continue;
    std::ifstream file(entry->path() / "stat");
    std::string stat;
    std::getline(file, stat);
    children.emplace(parent_in(stat), process);
  }
  return children;
}

}  // namespace

std::vector<pid_t> descendants_of(pid_t process) {
  const auto children = children_by_parent();
  std::vector<pid_t> found{process};
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto [first, last] = children.equal_range(found[i]);
    std::transform(first, last, std::back_inserter(found), [](const auto& pair) { return pair.second; });
  }
  found.erase(found.begin());
  return found;
}

}  // namespace assay
