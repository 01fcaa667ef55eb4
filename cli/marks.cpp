#include "cli/marks.hpp"

namespace assay {

void HeaderMarks::arm(const std::string& window, std::int64_t occurrence) {
  const auto known = window_named(window);
  if (!known) return;  // nobody will reach it
  header_.armed_occurrence.store(static_cast<std::uint64_t>(occurrence));
  header_.armed_window.store(static_cast<std::uint32_t>(*known));
}

std::string HeaderMarks::last_window() {
  const auto window = static_cast<Window>(header_.last_window.load());
  return window == Window::none ? "" : std::string(name(window));
}

std::int64_t HeaderMarks::passes() {
  std::int64_t passes = 0;
  for (const auto& hits : header_.hits) passes += static_cast<std::int64_t>(hits.load(std::memory_order_relaxed));
  return passes;
}

}  // namespace assay
