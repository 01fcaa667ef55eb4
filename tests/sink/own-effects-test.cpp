#include <fstream>
#include <stdexcept>

#include <sqlite3.h>

#include <doctest/doctest.h>

#include "agents/sink/own-effects.hpp"
#include "tests/files.hpp"

using assay::OwnEffect;

namespace {

std::vector<OwnEffect> found_by(const std::filesystem::path& database, const std::string& query) {
  std::vector<OwnEffect> all;
  assay::scan_query(database, query, [&](const OwnEffect& effect) { all.push_back(effect); });
  return all;
}

std::vector<OwnEffect> logged_in(const std::filesystem::path& folder) {
  std::vector<OwnEffect> all;
  assay::scan_logs(folder, [&](const OwnEffect& effect) { all.push_back(effect); });
  return all;
}

template <typename Attempt>
std::string complaint(Attempt attempt) {
  try {
    attempt();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "none";
}

// A database as a consumer of somebody's may have made it.
struct Orders : assay::TemporaryDirectory {
  Orders() {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(file().c_str(), &database) == SQLITE_OK);
    REQUIRE(sqlite3_exec(database,
                         "CREATE TABLE orders(id TEXT, tries INTEGER, amount TEXT, times INTEGER);"
                         "INSERT INTO orders VALUES('1/producer-0/1', 1001, 'ten', 1), ('1/producer-0/2', 1002, 'two', 3);",
                         nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
  }
  std::filesystem::path file() const { return *this / "orders.db"; }
};

OwnEffect effect(const std::string& message, std::int64_t position) {
  return {.row = {.message = message, .position = position}, .body = std::nullopt};
}

}  // namespace

TEST_CASE("a query finds effects in somebody's own tables") {
  const Orders orders;
  CHECK(found_by(orders.file(), "SELECT id FROM orders ORDER BY id") ==
        std::vector{effect("1/producer-0/1", 1), effect("1/producer-0/2", 2)});

  auto told = effect("1/producer-0/1", 1);
  told.row.attempt = 1001;
  told.row.writer = "someone";
  told.body = "ten";
  CHECK(found_by(orders.file(), "SELECT id AS message, tries AS attempt, amount AS body, 'someone' AS writer, 7 AS other "
                                "FROM orders WHERE times = 1") == std::vector{told});
}

TEST_CASE("a counter is as many effects as it counts") {
  const Orders orders;
  const auto found = found_by(orders.file(), "SELECT id AS message, times AS count FROM orders ORDER BY id DESC");
  CHECK(found == std::vector{effect("1/producer-0/2", 1), effect("1/producer-0/2", 2), effect("1/producer-0/2", 3),
                             effect("1/producer-0/1", 4)});
}

TEST_CASE("a query that cannot find effects says so") {
  const Orders orders;
  const auto said = [&](const std::string& query) { return complaint([&] { found_by(orders.file(), query); }); };
  CHECK(said("SELECT id FROM order") == "find effects by \"SELECT id FROM order\": near \"order\": syntax error");
  CHECK(said("SELECT id FROM bills") == "find effects by \"SELECT id FROM bills\": no such table: bills");
  CHECK(said("SELECT id, tries FROM orders") == "find effects by \"SELECT id, tries FROM orders\": it has no column message");
  CHECK(said("DELETE FROM orders") == "find effects by \"DELETE FROM orders\": it would change the database");
  CHECK(said(" -- nothing") == "find effects by \" -- nothing\": there is no statement in it");
  CHECK(said("SELECT NULL") == "find effects by \"SELECT NULL\": a row has no message");
  CHECK(said("SELECT id AS message, -1 AS count FROM orders") ==
        "find effects by \"SELECT id AS message, -1 AS count FROM orders\": a row has the count -1");
  const auto absent = orders / "none.db";
  CHECK(complaint([&] { found_by(absent, "SELECT 1"); }) ==
        "look for effects in " + absent.string() + ": the consumers have not made this database");
  CHECK(found_by(orders.file(), "SELECT id FROM orders").size() == 2);
}

TEST_CASE("a log has a line an effect, and a line cut by a kill is none") {
  const assay::TemporaryDirectory folder;
  std::ofstream(folder / "consumer-0#1.jsonl") << R"({"message": "m1", "attempt": 1001, "body": "x", "mine": [1]})" << "\n"
                                               << R"({"message": "m2"})" << "\n" << R"({"message": "m)";
  std::ofstream(folder / "consumer-0#2.jsonl") << R"({"message": "m2", "key": "k"})" << "\n";
  std::ofstream(folder / "other.txt") << "no log";

  auto first = effect("m1", 1), second = effect("m2", 2), third = effect("m2", 3);
  first.row.attempt = 1001;
  first.body = "x";
  third.row.key = "k";
  first.row.writer = second.row.writer = "consumer-0#1";
  third.row.writer = "consumer-0#2";
  CHECK(logged_in(folder / "") == std::vector{first, second, third});
  CHECK(logged_in(folder / "absent").empty());
}

TEST_CASE("an effect that is whole but for its line end has happened") {
  const assay::TemporaryDirectory folder;
  std::ofstream(folder / "c#1.jsonl") << R"({"message": "m1"})";
  auto whole = effect("m1", 1);
  whole.row.writer = "c#1";
  CHECK(logged_in(folder / "") == std::vector{whole});
}

TEST_CASE("a log that cannot be read names the line") {
  const assay::TemporaryDirectory folder;
  const auto said = [&](const std::string& line) {
    std::ofstream(folder / "c#1.jsonl") << R"({"message": "m1"})" << "\n" << line << "\n";
    return complaint([&] { logged_in(folder / ""); });
  };
  CHECK(said("{") == "read the effects of c#1, line 2: it is not a JSON object");
  CHECK(said("[]") == "read the effects of c#1, line 2: it is not a JSON object");
  CHECK(said("{}") == "read the effects of c#1, line 2: it has no message");
  CHECK(said(R"({"message": 7})") == "read the effects of c#1, line 2: message is 7");
  CHECK(said(R"({"message": {"id": 7}})") == "read the effects of c#1, line 2: message is no plain value");
  CHECK(said(R"({"message": )" + std::string(100'000, '[')) == "read the effects of c#1, line 2: it is not a JSON object");
  CHECK(said(R"({"message": "m", "attempt": "x"})") == "read the effects of c#1, line 2: attempt is \"x\"");
}
