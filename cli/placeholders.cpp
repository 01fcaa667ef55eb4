#include "cli/placeholders.hpp"

#include <algorithm>
#include <optional>

namespace assay {
namespace {

struct Hole {
  std::size_t begin = 0, end = 0;  // with the braces
  std::string word;
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

std::optional<Hole> next_hole(const std::string& text, std::size_t from) {
  for (auto begin = text.find('{', from); begin != std::string::npos; begin = text.find('{', begin + 1)) {
    if (begin > 0 && text[begin - 1] == '$') continue;
    auto end = begin + 1;
    while (end < text.size() && is_letter(text[end])) ++end;
    if (end > begin + 1 && end < text.size() && text[end] == '}')
      return Hole{begin, end + 1, text.substr(begin + 1, end - begin - 1)};
  }
  return std::nullopt;
}

}  // namespace

const std::vector<std::string>& known_placeholders() {
  static const std::vector<std::string> known{"address", "directory", "port"};
  return known;
}

std::string unknown_placeholder(const std::string& text) {
  const auto& known = known_placeholders();
  for (auto hole = next_hole(text, 0); hole; hole = next_hole(text, hole->end))
    if (std::ranges::find(known, hole->word) == known.end()) return hole->word;
  return {};
}

std::string filled_in(const std::string& text, const std::map<std::string, std::string>& values) {
  std::string filled;
  std::size_t from = 0;
  for (auto hole = next_hole(text, 0); hole; hole = next_hole(text, from)) {
    filled += text.substr(from, hole->begin - from) + values.at(hole->word);
    from = hole->end;
  }
  return filled + text.substr(from);
}

}  // namespace assay
