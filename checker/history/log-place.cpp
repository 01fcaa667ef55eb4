#include "checker/history/log-place.hpp"

#include <charconv>

namespace assay {

std::optional<LogPlace> log_place(std::string_view name) {
  const auto slash = name.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  const auto last = name.substr(slash + 1);
  std::int64_t offset = 0;
  const auto [end, error] = std::from_chars(last.data(), last.data() + last.size(), offset);
  const bool at_its_end = end == last.data() + last.size() || *end == '-';
  if (error != std::errc{} || offset < 0 || !at_its_end) return std::nullopt;
  return LogPlace{std::string(name.substr(0, slash)), offset};
}

std::optional<LogPlace> log_place(const Event& event) {
  if (auto place = log_place(event.copy)) return place;
  return log_place(event.position);
}

}  // namespace assay
