#include "agents/sink/sink.hpp"

#include <chrono>
#include <stdexcept>

#include <sqlite3.h>

namespace assay {
namespace {

constexpr int busy_timeout_ms = 5000;

[[noreturn]] void fail(sqlite3* database, const std::string& attempt) {
  throw std::runtime_error(attempt + ": " + (database ? sqlite3_errmsg(database) : "out of memory"));
}

// Two consumers that open a fresh file at once both want to switch it to WAL;
// SQLite tells the loser "locked" without asking the busy timeout.
void execute(sqlite3* database, const char* sql, const std::string& attempt) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(busy_timeout_ms);
  while (true) {
    const int code = sqlite3_exec(database, sql, nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return;
    if (code != SQLITE_BUSY || std::chrono::steady_clock::now() > end) fail(database, attempt);
    sqlite3_sleep(1);
  }
}

sqlite3_stmt* prepare(sqlite3* database, const char* sql, const std::string& attempt) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database, sql, -1, &statement, nullptr) != SQLITE_OK) fail(database, attempt);
  return statement;
}

// The text must outlive the step.
void bind(sqlite3_stmt* statement, int index, const std::string& text) {
  sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

std::string text(sqlite3_stmt* statement, int column) {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
  return {bytes ? bytes : "", static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

}  // namespace

Sink::Sink(const std::filesystem::path& path) {
  const auto attempt = "open sink " + path.string();
  try {
    if (sqlite3_open(path.c_str(), &database_) != SQLITE_OK) fail(database_, attempt);
    sqlite3_busy_timeout(database_, busy_timeout_ms);
    execute(database_, "PRAGMA journal_mode=WAL", attempt);
    execute(database_, "PRAGMA synchronous=off", attempt);
    execute(database_,
            "CREATE TABLE IF NOT EXISTS effect("
            "position INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL, attempt INTEGER NOT NULL, "
            "key TEXT NOT NULL, digest TEXT NOT NULL, writer TEXT NOT NULL)",
            attempt);
    insert_ =
        prepare(database_, "INSERT INTO effect(message, attempt, key, digest, writer) VALUES(?,?,?,?,?)", attempt);
  } catch (...) {
    sqlite3_close(database_);
    throw;
  }
}

Sink::~Sink() {
  sqlite3_finalize(insert_);
  sqlite3_close(database_);
}

void Sink::append(const SinkRow& row) {
  bind(insert_, 1, row.message);
  sqlite3_bind_int64(insert_, 2, row.attempt);
  bind(insert_, 3, row.key);
  bind(insert_, 4, row.digest);
  bind(insert_, 5, row.writer);
  const int code = sqlite3_step(insert_);
  const std::string reason = code == SQLITE_DONE ? "" : sqlite3_errmsg(database_);
  sqlite3_reset(insert_);
  if (code != SQLITE_DONE) throw std::runtime_error("append effect of " + row.message + " to the sink: " + reason);
}

void Sink::scan(const std::function<void(const SinkRow&)>& visit) const {
  const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> rows(
      prepare(database_, "SELECT position, message, attempt, key, digest, writer FROM effect ORDER BY position",
              "read the sink"),
      &sqlite3_finalize);
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(rows.get())) == SQLITE_ROW) {
    visit({.message = text(rows.get(), 1),
           .attempt = sqlite3_column_int64(rows.get(), 2),
           .key = text(rows.get(), 3),
           .digest = text(rows.get(), 4),
           .writer = text(rows.get(), 5),
           .position = sqlite3_column_int64(rows.get(), 0)});
  }
  if (code != SQLITE_DONE) fail(database_, "read the sink");
}

}  // namespace assay
