#include "agents/systems/embedded/database.hpp"

#include <stdexcept>

#include <sqlite3.h>

namespace assay::embedded {
namespace {

constexpr int busy_timeout_ms = 2000;

[[noreturn]] void fail(sqlite3* database, const std::string& attempt) {
  throw std::runtime_error(attempt + ": " + (database ? sqlite3_errmsg(database) : "out of memory"));
}

}  // namespace

Statement::Statement(sqlite3* database, const char* sql) : database_(database) {
  if (sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr) != SQLITE_OK) fail(database, sql);
}

Statement::~Statement() { sqlite3_finalize(statement_); }

bool Statement::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  const std::string reason = code == SQLITE_DONE ? "" : sqlite3_errmsg(database_);
  reset();
  if (code != SQLITE_DONE) throw std::runtime_error(std::string(sqlite3_sql(statement_)) + ": " + reason);
  return false;
}

void Statement::reset() { sqlite3_reset(statement_); }

void Statement::bind(int index, std::int64_t value) { sqlite3_bind_int64(statement_, index, value); }

void Statement::bind(int index, std::string_view value) {
  sqlite3_bind_text64(statement_, index, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void Statement::bind(int index, const Bytes& value) {
  if (value.empty()) sqlite3_bind_zeroblob(statement_, index, 0);
  else sqlite3_bind_blob64(statement_, index, value.data(), value.size(), SQLITE_STATIC);
}

std::int64_t Statement::number(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Statement::text(int column) const {
  const auto value = bytes(column);
  return {value.begin(), value.end()};
}

Bytes Statement::bytes(int column) const {
  const auto* first = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  return first ? Bytes(first, first + sqlite3_column_bytes(statement_, column)) : Bytes();
}

Database::Database(const std::filesystem::path& path) {
  if (sqlite3_open(path.c_str(), &handle_) == SQLITE_OK) {
    sqlite3_busy_timeout(handle_, busy_timeout_ms);
    return;
  }
  const std::string reason = handle_ ? sqlite3_errmsg(handle_) : "out of memory";
  sqlite3_close(handle_);
  throw std::runtime_error("open database " + path.string() + ": " + reason);
}

Database::~Database() { sqlite3_close(handle_); }

void Database::execute(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(handle_, sql);
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(handle_); }

}  // namespace assay::embedded
