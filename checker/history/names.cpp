#include "checker/history/names.hpp"

#include <algorithm>
#include <utility>

namespace assay {
namespace {

// Optimal string alignment: the fewest insertions, deletions, replacements and
// swaps of neighbours.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before, last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = std::exchange(last, row);
  }
  return last[b.size()];
}

std::string lower(std::string word) {
  for (char& c : word)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return word;
}

}  // namespace

std::string nearest_name(const std::string& word, const std::vector<std::string>& candidates) {
  if (word.empty() || word.size() > 200) return {};
  std::string best;
  std::size_t best_distance = 0;
  for (const auto& candidate : candidates) {
    const std::string a = lower(word), b = lower(candidate);
    const bool begun = a.size() >= 3 && b.starts_with(a);
    const std::size_t apart = begun ? 1 : distance(a, b);
    const bool near = apart <= (std::max(a.size(), b.size()) + 2) / 3 && apart < std::min(a.size(), b.size());
    if (near && (best.empty() || apart < best_distance)) {
      best = candidate;
      best_distance = apart;
    }
  }
  return best;
}

}  // namespace assay
