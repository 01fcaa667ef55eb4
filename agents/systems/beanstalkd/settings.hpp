// The settings that a profile may give, as `describe` lists them and as the
// server and the links read them.
#pragma once

#include <cstdint>

#include <nlohmann/json.hpp>

namespace assay::beanstalkd {

inline constexpr std::int64_t default_ttr_s = 600;

struct Settings {
  bool binlog = true;
  std::int64_t fsync_ms = 0;  // -1: never
  std::int64_t ttr_s = default_ttr_s;

  bool operator==(const Settings&) const = default;
};

nlohmann::ordered_json described_settings();

// Throws std::runtime_error when a value is of another type or out of range.
Settings read_settings(const nlohmann::json& given);

}  // namespace assay::beanstalkd
