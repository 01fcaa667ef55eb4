// The broker's memory: which copies are ready, and which are lent to whom. A
// restart forgets all leases, and every copy not acknowledged is ready again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace assay::embedded {

struct Session {
  std::string id;
  std::string queue;
  std::string group;
  std::string owner;        // "consumer-0#1"
  std::int64_t opened = 0;  // by its owner's clock

  bool operator==(const Session&) const = default;
};

enum class Opened { yes, superseded, elsewhere };

class Leases {
 public:
  void make_ready(const std::string& queue, std::int64_t row);

  // Ends the owner's older sessions on this queue; their leases become ready.
  // An open that comes late, out of a connection its owner has given up, finds
  // a newer session and changes nothing.
  Opened open(const Session& session);

  const Session* find(const std::string& id) const;  // null: not open

  // The first copies that are ready, in the order in which they were sent.
  std::vector<std::int64_t> ready(const std::string& queue, std::size_t most) const;

  void lend(const Session& session, const std::vector<std::int64_t>& rows);
  bool holds(const std::string& session, std::int64_t row) const;
  void finish(const std::string& session, std::int64_t row);  // acknowledged: owed no more

  void give_back(const std::string& session, std::int64_t row);  // ready again

  // Acknowledged by whoever it was: neither lent nor ready any more.
  void settle(std::int64_t row);

  // The first copy behind this one that is lent to the session, or else the
  // first that is ready on its queue.
  std::optional<std::int64_t> next_after(const std::string& session, std::int64_t row) const;

  // Ends the sessions of an owner that is dead or stopped.
  void expire(const std::string& queue, const std::string& owner);

  std::int64_t count_ready(const std::string& queue) const;
  std::int64_t count_leased(const std::string& queue) const;

 private:
  struct Open {
    Session session;
    std::set<std::int64_t> rows;
  };
  using Sessions = std::map<std::string, Open>;

  Sessions::iterator close(Sessions::iterator open);

  Sessions sessions_;
  std::map<std::string, std::set<std::int64_t>> ready_;
};

}  // namespace assay::embedded
