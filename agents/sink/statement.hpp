// SQLite as the sink needs it: every refusal is a std::runtime_error that names
// what was attempted and SQLite's reason.
#pragma once

#include <cstdint>
#include <string>

struct sqlite3;
struct sqlite3_stmt;

namespace assay {

inline constexpr int sink_busy_timeout_ms = 5000;

[[noreturn]] void fail_sink(sqlite3* database, const std::string& attempt);

// Runs a command without parameters, again while others keep the file.
void execute(sqlite3* database, const char* sql, const std::string& attempt);

// A prepared statement, reset after each use: between two uses it holds no lock
// and no snapshot.
class Statement {
 public:
  Statement(sqlite3* database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(int index, const std::string& text);  // the text must outlive the next step
  Statement& bind(int index, std::int64_t number);

  // The next row, if there is one; after the last one the statement is reset.
  bool step(const std::string& attempt);
  bool finds(const std::string& attempt);  // whether there is a row
  void run(const std::string& attempt);

  std::string text(int column) const;
  std::int64_t number(int column) const;

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace assay
