// A small run on disk.
#pragma once

#include <filesystem>

#include "checker/history/store.hpp"
#include "tests/history/samples.hpp"

namespace assay {

inline StoredRun store_sample_run(const std::filesystem::path& directory) {
  StoredRun run{.plan = "{\"seed\": 1}\n", .end = RunEnd::complete, .trials = {sample_trial()}};
  run.trials[0].file = "trials/000012.hist";
  run.trials.push_back({.number = 3, .file = "trials/000003.hist", .recordings = {recording_of("broker", 1, 3, 2)}});

  std::filesystem::create_directory(directory / "trials");
  put_bytes(directory / "plan.json", run.plan);
  Manifest manifest{.end = run.end, .files = {describe_file(directory, "plan.json")}};
  for (const Trial& trial : run.trials) {
    write_packed(trial, directory / trial.file);
    manifest.files.push_back(describe_file(directory, trial.file, &trial));
  }
  write_manifest(manifest, directory);
  return run;
}

}  // namespace assay
