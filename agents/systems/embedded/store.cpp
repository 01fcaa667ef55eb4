#include "agents/systems/embedded/store.hpp"

#include <sqlite3.h>

namespace assay::embedded {
namespace {

constexpr std::size_t page_bytes = 4u << 20;

// A temporary table is memory, and yet rolled back with the rest.
void create_identities(Database& database, Identities kept) {
  database.execute("PRAGMA temp_store=memory");
  database.execute(
      ("CREATE " + std::string(kept == Identities::forgetful ? "TEMP " : "") +
       "TABLE IF NOT EXISTS identity(queue TEXT NOT NULL, producer TEXT NOT NULL, name TEXT NOT NULL, "
       "row INTEGER NOT NULL, PRIMARY KEY(queue, producer, name)) WITHOUT ROWID")
          .c_str());
}

// Locking comes first: with it, WAL keeps its index in memory and no second
// process can open the file.
sqlite3* with_tables(Database& database, Identities kept) {
  database.execute("PRAGMA locking_mode=EXCLUSIVE");
  database.execute("PRAGMA journal_mode=WAL");
  database.execute("PRAGMA synchronous=off");
  database.execute(
      "CREATE TABLE IF NOT EXISTS copy("
      "row INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL, "
      "state TEXT NOT NULL DEFAULT 'owed', deliveries INTEGER NOT NULL DEFAULT 0, ack_order INTEGER, reason TEXT)");
  database.execute("CREATE INDEX IF NOT EXISTS copy_by_queue ON copy(queue, row)");
  create_identities(database, kept);
  return database.handle();
}

std::int64_t number(Database& database, const char* sql) {
  Statement statement(database.handle(), sql);
  return statement.start() ? statement.number(0) : 0;
}

template <typename... Values>
std::optional<std::int64_t> found(Statement& statement, const Values&... values) {
  if (!statement.start(values...)) return {};
  const auto number = statement.number(0);
  statement.reset();
  return number;
}

}  // namespace

Store::Store(const std::filesystem::path& directory, Identities kept)
    : database_(directory / "broker.db"),
      append_(with_tables(database_, kept), "INSERT INTO copy(queue, key, body) VALUES(?,?,?)"),
      known_(database_.handle(), "SELECT row FROM identity WHERE queue=? AND producer=? AND name=?"),
      remember_(database_.handle(), "INSERT INTO identity(queue, producer, name, row) VALUES(?,?,?,?)"),
      deliver_(database_.handle(), "UPDATE copy SET deliveries=deliveries+1 WHERE row=? RETURNING body, deliveries"),
      ack_(database_.handle(), "UPDATE copy SET state='acked', ack_order=? WHERE row=?"),
      set_aside_(database_.handle(), "UPDATE copy SET state='dead', reason=? WHERE row=?"),
      drop_(database_.handle(), "DELETE FROM copy WHERE row=?"),
      deliveries_(database_.handle(), "SELECT deliveries FROM copy WHERE row=?"),
      delivered_(database_.handle(), "SELECT 1 FROM copy WHERE row=? AND deliveries>0"),
      last_(database_.handle(), "SELECT row FROM copy WHERE queue=? ORDER BY row DESC LIMIT 1"),
      list_(database_.handle(), "SELECT row, body, state, '' FROM copy WHERE queue=? AND row>? AND state<>'dead' ORDER BY row LIMIT ?"),
      dead_(database_.handle(), "SELECT row, body, state, reason FROM copy WHERE queue=? AND row>? AND state='dead' ORDER BY row LIMIT ?") {
  acks_ = number(database_, "SELECT max(ack_order) FROM copy");
}

void Store::begin() { database_.execute("BEGIN IMMEDIATE"); }
void Store::commit() { database_.execute("COMMIT"); }

void Store::rollback() noexcept {
  if (database_.in_transaction()) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

std::int64_t Store::append(std::string_view queue, std::string_view key, const Bytes& body) {
  append_.start(queue, key, body);
  return database_.last_row();
}

std::optional<std::int64_t> Store::known(std::string_view queue, const Identity& identity) {
  return found(known_, queue, std::string_view(identity.producer), std::string_view(identity.name));
}

void Store::remember(std::string_view queue, const Identity& identity, std::int64_t row) {
  remember_.start(queue, std::string_view(identity.producer), std::string_view(identity.name), row);
}

std::vector<DeliveredCopy> Store::deliver(const std::vector<std::int64_t>& rows) {
  std::vector<DeliveredCopy> copies;
  begin();
  for (const auto row : rows)
    for (bool there = deliver_.start(row); there; there = deliver_.next())
      copies.push_back({row, deliver_.bytes(0), deliver_.number(1)});
  commit();
  return copies;
}

void Store::ack(std::int64_t row) { ack_.start(++acks_, row); }
void Store::set_aside(std::int64_t row, std::string_view reason) { set_aside_.start(reason, row); }
void Store::drop(std::int64_t row) { drop_.start(row); }
std::int64_t Store::deliveries(std::int64_t row) { return found(deliveries_, row).value_or(0); }
bool Store::was_delivered(std::int64_t row) { return found(delivered_, row).has_value(); }

std::vector<ListedCopy> Store::list(std::string_view queue, std::int64_t after, std::int64_t most, Letters which) {
  Statement& statement = which == Letters::dead ? dead_ : list_;
  std::vector<ListedCopy> page;
  std::size_t size = 0;
  for (bool there = statement.start(queue, after, most); there && size < page_bytes; there = statement.next()) {
    page.push_back({statement.number(0), statement.bytes(1), statement.text(2), statement.text(3)});
    size += page.back().body.size();
  }
  statement.reset();
  return page;
}

std::vector<OwedCopy> Store::owed() {
  Statement statement(database_.handle(), "SELECT row, queue FROM copy WHERE state='owed'");
  std::vector<OwedCopy> copies;
  for (bool there = statement.start(); there; there = statement.next())
    copies.push_back({statement.number(0), statement.text(1)});
  return copies;
}

std::int64_t Store::copies() { return number(database_, "SELECT count(*) FROM copy"); }
std::optional<std::int64_t> Store::last_row(std::string_view queue) { return found(last_, queue); }

void Store::lose_delivered() { database_.execute("DELETE FROM copy WHERE state='owed' AND deliveries>0"); }

void Store::forget_last_acks() {
  database_.execute(
      "UPDATE copy SET state='owed' WHERE row IN "
      "(SELECT row FROM copy WHERE state='acked' ORDER BY ack_order DESC LIMIT 3)");
}

void Store::forget_identities() { database_.execute("DELETE FROM identity"); }

}  // namespace assay::embedded
