#include "agents/sink/sink.hpp"

#include <sqlite3.h>

#include "agents/sink/statement.hpp"

namespace assay {
namespace {

// An effect without an identity is one of many; one with it is the only one.
constexpr const char* tables =
    "CREATE TABLE IF NOT EXISTS effect("
    "position INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL, attempt INTEGER NOT NULL, "
    "key TEXT NOT NULL, digest TEXT NOT NULL, writer TEXT NOT NULL, identity TEXT);"
    "CREATE UNIQUE INDEX IF NOT EXISTS effect_identity ON effect(identity) WHERE identity IS NOT NULL;"
    "CREATE TABLE IF NOT EXISTS mark(identity TEXT PRIMARY KEY);"
    "CREATE TABLE IF NOT EXISTS loose_mark(identity TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS loose_mark_identity ON loose_mark(identity);";

constexpr const char* sql_append = "INSERT INTO effect(message, attempt, key, digest, writer) VALUES(?,?,?,?,?)";

constexpr const char* sql_upsert =
    "INSERT INTO effect(message, attempt, key, digest, writer, identity) VALUES(?,?,?,?,?,?) "
    "ON CONFLICT(identity) WHERE identity IS NOT NULL DO UPDATE SET message = excluded.message, "
    "attempt = excluded.attempt, key = excluded.key, digest = excluded.digest, writer = excluded.writer";

constexpr const char* sql_is_marked =
    "SELECT 1 FROM mark WHERE identity = ?1 UNION ALL SELECT 1 FROM loose_mark WHERE identity = ?1";

constexpr const char* sql_scan =
    "SELECT position, message, attempt, key, digest, writer FROM effect ORDER BY position";

Statement& bind_row(Statement& statement, const SinkRow& row) {
  return statement.bind(1, row.message).bind(2, row.attempt).bind(3, row.key).bind(4, row.digest).bind(5, row.writer);
}

}  // namespace

struct Sink::Database {
  // A file with its tables; the statements on it need both.
  class OpenFile {
   public:
    explicit OpenFile(const std::filesystem::path& path) {
      const auto attempt = "open sink " + path.string();
      try {
        if (sqlite3_open(path.c_str(), &database_) != SQLITE_OK) fail_sink(database_, attempt);
        sqlite3_busy_timeout(database_, sink_busy_timeout_ms);
        execute(database_, "PRAGMA journal_mode=WAL", attempt);
        execute(database_, "PRAGMA synchronous=off", attempt);
        execute(database_, tables, attempt);
      } catch (...) {
        sqlite3_close(database_);
        throw;
      }
    }
    ~OpenFile() { sqlite3_close(database_); }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    sqlite3* get() const { return database_; }

   private:
    sqlite3* database_ = nullptr;
  };

  explicit Database(const std::filesystem::path& path) : file(path) {}

  OpenFile file;
  Statement append{file.get(), sql_append};
  Statement upsert{file.get(), sql_upsert};
  Statement is_marked{file.get(), sql_is_marked};
  Statement mark{file.get(), "INSERT OR IGNORE INTO mark(identity) VALUES(?)"};
  Statement mark_loosely{file.get(), "INSERT INTO loose_mark(identity) VALUES(?)"};
};

Sink::Sink(const std::filesystem::path& path) : database_(std::make_unique<Database>(path)) {}
Sink::~Sink() = default;

void Sink::append(const SinkRow& row) {
  bind_row(database_->append, row).run("append effect of " + row.message + " to the sink");
}

void Sink::upsert(const SinkRow& row, const std::string& identity) {
  bind_row(database_->upsert, row).bind(6, identity).run("put effect of " + row.message + " into the sink");
}

bool Sink::is_marked(const std::string& identity) const {
  return database_->is_marked.bind(1, identity).finds("look for the mark of " + identity + " in the sink");
}

bool Sink::mark(const std::string& identity) {
  database_->mark.bind(1, identity).run("mark " + identity + " in the sink");
  return sqlite3_changes(database_->file.get()) > 0;
}

void Sink::mark_loosely(const std::string& identity) {
  database_->mark_loosely.bind(1, identity).run("mark " + identity + " in the sink");
}

void Sink::scan(const std::function<void(const SinkRow&)>& visit) const {
  Statement rows(database_->file.get(), sql_scan);
  while (rows.step("read the sink"))
    visit({.message = rows.text(1),
           .attempt = rows.number(2),
           .key = rows.text(3),
           .digest = rows.text(4),
           .writer = rows.text(5),
           .position = rows.number(0)});
}

SinkTransaction::SinkTransaction(Sink& sink) : sink_(sink) {
  execute(sink_.database_->file.get(), "BEGIN DEFERRED", "begin a transaction of the sink");
}

SinkTransaction::~SinkTransaction() {
  if (open_) sqlite3_exec(sink_.database_->file.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void SinkTransaction::commit() {
  execute(sink_.database_->file.get(), "COMMIT", "commit a transaction of the sink");
  open_ = false;
}

}  // namespace assay
