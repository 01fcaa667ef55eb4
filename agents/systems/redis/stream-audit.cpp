#include <stdexcept>

#include "agents/systems/redis/connection.hpp"
#include "agents/systems/redis/stream-entries.hpp"
#include "agents/systems/redis/streams.hpp"
#include "agents/systems/teller.hpp"

namespace assay::redis {
namespace {

class StreamAudit : public AuditLink {
 public:
  explicit StreamAudit(const LinkSetup& setup)
      : connection_(setup.address), channel_(setup.channel), group_(setup.group), teller_(setup.notice) {}

  void scan(const std::function<void(const StoredCopy&)>& visit, Deadline deadline) override {
    each_entry("-", deadline, [&](const Entry& entry) {
      visit({.copy = channel_ + "/" + entry.id, .bytes = entry.bytes.value_or(""), .committed = true});
    });
  }

  // Ready before leased: an entry that is handed out in between is counted
  // twice, where the other order would miss it.
  Backlog backlog(Deadline deadline) override {
    Backlog backlog;
    const auto last = last_delivered(deadline);
    if (!last) return backlog;
    each_entry("(" + *last, deadline, [&](const Entry&) { ++backlog.ready; });
    const auto pending = connection_.insist({"XPENDING", channel_, group_}, deadline);
    if (const auto parts = elements(*pending); !parts.empty()) backlog.leased = parts[0]->integer;
    return backlog;
  }

 private:
  // Empty when there is no such stream. A stream without the group owes it
  // everything.
  std::optional<std::string> last_delivered(Deadline deadline) {
    const auto groups = connection_.insist({"XINFO", "GROUPS", channel_}, deadline);
    if (groups->type == REDIS_REPLY_ERROR) {
      if (text(*groups) != "ERR no such key") throw std::runtime_error("XINFO GROUPS " + channel_ + ": " + text(*groups));
      teller_.tell_always("warn", "stream " + channel_ + " is not there");
      return std::nullopt;
    }
    for (const auto* group : elements(*groups))
      if (field(*group, "name") == group_) return field(*group, "last-delivered-id");
    teller_.tell_always("warn", "stream " + channel_ + " has no group " + group_);
    return "0-0";
  }

  // [name, value, name, value, ...]
  static std::string field(const redisReply& map, std::string_view name) {
    const auto parts = elements(map);
    for (std::size_t i = 0; i + 1 < parts.size(); i += 2)
      if (text(*parts[i]) == name) return text(*parts[i + 1]);
    return {};
  }

  void each_entry(std::string start, Deadline deadline, const std::function<void(const Entry&)>& visit) {
    while (true) {
      const auto page = connection_.insist({"XRANGE", channel_, start, "+", "COUNT", "500"}, deadline);
      if (page->type == REDIS_REPLY_ERROR) throw std::runtime_error("XRANGE " + channel_ + ": " + text(*page));
      const auto entries = entries_of(*page);
      if (entries.empty()) return;
      for (const auto& entry : entries) visit(entry);
      start = "(" + entries.back().id;
    }
  }

  Connection connection_;
  std::string channel_, group_;
  Teller teller_;
};

}  // namespace

std::unique_ptr<AuditLink> stream_audit(const LinkSetup& setup) { return std::make_unique<StreamAudit>(setup); }

}  // namespace assay::redis
