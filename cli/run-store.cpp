#include "cli/run-store.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>

#include "checker/history/files.hpp"

namespace assay {

namespace fs = std::filesystem;

std::string trial_file(std::int64_t number) {
  char name[64];
  std::snprintf(name, sizeof name, "trials/%06lld.hist", static_cast<long long>(number));
  return name;
}

namespace {

// A file system that knows no locks has none.
Descriptor lock_of(const fs::path& directory) {
  Descriptor lock(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    throw UsageError("keep the run in " + directory.string() + ": another assay keeps its run there at this moment; wait for it, or name another directory");
  return lock;
}

}  // namespace

RunStore::RunStore(fs::path directory, const RunPlan& plan) : directory_(std::move(directory)) {
  if (fs::exists(directory_) && !fs::is_directory(directory_))
    throw UsageError("keep the run in " + directory_.string() + ": it is a file; name a directory");
  const bool ours = fs::exists(directory_ / "plan.json");
  if (fs::exists(directory_) && !fs::is_empty(directory_) && !ours)
    throw UsageError("keep the run in " + directory_.string() +
                     ": there is something in it that is not a run of assay; name an empty or a new directory");
  fs::create_directories(directory_);
  lock_ = lock_of(directory_);
  if (ours)
    for (const auto* old : {"trials", "logs", "plan.json", "manifest.json", "judgement.json", "report.json"})
      fs::remove_all(directory_ / old);
  fs::create_directories(directory_ / "trials");
  fs::permissions(directory_, fs::perms::owner_all);
  write_whole_file(directory_ / "plan.json", plan_json(plan));
  files_.push_back(describe_file(directory_, "plan.json"));
}

void RunStore::add(const Trial& trial) {
  write_packed(trial, directory_ / trial.file);
  auto described = describe_file(directory_, trial.file, &trial);
  const std::lock_guard lock(mutex_);
  files_.push_back(std::move(described));
}

void RunStore::keep_log(std::int64_t trial, const fs::path& log) {
  std::error_code ignored;  // a log is a help, not evidence
  fs::create_directories(directory_ / "logs", ignored);
  auto name = fs::path(trial_file(trial)).stem().string() + ".broker.log";
  fs::copy_file(log, directory_ / "logs" / name, fs::copy_options::overwrite_existing, ignored);
}

void RunStore::keep_pipeline_logs(std::int64_t trial, const fs::path& directory) {
  std::error_code ignored;
  fs::create_directories(directory_ / "logs", ignored);
  for (const auto& entry : fs::directory_iterator(directory, ignored)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with("pipeline-") || !name.ends_with(".log")) continue;
    const auto kept = fs::path(trial_file(trial)).stem().string() + "." + name;
    fs::copy_file(entry.path(), directory_ / "logs" / kept, fs::copy_options::overwrite_existing, ignored);
  }
}

std::vector<StoredFile> RunStore::finish(RunEnd end) {
  std::sort(files_.begin() + 1, files_.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  write_manifest({.end = end, .files = files_}, directory_);
  return files_;
}

Trial RunStore::read(std::int64_t number) const {
  auto trial = read_packed(directory_ / trial_file(number));
  trial.file = trial_file(number);
  return trial;
}

}  // namespace assay
