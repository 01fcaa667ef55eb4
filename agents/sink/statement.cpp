#include "agents/sink/statement.hpp"

#include <chrono>
#include <stdexcept>

#include <sqlite3.h>

namespace assay {

void fail_sink(sqlite3* database, const std::string& attempt) {
  throw std::runtime_error(attempt + ": " + (database ? sqlite3_errmsg(database) : "out of memory"));
}

// Two consumers that open a fresh file at once both want to switch it to WAL;
// SQLite tells the loser "locked" without asking the busy timeout.
void execute(sqlite3* database, const char* sql, const std::string& attempt) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(sink_busy_timeout_ms);
  while (true) {
    const int code = sqlite3_exec(database, sql, nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return;
    if (code != SQLITE_BUSY || std::chrono::steady_clock::now() > end) fail_sink(database, attempt);
    sqlite3_sleep(1);
  }
}

Statement::Statement(sqlite3* database, const char* sql) : database_(database) {
  if (sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr) != SQLITE_OK)
    fail_sink(database, std::string("prepare ") + sql);
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::bind(int index, const std::string& text) {
  sqlite3_bind_text64(statement_, index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(int index, std::int64_t number) {
  sqlite3_bind_int64(statement_, index, number);
  return *this;
}

bool Statement::step(const std::string& attempt) {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  const std::string reason = code == SQLITE_DONE ? "" : sqlite3_errmsg(database_);
  sqlite3_reset(statement_);
  if (code != SQLITE_DONE) throw std::runtime_error(attempt + ": " + reason);
  return false;
}

bool Statement::finds(const std::string& attempt) {
  const bool found = step(attempt);
  sqlite3_reset(statement_);
  return found;
}

void Statement::run(const std::string& attempt) { finds(attempt); }

std::string Statement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return {bytes ? bytes : "", static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::int64_t Statement::number(int column) const { return sqlite3_column_int64(statement_, column); }

}  // namespace assay
