#include "cli/checked-input.hpp"

#include <algorithm>
#include <filesystem>

#include "cli/profile.hpp"

namespace assay {
namespace {

namespace fs = std::filesystem;

void read_list(CheckedInput& input, const std::string& path, const std::string& as, Plain what, const std::string& column) {
  const auto file = static_cast<std::uint32_t>(input.files.size());
  auto& plain = input.history.plain;
  const auto read = read_ids(path, column, [&](std::string_view id, std::uint64_t line) { plain.add(what, id, {file, line}); });
  input.files.push_back({path, as, read});
}

// Standard input can be read once, and so can a pipe that is named twice.
void refuse_twice(const std::vector<std::string>& paths) {
  if (std::count(paths.begin(), paths.end(), "-") > 1)
    throw UsageError("check: standard input (-) can be read only once");
}

}  // namespace

void must_be_a_file(const std::string& command, const std::string& path) {
  if (path == "-") return;
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) throw UsageError(command + " " + path + ": no such file");
  if (fs::is_directory(status)) throw UsageError(command + " " + path + ": a directory; expected a file");
}

std::vector<std::string> CheckedInput::names() const {
  std::vector<std::string> all;
  for (const auto& file : files) all.push_back(file.name);
  return all;
}

CheckedInput read_histories(const std::vector<std::string>& paths) {
  refuse_twice(paths);
  CheckedInput input;
  for (const auto& path : paths) input.files.push_back({path, "history", {}});
  input.history = read_foreign(paths);
  const bool plain = input.history.trials.empty();
  input.carried = plain ? carried_by(input.history.plain) : carried_by(input.history.trials, input.history.timed);
  return input;
}

CheckedInput read_lists(const ListPaths& paths) {
  std::vector<std::string> all = paths.sent;
  all.insert(all.end(), paths.received.begin(), paths.received.end());
  all.insert(all.end(), paths.attempted.begin(), paths.attempted.end());
  refuse_twice(all);

  CheckedInput input{.lists = true};
  for (const auto& path : paths.sent) read_list(input, path, "sent", Plain::acked, paths.column);
  for (const auto& path : paths.attempted) read_list(input, path, "attempted", Plain::attempted, paths.column);
  for (const auto& path : paths.received) read_list(input, path, "received", Plain::delivered, paths.column);
  input.carried = carried_by(input.history.plain);
  input.carried.attempts = !paths.attempted.empty();  // also when the list is empty: then there were none
  return input;
}

}  // namespace assay
