// Where in a log a copy lies, as its name tells (history/format.md, "Positions in
// a log"): "orders/0/17-9f3a" is offset 17 of the partition "orders/0".
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "checker/history/event.hpp"

namespace assay {

struct LogPlace {
  std::string partition;
  std::int64_t offset = 0;

  auto operator<=>(const LogPlace&) const = default;
};

// Nothing: the name tells of no offset.
std::optional<LogPlace> log_place(std::string_view name);

// By its copy, else by its position.
std::optional<LogPlace> log_place(const Event& event);

}  // namespace assay
