// The table of windows: what landed where, and what came of it.
#include <algorithm>
#include <array>
#include <set>

#include "cli/diagnostic.hpp"
#include "cli/evidence-text.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

constexpr std::int64_t rows_shown = 3;
constexpr std::size_t targets_shown = 8;

std::string violating_of_landed(std::int64_t violating, std::int64_t landed, const std::string& letters) {
  return letters + " " + grouped(violating) + " of " + grouped(landed);
}

Line row(const std::string& window, const std::string& place, const std::string& count, const Look& look) {
  return {"  " + left(cut(shown(window, look), 26, look), 26) + " " + left(cut(shown(place, look), 18, look), 18) + " " +
              shown(count, look), Paint::none, std::string::npos, false};
}

std::string place(const Json& cell) { return text_in(cell, "kind") + " " + text_in(cell, "target"); }

std::string count(const Json& cell) {
  const std::int64_t landed = number_in(cell, "landed"), floor = number_in(cell, "floor");
  std::string text = violating_of_landed(number_in(cell, "violating"), landed, text_in(cell, "letters"));
  if (landed < floor) text += ", " + grouped(floor) + " needed";
  return text;
}

bool broken(const Json& cell) { return number_in(cell, "violating") > 0; }
bool relevant(const Json& cell) { return number_in(cell, "floor") > 0; }
bool below_floor(const Json& cell) { return number_in(cell, "landed") < number_in(cell, "floor"); }

// Many cells as one row.
struct Fold {
  std::int64_t cells = 0, landed = 0, violating = 0, least = 0;
  std::set<std::string> windows;
  std::string letters;

  void add(const Json& cell) {
    const std::int64_t here = number_in(cell, "landed");
    least = cells == 0 ? here : std::min(least, here);
    ++cells;
    landed += here;
    violating += number_in(cell, "violating");
    windows.insert(text_in(cell, "window"));
    for (const char letter : text_in(cell, "letters"))
      if (letter != '-' && letters.find(letter) == std::string::npos) letters += letter;
  }
  std::string count() const { return violating_of_landed(violating, landed, letters.empty() ? "-" : letters); }
};

// A window may be among both when it has several targets; then cells are counted.
std::string others(const Fold& rest, const Fold& picked) {
  const bool apart = std::none_of(rest.windows.begin(), rest.windows.end(),
                                  [&](const std::string& window) { return picked.windows.contains(window); });
  if (!apart) return counted(rest.cells, "other cell");
  const std::string start = picked.cells == 0 ? "" : "other ";
  return counted(static_cast<std::int64_t>(rest.windows.size()), start + "window");
}

Lines heading() { return {{"  anomalies of landed faults", Paint::strong, std::string::npos, false}}; }

Lines every_window(const Json& windows, const Look& look) {
  Lines lines = heading();
  for (const auto& cell : windows) lines.push_back(row(text_in(cell, "window"), place(cell), count(cell), look));
  return lines;
}

// The rows that `wanted` picks, then all others as one.
template <class Wanted>
Lines picked_rows(const Json& windows, Extent extent, const Look& look, Wanted wanted) {
  if (extent == Extent::whole) return every_window(windows, look);
  Lines lines = heading();
  Fold picked, more, rest;
  for (const auto& cell : windows) {
    if (!wanted(cell)) {
      rest.add(cell);
      continue;
    }
    picked.add(cell);
    if (picked.cells <= rows_shown) lines.push_back(row(text_in(cell, "window"), place(cell), count(cell), look));
    else more.add(cell);
  }
  if (more.cells > 0) lines.push_back(row(grouped(more.cells) + " more such rows", "", more.count(), look));
  if (rest.cells > 0) lines.push_back(row(others(rest, picked), "", rest.count(), look));
  return lines;
}

}  // namespace

std::string legend(const Json& windows) {
  static constexpr std::array<std::pair<char, const char*>, 17> meanings{{{'L', "lost"},
                                                                         {'D', "duplicated"},
                                                                         {'P', "phantom"},
                                                                         {'C', "corrupted"},
                                                                         {'A', "aborted-read"},
                                                                         {'R', "redelivered-after-ack"},
                                                                         {'M', "misflagged"},
                                                                         {'O', "reordered"},
                                                                         {'Z', "zombie-write"},
                                                                         {'S', "stuck"},
                                                                         {'T', "torn"},
                                                                         {'E', "early-read"},
                                                                         {'H', "skipped"},
                                                                         {'F', "dedup-failed"},
                                                                         {'W', "dedup-swallowed"},
                                                                         {'Q', "dead-letter-lost"},
                                                                         {'X', "expired-wrongly"}}};
  std::string seen;
  for (const auto& cell : windows) seen += text_in(cell, "letters");
  std::vector<std::string> words;
  for (const auto& [letter, meaning] : meanings)
    if (seen.find(letter) != std::string::npos) words.push_back(std::string(1, letter) + " " + meaning);
  words.emplace_back("- none that the claim forbids");
  return joined(words);
}

Lines broken_windows(const Json& report, Extent extent, const Look& look) {
  const Json& windows = list_in(report, "windows");
  if (std::none_of(windows.begin(), windows.end(), broken)) return {};
  Lines lines = picked_rows(windows, extent, look, broken);
  lines.push_back({"  " + legend(windows), Paint::faint, std::string::npos, false});
  return lines;
}

Lines short_windows(const Json& report, Extent extent, const Look& look) {
  const Json& windows = list_in(report, "windows");
  if (windows.empty()) return {};
  return picked_rows(windows, extent, look, [](const Json& cell) { return below_floor(cell) || broken(cell); });
}

Lines held_windows(const Json& report, Extent extent, const Look& look) {
  const Json& windows = list_in(report, "windows");
  if (extent == Extent::whole && !windows.empty()) return every_window(windows, look);
  std::vector<std::pair<std::string, Fold>> folds;
  for (const auto& cell : windows) {
    if (!relevant(cell)) continue;
    const std::string where = place(cell);
    auto fold = std::find_if(folds.begin(), folds.end(), [&](const auto& known) { return known.first == where; });
    if (fold == folds.end()) fold = folds.insert(folds.end(), {where, Fold{}});
    fold->second.add(cell);
  }
  if (folds.empty()) return {};
  Lines lines = heading();
  for (std::size_t i = 0; i < folds.size(); ++i) {
    const auto& [where, fold] = folds[i];
    if (i < targets_shown)
      lines.push_back(row(counted(static_cast<std::int64_t>(fold.windows.size()), place_word(windows)), where,
                          fold.count() + ", at least " + grouped(fold.least) + " in each", look));
  }
  if (folds.size() > targets_shown)
    lines.push_back(row(counted(static_cast<std::int64_t>(folds.size() - targets_shown), "more target"), "", "", look));
  return lines;
}

}  // namespace assay
