// A run's directory, held against its manifest.
#include "checker/history/store.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <system_error>

#include "checker/history/files.hpp"

namespace assay {
namespace {

constexpr std::string_view plan_name = "plan.json";
constexpr std::string_view trials_folder = "trials";

bool is_trial(std::string_view name) {
  return name.starts_with(trials_folder) && name.size() > trials_folder.size() + 1 && name[trials_folder.size()] == '/';
}

// A manifest from elsewhere must not lead us out of the run's directory.
bool stays_inside(const std::filesystem::path& name) {
  return !name.empty() && name.is_relative() && std::find(name.begin(), name.end(), "..") == name.end();
}

StoredFile describe(const std::string& name, std::string_view bytes, const Trial* trial) {
  StoredFile file{.name = name, .bytes = bytes.size(), .sha256 = sha256_of(bytes), .sections = {}};
  if (trial == nullptr) return file;
  for (const Recording& recording : trial->recordings)
    file.sections.push_back({.incarnation = incarnation_name(recording.process, recording.incarnation),
                             .last_n = recording.events.empty() ? 0 : recording.events.back().n,
                             .torn = recording.torn});
  return file;
}

void check_names(const Manifest& manifest, const std::filesystem::path& directory) {
  const auto path = directory / "manifest.json";
  if (manifest.files.empty() || manifest.files.front().name != plan_name) damaged(path, "it does not name plan.json first");
  std::set<std::string> names;
  for (const StoredFile& file : manifest.files) {
    if (!stays_inside(file.name)) damaged(path, "it names a file outside of the run: " + file.name);
    if (!names.insert(file.name).second) damaged(path, "it names a file twice: " + file.name);
  }
}

// A trial nobody vouches for: the manifest is of another run, or was cut.
void check_no_trial_is_unnamed(const Manifest& manifest, const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::directory_iterator entries(directory / trials_folder, error);
  if (error == std::errc::no_such_file_or_directory) return;  // a named trial that is missing is noticed when it is read
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    const auto name = std::string(trials_folder) + "/" + entries->path().filename().string();
    const bool named = std::any_of(manifest.files.begin(), manifest.files.end(),
                                   [&](const StoredFile& file) { return file.name == name; });
    if (!named) damaged(entries->path(), "the manifest does not name it");
  }
  if (error) damaged(directory / trials_folder, "list: " + error.message());
}

std::string read_as_described(const StoredFile& file, const std::filesystem::path& directory) {
  const auto path = directory / file.name;
  std::string bytes = read_whole_file(path);
  if (bytes.size() != file.bytes)
    damaged(path, "it has " + std::to_string(bytes.size()) + " bytes and had " + std::to_string(file.bytes) +
                      " when the run was stored");
  if (sha256_of(bytes) != file.sha256) damaged(path, "its sha256 is not what the manifest says");
  return bytes;
}

Trial read_trial(const StoredFile& file, const std::string& bytes, const std::filesystem::path& directory) {
  const auto path = directory / file.name;
  Trial trial = unpack_trial(bytes, path);
  trial.file = file.name;
  if (describe(file.name, bytes, &trial) != file) damaged(path, "its incarnations are not what the manifest says");
  return trial;
}

}  // namespace

StoredFile describe_file(const std::filesystem::path& directory, const std::string& name, const Trial* trial) {
  return describe(name, read_whole_file(directory / name), trial);
}

StoredRun read_run(const std::filesystem::path& directory) {
  const Manifest manifest = read_manifest(directory);
  check_names(manifest, directory);
  check_no_trial_is_unnamed(manifest, directory);

  StoredRun run{.plan = {}, .end = manifest.end, .trials = {}};
  for (const StoredFile& file : manifest.files) {
    std::string bytes = read_as_described(file, directory);
    if (is_trial(file.name))
      run.trials.push_back(read_trial(file, bytes, directory));
    else if (file.name == plan_name)
      run.plan = std::move(bytes);
  }
  return run;
}

}  // namespace assay
