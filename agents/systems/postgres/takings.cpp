#include "agents/systems/postgres/takings.hpp"

#include <algorithm>

namespace assay::postgres {
namespace {

// "{3,4}"
std::string ids_of(const std::vector<Row>& rows) {
  std::string list;
  for (const auto& row : rows) list += (list.empty() ? "{" : ",") + row.id;
  return list.empty() ? "{}" : list + "}";
}

class QueueTakings : public Takings {
 public:
  explicit QueueTakings(const Tables& tables) : messages_(tables.of("messages")) {}

  Statements establish() const override { return {}; }

  // SKIP LOCKED passes over the locks of others, not over our own. A plain "ORDER
  // BY id" would mean the column of the result, and sort by its digits.
  Statement take(std::size_t count, const std::vector<Row>& held) const override {
    return {"SELECT m.id::text, '', m.body FROM " + messages_ + " m WHERE m.id <> ALL ($2::text::bigint[])"
                " ORDER BY m.id LIMIT $1::text::bigint FOR UPDATE SKIP LOCKED",
            {std::to_string(count), ids_of(held)}};
  }

  Statement settle(const std::vector<Row>& rows) const override {
    return {"DELETE FROM " + messages_ + " WHERE id = ANY ($1::text::bigint[])", {ids_of(rows)}};
  }

 private:
  std::string messages_;
};

// One consumer at a time has the cursor. It goes by id alone, or by transaction
// and id; with the guard nothing is read that a transaction still open could
// precede.
class OutboxTakings : public Takings {
 public:
  OutboxTakings(const Tables& tables, const Settings& settings, std::string group)
      : messages_(tables.of("messages")), cursors_(tables.of("cursors")), group_(std::move(group)), settings_(settings) {}

  Statements establish() const override {
    return {{"INSERT INTO " + cursors_ + " VALUES ($1::text, '0'::xid8, 0) ON CONFLICT DO NOTHING", {group_}}};
  }

  Statement take(std::size_t count, const std::vector<Row>& held) const override {
    const std::string id = held.empty() ? "c.id" : "$3::text::bigint", transaction = held.empty() ? "c.xid" : "$4::text::xid8";
    const bool by_transaction = settings_.cursor == Cursor::transaction;
    Statement statement{"WITH c AS (SELECT xid, id FROM " + cursors_ + " WHERE name = $1::text FOR UPDATE SKIP LOCKED)"
                            " SELECT m.id::text, m.xid::text, m.body FROM " + messages_ + " m, c WHERE " +
                            (by_transaction ? "(m.xid, m.id) > (" + transaction + ", " + id + ")" : "m.id > " + id) +
                            (settings_.snapshot_guard ? " AND m.xid < pg_snapshot_xmin(pg_current_snapshot())" : "") +
                            " ORDER BY " + (by_transaction ? "m.xid, m.id" : "m.id") + " LIMIT $2::text::bigint",
                        {group_, std::to_string(count)}};
    if (held.empty()) return statement;
    statement.values.push_back(held.back().id);
    if (by_transaction) statement.values.push_back(held.back().transaction);
    return statement;
  }

  // Rows come in the order of the cursor, so the last has the greatest place.
  Statement settle(const std::vector<Row>& rows) const override {
    return {"UPDATE " + cursors_ + " SET xid = $2::text::xid8, id = $3::text::bigint WHERE name = $1::text",
            {group_, rows.back().transaction, rows.back().id}};
  }

 private:
  std::string messages_, cursors_, group_;
  Settings settings_;
};

}  // namespace

std::unique_ptr<Takings> takings(const Tables& tables, const Settings& settings, const std::string& group) {
  if (settings.mode == Mode::outbox) return std::make_unique<OutboxTakings>(tables, settings, group);
  return std::make_unique<QueueTakings>(tables);
}

}  // namespace assay::postgres
