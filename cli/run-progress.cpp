#include "cli/run-progress.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "cli/text.hpp"

namespace assay {
namespace {

constexpr std::int64_t enough_trials = 5;
constexpr int widest_bar = 22, narrowest_bar = 6;

std::string cell_text(const RunProgress& progress) {
  if (progress.cell.empty()) return "control trial";
  return progress.cell + " " + std::to_string(progress.cell_done) + "/" + std::to_string(progress.cell_of);
}

std::string rate_text(const RunProgress& progress) {
  if (progress.messages == 0 || progress.seconds <= 0) return "";
  return grouped(std::llround(static_cast<double>(progress.messages) / progress.seconds)) + " msg/s";
}

std::string left_text(const RunProgress& progress) {
  const double left = seconds_left(progress);
  if (left < 0) return "";
  return (left < 120 ? grouped(static_cast<std::int64_t>(std::ceil(left))) + " s" : grouped(std::llround(left / 60)) + " min") + " left";
}

std::string violated_text(const RunProgress& progress) {
  return progress.violated.empty() ? "" : progress.violated.substr(0, progress.violated.find(' ')) + " violated";
}

// What stands behind the bar, the least needed last.
std::vector<std::string> figures(const RunProgress& progress) {
  std::vector<std::string> all;
  for (const auto& text : {violated_text(progress), grouped(progress.landed) + " of " + grouped(progress.faults) + " landed", left_text(progress), rate_text(progress)})
    if (!text.empty()) all.push_back(text);
  return all;
}

std::string bar(const RunProgress& progress, int columns, const Look& look) {
  const double part = progress.planned > 0 ? static_cast<double>(progress.done) / static_cast<double>(progress.planned) : 0;
  const int full = std::clamp(static_cast<int>(part * columns), 0, columns);
  std::string text;
  for (int i = 0; i < columns; ++i) text += i < full ? (look.utf8 ? "━" : "=") : (look.utf8 ? "─" : "-");
  return text;
}

}  // namespace

double seconds_left(const RunProgress& progress) {
  if (progress.done < enough_trials || progress.planned <= progress.done) return -1;
  return progress.seconds / static_cast<double>(progress.done) * static_cast<double>(progress.planned - progress.done);
}

std::string progress_line(const RunProgress& progress, const Look& look) {
  auto behind = figures(progress);
  const std::string cell = shown(cell_text(progress), look);
  const auto room = [&] { return look.columns - 1 - 2 - columns_of(cell) - 2 - columns_of(joined(behind, "  ")) - 2; };
  while (room() < narrowest_bar && behind.size() > 2) behind.pop_back();
  if (room() + 2 < 0 && behind.size() > 1) behind.pop_back();
  const int columns = std::min(room(), widest_bar);
  const std::string middle = columns >= narrowest_bar ? "  " + bar(progress, columns, look) : "";
  return cut("  " + cell + middle + "  " + joined(behind, "  "), look.columns - 1, look);
}

std::string plain_progress(const RunProgress& progress) {
  auto words = figures(progress);
  words.insert(words.begin(), {progress.profile, cell_text(progress), grouped(progress.done) + " of " + grouped(progress.planned) + " trials"});
  return joined(words, "  ");
}

}  // namespace assay
