#include "agents/sink/own-effects.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <stdexcept>
#include <vector>

#include <nlohmann/json.hpp>

#include "agents/sink/statement.hpp"

namespace assay {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::int64_t most_effects_a_row = 1'000;

using Database = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using Query = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

Database open_for_reading(const fs::path& file) {
  if (!fs::exists(file)) throw std::runtime_error("look for effects in " + file.string() + ": the consumers have not made this database");
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READONLY, nullptr);
  Database database(raw, sqlite3_close);
  if (opened != SQLITE_OK) fail_sink(raw, "open " + file.string());
  sqlite3_busy_timeout(raw, sink_busy_timeout_ms);
  return database;
}

// Columns by their names.
class Rows {
 public:
  Rows(sqlite3* database, const std::string& query) : database_(database), attempt_("find effects by \"" + query + "\"") {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(database, query.c_str(), -1, &raw, nullptr) != SQLITE_OK) fail_sink(database, attempt_);
    query_.reset(raw);
    if (!raw) refuse("there is no statement in it");
    if (!sqlite3_stmt_readonly(raw)) refuse("it would change the database");
    for (int i = 0; i < sqlite3_column_count(raw); ++i) columns_.try_emplace(sqlite3_column_name(raw, i), i);
    if (columns_.size() == 1) columns_ = {{"message", 0}};
    if (!columns_.contains("message")) refuse("it has no column message");
  }

  bool next() {
    const int stepped = sqlite3_step(query_.get());
    if (stepped == SQLITE_ROW) return true;
    if (stepped != SQLITE_DONE) fail_sink(database_, attempt_);
    return false;
  }

  std::optional<std::string> text(const std::string& column) const {
    const auto found = columns_.find(column);
    if (found == columns_.end() || sqlite3_column_type(query_.get(), found->second) == SQLITE_NULL) return std::nullopt;
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(query_.get(), found->second));
    return std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(query_.get(), found->second)));
  }

  std::int64_t number(const std::string& column, std::int64_t otherwise) const {
    const auto found = columns_.find(column);
    return found == columns_.end() ? otherwise : sqlite3_column_int64(query_.get(), found->second);
  }

  [[noreturn]] void refuse(const std::string& why) const { throw std::runtime_error(attempt_ + ": " + why); }

 private:
  sqlite3* database_;
  std::string attempt_;
  Query query_{nullptr, sqlite3_finalize};
  std::map<std::string, int> columns_;
};

OwnEffect effect_of(const Rows& rows) {
  OwnEffect effect{.row = {.message = rows.text("message").value_or("")}, .body = rows.text("body")};
  if (effect.row.message.empty()) rows.refuse("a row has no message");
  effect.row.attempt = rows.number("attempt", 0);
  effect.row.key = rows.text("key").value_or("");
  effect.row.digest = rows.text("digest").value_or("");
  effect.row.writer = rows.text("writer").value_or("");
  return effect;
}

// What is not there is not told; what is of another kind is a mistake.
template <typename Value>
Value member(const json& line, const char* name, Value otherwise) {
  if (!line.contains(name)) return otherwise;
  try {
    return line.at(name).get<Value>();
  } catch (const json::exception&) {
    throw std::runtime_error(std::string(name) + (line.at(name).is_structured() ? " is no plain value" : " is " + line.at(name).dump()));
  }
}

OwnEffect effect_of(const std::string& text, const std::string& writer) {
  const auto line = json::parse(text, nullptr, false);
  if (!line.is_object()) throw std::runtime_error("it is not a JSON object");
  OwnEffect effect{.row = {.message = member(line, "message", std::string())}, .body = std::nullopt};
  if (effect.row.message.empty()) throw std::runtime_error("it has no message");
  effect.row.attempt = member(line, "attempt", std::int64_t{0});
  effect.row.key = member(line, "key", std::string());
  effect.row.digest = member(line, "digest", std::string());
  effect.row.writer = writer;
  if (line.contains("body")) effect.body = member(line, "body", std::string());
  return effect;
}

void scan_log(const fs::path& file, std::int64_t& position, const OwnEffects& visit) {
  std::ifstream lines(file);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (lines.eof() && !json::accept(line)) return;  // cut by a kill
    try {
      auto effect = effect_of(line, file.stem().string());
      effect.row.position = ++position;
      visit(effect);
    } catch (const std::runtime_error& error) {
      throw std::runtime_error("read the effects of " + file.stem().string() + ", line " + std::to_string(number) + ": " + error.what());
    }
  }
}

}  // namespace

void scan_query(const fs::path& database, const std::string& query, const OwnEffects& visit) {
  const auto opened = open_for_reading(database);
  Rows rows(opened.get(), query);
  std::int64_t position = 0;
  while (rows.next()) {
    auto effect = effect_of(rows);
    const auto times = rows.number("count", 1);
    if (times < 0 || times > most_effects_a_row) rows.refuse("a row has the count " + std::to_string(times));
    for (std::int64_t i = 0; i < times; ++i) {
      effect.row.position = ++position;
      visit(effect);
    }
  }
}

void scan_logs(const fs::path& folder, const OwnEffects& visit) {
  std::vector<fs::path> files;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(folder, absent))
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::int64_t position = 0;
  for (const auto& file : files) scan_log(file, position, visit);
}

}  // namespace assay
