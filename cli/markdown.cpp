#include "cli/markdown.hpp"

#include <algorithm>
#include <cctype>

#include "cli/judged-run.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

constexpr int prose_columns = 300;
constexpr const char* nothing = "&#8203;";  // no width: a name or an address behind it is none any more

bool alphanumeric(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// "@name" and "#12" call people and link issues, "https://" and "www." make links.
bool would_act(const std::string& text, std::size_t at) {
  const char next = at + 1 < text.size() ? text[at + 1] : ' ';
  if (text[at] == '@' || text[at] == '#') return alphanumeric(next);
  if (text[at] == ':') return next == '/';
  return text[at] == 'w' && next == '.';
}

std::string shortened(const std::string& foreign) { return cut(printable(foreign), prose_columns, {.columns = prose_columns}); }

std::string with_spelled(std::string text, char what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) text.replace(at, 1, by);
  return text;
}

}  // namespace

std::string prose(const std::string& foreign) {
  const std::string text = shortened(foreign);
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool begins_list = at == 0 && (c == '-' || c == '+' || c == '=');
    if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '&') out += "&amp;";
    else if (c == '$') out += "&#36;";
    else if (begins_list || std::string_view("\\`*_{}[]#|~!").find(c) != std::string_view::npos) out += std::string("\\") + c;
    else out += c;
    if (would_act(text, at)) out += nothing;
  }
  return out;
}

std::string code_span(const std::string& foreign) {
  const std::string text = with_spelled(with_spelled(shortened(foreign), '`', "\\x60"), '|', "\\x7c");
  return text.empty() ? "" : "`" + text + "`";
}

std::string fenced(const std::string& language, const std::string& lines) {
  std::size_t longest = 2, run = 0;
  for (const char c : lines) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  std::string text = printable_lines(lines);
  if (!text.ends_with("\n")) text += "\n";
  return fence + language + "\n" + text + fence + "\n";
}

std::string folded(const std::string& title, const std::string& text) {
  return "<details><summary>" + title + "</summary>\n\n" + text + "\n</details>\n";
}

}  // namespace assay
