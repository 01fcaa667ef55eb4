// SQLite with exceptions: a connection and its prepared statements.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace assay::embedded {

using Bytes = std::vector<std::uint8_t>;

class Statement {
 public:
  Statement(sqlite3* database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Binds the arguments and takes the first step; they must live until the
  // last one. True: a row is there to be read. The statement resets itself
  // when the rows are finished or a step fails.
  template <typename... Values>
  bool start(const Values&... values) {
    reset();
    int index = 0;
    (bind(++index, values), ...);
    return next();
  }
  bool next();

  // Leaves the remaining rows unread.
  void reset();

  std::int64_t number(int column) const;
  std::string text(int column) const;
  Bytes bytes(int column) const;

 private:
  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view value);
  void bind(int index, const Bytes& value);

  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
};

class Database {
 public:
  explicit Database(const std::filesystem::path& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void execute(const char* sql);
  bool in_transaction() const;
  std::int64_t last_row() const;
  sqlite3* handle() const { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
};

}  // namespace assay::embedded
