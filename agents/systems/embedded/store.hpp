// The durable half of the broker: every copy it was ever sent, how often each
// was delivered, and which are acknowledged. Survives SIGKILL (the page cache
// does), not power loss. One process at a time: the file is locked.
//
// Leases are not in here; they live in memory and end with the process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agents/systems/embedded/database.hpp"
#include "agents/systems/embedded/identity.hpp"

namespace assay::embedded {

struct OwedCopy {
  std::int64_t row = 0;
  std::string queue;
};

struct DeliveredCopy {
  std::int64_t row = 0;
  Bytes body;
  std::int64_t count = 0;  // deliveries so far, this one included
};

struct ListedCopy {
  std::int64_t row = 0;
  Bytes body;
  std::string state;   // "owed", "acked", or of a dead letter "dead"
  std::string reason;  // why that was set aside
};

enum class Letters { living, dead };

class Store {
 public:
  explicit Store(const std::filesystem::path& directory, Identities kept = Identities::durable);

  void begin();
  void commit();
  void rollback() noexcept;  // no effect outside a transaction

  std::int64_t append(std::string_view queue, std::string_view key, const Bytes& body);

  // The copy that was stored with this identity on this queue.
  std::optional<std::int64_t> known(std::string_view queue, const Identity& identity);
  void remember(std::string_view queue, const Identity& identity, std::int64_t row);

  // Counts one delivery of each; durable when this returns.
  std::vector<DeliveredCopy> deliver(const std::vector<std::int64_t>& rows);

  void ack(std::int64_t row);
  void set_aside(std::int64_t row, std::string_view reason);  // a dead letter: owed no more
  void drop(std::int64_t row);
  std::int64_t deliveries(std::int64_t row);
  bool was_delivered(std::int64_t row);

  // Copies of the queue that are dead letters, or none, behind row `after`, until there are `most` of them or
  // some megabytes. An empty page is the end.
  std::vector<ListedCopy> list(std::string_view queue, std::int64_t after, std::int64_t most, Letters which = Letters::living);

  std::vector<OwedCopy> owed();
  std::int64_t copies();
  std::optional<std::int64_t> last_row(std::string_view queue);

  // What the planted defects of a restart do.
  void lose_delivered();
  void forget_last_acks();
  void forget_identities();

 private:
  Database database_;
  std::int64_t acks_ = 0;
  Statement append_, known_, remember_, deliver_, ack_, set_aside_, drop_, deliveries_, delivered_, last_, list_, dead_;
};

}  // namespace assay::embedded
