#include <stdexcept>

#include "agents/systems/postgres/links.hpp"
#include "agents/systems/postgres/tables.hpp"

namespace assay::postgres {
namespace {

class TableAudit : public AuditLink {
 public:
  explicit TableAudit(const LinkSetup& setup)
      : settings_(settings_in(nlohmann::json::parse(setup.settings))),
        tables_(setup.channel, settings_),
        connection_(setup.address, introduction(Part::auditor, setup, settings_)),
        channel_(setup.channel),
        group_(setup.group) {}

  void scan(const std::function<void(const StoredCopy&)>& visit, Deadline deadline) override {
    const auto reply = connection_.insist({{"SELECT m.id::text, m.body FROM " + tables_.of("messages") + " m ORDER BY m.id"}}, deadline);
    const auto& rows = reply.results.front();
    for (int i = 0; i < rows.rows(); ++i) {
      const auto bytes = rows.value(i, 1);
      visit({.copy = tables_.copy_name(rows.value(i, 0), bytes), .bytes = bytes, .committed = true});
    }
  }

  void scan_effects(const std::function<void(const SinkRow&)>& visit, Deadline deadline) override {
    const auto reply = connection_.insist({{"SELECT e.message, e.attempt::text, e.key, e.digest, e.writer, e.position::text FROM " +
                                            tables_.of("effects") + " e ORDER BY e.position"}},
                                          deadline);
    const auto& rows = reply.results.front();
    for (int i = 0; i < rows.rows(); ++i)
      visit({.message = rows.value(i, 0),
             .attempt = std::stoll(rows.value(i, 1)),
             .key = rows.value(i, 2),
             .digest = rows.value(i, 3),
             .writer = rows.value(i, 4),
             .position = std::stoll(rows.value(i, 5))});
  }

  // In the order in which a message moves: first the transactions of senders that
  // are still open, then the rows; what commits in between is counted twice, where
  // the other order would miss it. Rows that somebody has locked are among the
  // rows, and no snapshot tells them apart without locking them.
  Backlog backlog(Deadline deadline) override {
    const auto reply = connection_.insist({open_transactions(), rows_owed()}, deadline);
    return {.ready = std::stoll(reply.results.at(1).value(0, 0)), .prepared = std::stoll(reply.results.at(0).value(0, 0))};
  }

 private:
  Statement open_transactions() const {
    return {"SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL"
            " AND right(application_name, length($1::text)) = $1::text",
            {session_name(Part::sender, "", channel_)}};
  }

  Statement rows_owed() const {
    const std::string count = "SELECT count(*)::text FROM " + tables_.of("messages") + " m";
    if (settings_.mode == Mode::queue) return {count};
    const bool by_transaction = settings_.cursor == Cursor::transaction;
    return {count + " WHERE NOT EXISTS (SELECT FROM " + tables_.of("cursors") + " c WHERE c.name = $1::text AND " +
                (by_transaction ? "(m.xid, m.id) <= (c.xid, c.id))" : "m.id <= c.id)"),
            {group_}};
  }

  Settings settings_;
  Tables tables_;
  Connection connection_;
  std::string channel_, group_;
};

}  // namespace

std::unique_ptr<AuditLink> audit_link(const LinkSetup& setup) { return std::make_unique<TableAudit>(setup); }

}  // namespace assay::postgres
