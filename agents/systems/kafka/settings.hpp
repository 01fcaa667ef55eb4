// The settings of a profile for Kafka: what describe lists, and the values of
// one profile, checked against that.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

namespace assay::kafka {

enum class Membership {
  of_name,   // static: the successor of a consumer takes its place at once
  dynamic,   // a dead member is noticed when its session times out
  assigned,  // no group at all: partitions by number, offsets committed by whoever says so
};

struct Settings {
  // Of producers.
  std::string acks = "all";
  bool idempotence = false;
  std::int64_t linger_ms = 0;

  // Of topics, and of the server that assay starts.
  std::int64_t partitions = 1;
  std::int64_t flush_messages = 0;  // 0: whenever the operating system will
  std::int64_t initial_rebalance_delay_ms = 0;

  // Of consumers.
  Membership membership = Membership::of_name;
  std::int64_t shares = 1;  // assigned: between how many consumers the partitions are dealt
  bool auto_commit = false;
  std::int64_t auto_commit_interval_ms = 1000;
  std::string isolation = "read_committed";
  std::int64_t session_timeout_ms = 45'000;
  std::int64_t max_poll_interval_ms = 300'000;

  // Of consumers that send on.
  bool fenced = true;  // one transactional id for all incarnations
  std::int64_t transaction_timeout_ms = 60'000;

  // Of a consumer that ends in order: whether it commits what it has handed out,
  // or tells its group that it goes. A static member is awaited back.
  bool leaves() const { return auto_commit || membership == Membership::dynamic; }

  bool operator==(const Settings&) const = default;
};

nlohmann::ordered_json described_settings();

// Throws std::runtime_error for a value that describe does not allow.
Settings settings_in(const nlohmann::json& given);

}  // namespace assay::kafka
