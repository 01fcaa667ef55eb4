#include "agents/control/placeholders.hpp"

#include <algorithm>

namespace assay {
namespace {

bool is_of_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// The word of the gap that begins here; empty: none does.
std::string_view word_at(std::string_view text, std::size_t brace) {
  if (brace > 0 && text[brace - 1] == '$') return {};
  const auto end = text.find('}', brace);
  if (end == std::string_view::npos) return {};
  const auto word = text.substr(brace + 1, end - brace - 1);
  return std::all_of(word.begin(), word.end(), is_of_word) ? word : std::string_view();
}

}  // namespace

std::vector<std::string> gaps_in(std::string_view text) {
  std::vector<std::string> words;
  for (auto brace = text.find('{'); brace != std::string_view::npos; brace = text.find('{', brace + 1))
    if (const auto word = word_at(text, brace); !word.empty()) words.emplace_back(word);
  return words;
}

std::string filled_in(std::string_view text, const std::map<std::string, std::string>& values) {
  std::string filled;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto word = text[at] == '{' ? word_at(text, at) : std::string_view();
    const auto value = values.find(std::string(word));
    if (word.empty() || value == values.end()) {
      filled += text[at];
    } else {
      filled += value->second;
      at += word.size() + 1;
    }
  }
  return filled;
}

}  // namespace assay
