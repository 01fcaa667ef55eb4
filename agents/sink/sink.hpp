// The file that effects go to. It is SQLite, owned by the harness, opened by
// every consumer of a trial, and read by the auditor alone: what counts is what
// is in here, never a consumer's own word.
//
// Beside the effects it has the marks of consumers that note which messages they
// have processed. A mark is no evidence: the auditor does not look at it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace assay {

struct SinkRow {
  std::string message;  // empty: the payload was not one of ours
  std::int64_t attempt = 0;
  std::string key;
  std::string digest;
  std::string writer;  // "consumer-0#2"
  std::int64_t position = 0;  // rowid, filled in by scan

  // Only of effects that live in the system.
  std::int64_t part = 0;    // which of the effects that one processing has; 0: it has one
  std::string transaction;  // the consumer's name for it: "consumer-0#2/17"
  std::optional<bool> committed;  // what the system says of it to the auditor; empty: nothing

  bool operator==(const SinkRow&) const = default;
};

// Each call is a transaction of its own, unless a SinkTransaction is open. A
// writer waits up to five seconds for others, then throws std::runtime_error
// with SQLite's reason. Between calls nothing is locked, so that a process may
// be stopped there and another go on.
class Sink {
 public:
  // Creates the file and its tables if they are not there. Survives SIGKILL
  // (the page cache does), not power loss. Not locked exclusively.
  explicit Sink(const std::filesystem::path& path);
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  void append(const SinkRow& row);

  // The one effect of this identity: the row is added, or takes the place of
  // the one that was put before, position included.
  void upsert(const SinkRow& row, const std::string& identity);

  bool is_marked(const std::string& identity) const;
  bool mark(const std::string& identity);          // false: it was marked before
  void mark_loosely(const std::string& identity);  // without a unique key: as often as you like

  // Every row in the order of their positions.
  void scan(const std::function<void(const SinkRow&)>& visit) const;

 private:
  friend class SinkTransaction;
  struct Database;

  std::unique_ptr<Database> database_;
};

// What is done to the sink while this lives is done together or not at all.
// Until the first call of the sink it reads and locks nothing; from the first
// write to its end every other writer waits.
class SinkTransaction {
 public:
  explicit SinkTransaction(Sink& sink);
  ~SinkTransaction();  // takes back what is not committed
  SinkTransaction(const SinkTransaction&) = delete;
  SinkTransaction& operator=(const SinkTransaction&) = delete;

  void commit();

 private:
  Sink& sink_;
  bool open_ = true;
};

}  // namespace assay
