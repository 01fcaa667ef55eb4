// A run's histories on disk: one packed file per trial, and the manifest that
// says how long each is and what its digest is. A file cut at a record boundary
// looks whole by itself; only the manifest knows better.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "checker/history/trial.hpp"

namespace assay {

// Evidence that is missing, cut or altered. Exit code 65.
struct DamagedHistory : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Writes trial.recordings to `path` in the packed form, through a temporary
// name beside it, so that a file with the final name is whole.
void write_packed(const Trial& trial, const std::filesystem::path& path);

// Throws DamagedHistory naming the file, the offset and what is wrong.
Trial read_packed(const std::filesystem::path& path);

// JSON lines: a first line {"assay-history": 1}, then one event a line in
// the order of recordings. Incarnations are told apart by process and
// incarnation. Read: DamagedHistory names file and line; an unterminated last
// line is dropped and counted for the incarnation it belongs to if it can be
// told, and is damage otherwise.
void write_json_lines(const Trial& trial, const std::filesystem::path& path);
std::vector<Trial> read_json_lines(const std::filesystem::path& path);

struct StoredFile {
  std::string name;  // relative to the run's directory
  std::uint64_t bytes = 0;
  std::string sha256;

  struct Section {  // of a packed history
    std::string incarnation;  // "consumer-0#2"
    std::int64_t last_n = 0;
    std::int64_t torn = 0;
    bool operator==(const Section&) const = default;
  };
  std::vector<Section> sections;

  bool operator==(const StoredFile&) const = default;
};

enum class RunEnd : std::uint8_t { complete, interrupted };

struct Manifest {
  RunEnd end = RunEnd::complete;
  std::vector<StoredFile> files;  // plan.json first, then the trials in their order

  bool operator==(const Manifest&) const = default;
};

// Describes a file as it is now. `trial` supplies the sections of a packed one.
StoredFile describe_file(const std::filesystem::path& directory, const std::string& name,
                         const Trial* trial = nullptr);

// manifest.json carries its own sha256 over what precedes it. Reading it back
// throws DamagedHistory when that does not hold.
void write_manifest(const Manifest& manifest, const std::filesystem::path& directory);
Manifest read_manifest(const std::filesystem::path& directory);

// Everything `check` judges: plan.json's text and the trials, each file held
// against the manifest first. Throws DamagedHistory.
struct StoredRun {
  std::string plan;
  RunEnd end = RunEnd::complete;
  std::vector<Trial> trials;
};
StoredRun read_run(const std::filesystem::path& directory);

}  // namespace assay
