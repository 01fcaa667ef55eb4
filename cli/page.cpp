#include "cli/page.hpp"

#include <algorithm>

#include "cli/text.hpp"

namespace assay {
namespace {

constexpr int label_columns = 12;

const char* code(Paint paint) {
  switch (paint) {
    case Paint::none: return "";
    case Paint::strong: return "\x1b[1m";
    case Paint::faint: return "\x1b[2m";
    case Paint::violated: return "\x1b[1;38;5;202m";
    case Paint::upheld: return "\x1b[1;38;5;33m";
    case Paint::inconclusive: return "\x1b[1;38;5;214m";
  }
  return "";
}

std::string print(const Line& line, const Look& look) {
  std::string text = line.whole ? line.text : cut(line.text, look.columns, look);
  text.erase(text.find_last_not_of(' ') + 1);
  if (!look.colour || line.paint == Paint::none || text.empty()) return text + "\n";
  const std::size_t from = std::min(line.from, text.size()), painted = std::min(line.painted, text.size() - from);
  return text.substr(0, from) + code(line.paint) + text.substr(from, painted) + "\x1b[0m" + text.substr(from + painted) + "\n";
}

}  // namespace

Paint paint_of(const std::string& verdict) {
  if (verdict == "violated") return Paint::violated;
  if (verdict == "upheld") return Paint::upheld;
  return Paint::inconclusive;
}

std::string print(const Lines& lines, const Look& look) {
  std::string out;
  for (const auto& line : lines) out += print(line, look);
  return out;
}

Lines labelled(const std::string& label, const std::string& text, std::size_t limit, const Look& look) {
  Lines lines;
  const int indent = 2 + label_columns;
  std::string start = "  " + left(label, label_columns - 1) + " ";
  if (columns_of(start) > indent) {  // a long label has a line of its own
    lines.push_back({start, Paint::none, std::string::npos, false});
    start = std::string(static_cast<std::size_t>(indent), ' ');
  }
  for (const auto& part : wrapped(text, look.columns - indent, limit, look)) {
    lines.push_back({start + part, Paint::none, std::string::npos, false});
    start = std::string(static_cast<std::size_t>(indent), ' ');
  }
  return lines;
}

void append(Lines& lines, const Lines& more) { lines.insert(lines.end(), more.begin(), more.end()); }

}  // namespace assay
