// The roles as a profile sees them: names, and what each needs of a system.
// What they do stands in agents/roles, which this program does not link.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "checker/history/windows.hpp"
#include "checker/rules.hpp"

namespace assay {

struct SystemDescription;

struct RoleEntry {
  std::string_view name;
  std::string_view side;  // "producer" or "consumer"
  std::string_view about;
  bool can_fail_definitely;  // producer: a message of it can end as failed
  bool one_at_a_time;        // it knows no in_flight, or ack_batch, above 1
  std::vector<std::string_view> windows;
  std::int64_t parts = 0;      // consumer: how many records it sends on for a message; 0: it sends none
  bool transactions = false;   // and whether in transactions
};

const std::vector<RoleEntry>& roles();

// Nothing: no role of ours is called that.
const RoleEntry* role_named(std::string_view name);

// The windows that this role can pass, in their order.
std::vector<std::string> windows_of(std::string_view role);

// By what a producer's role asks the system to store a message once.
DedupBy dedup_of(std::string_view role);

// What the system lacks for this role, "ack not to be none, and the system redis
// has none"; empty when they work together.
std::string unmet_need(std::string_view role, const SystemDescription& system);

// The roles of a side that work with the system.
std::vector<std::string> working_roles(std::string_view side, const SystemDescription& system);

}  // namespace assay
