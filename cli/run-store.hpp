// The directory of a run: plan.json, trials/, logs/, manifest.json,
// judgement.json, report.json.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "agents/os/descriptor.hpp"
#include "checker/history/store.hpp"
#include "cli/plan.hpp"

namespace assay {

// "trials/000012.hist"
std::string trial_file(std::int64_t number);

class RunStore {
 public:
  // Makes the directory (0700) and writes plan.json. UsageError when something
  // that is not a run of ours is in the way, or another assay keeps its run there
  // at this moment; an earlier run there is replaced.
  RunStore(std::filesystem::path directory, const RunPlan& plan);

  const std::filesystem::path& directory() const { return directory_; }

  // Safe to call from several jobs at once.
  void add(const Trial& trial);
  void keep_log(std::int64_t trial, const std::filesystem::path& log);
  void keep_pipeline_logs(std::int64_t trial, const std::filesystem::path& directory);  // of all instances

  // Call once, when no job is at work any more. Returns the manifest's files.
  std::vector<StoredFile> finish(RunEnd end);

  Trial read(std::int64_t number) const;

 private:
  std::filesystem::path directory_;
  Descriptor lock_;  // on the directory, for as long as this lives
  std::mutex mutex_;
  std::vector<StoredFile> files_;
};

}  // namespace assay
