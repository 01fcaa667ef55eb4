// The file that effects go to. It is SQLite, owned by the harness, opened by
// every consumer of a trial, and read by the auditor alone: what counts is what
// is in here, never a consumer's own word.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

struct sqlite3;
struct sqlite3_stmt;

namespace assay {

struct SinkRow {
  std::string message;  // empty: the payload was not one of ours
  std::int64_t attempt = 0;
  std::string key;
  std::string digest;
  std::string writer;  // "consumer-0#2"
  std::int64_t position = 0;  // rowid, filled in by scan

  bool operator==(const SinkRow&) const = default;
};

class Sink {
 public:
  // Creates the file and its table if they are not there. Survives SIGKILL
  // (the page cache does), not power loss. Not locked exclusively.
  explicit Sink(const std::filesystem::path& path);
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  // One effect, one transaction. Throws std::runtime_error with SQLite's reason.
  void append(const SinkRow& row);

  // Every row in the order of their positions.
  void scan(const std::function<void(const SinkRow&)>& visit) const;

 private:
  sqlite3* database_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
};

}  // namespace assay
