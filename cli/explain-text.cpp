#include "cli/explain-text.hpp"

#include "cli/text.hpp"

namespace assay {

void explain_under(Lines& lines, const std::string& label, const std::string& text, const Look& look) {
  constexpr std::size_t as_long_as_it_takes = 1000;
  if (!text.empty()) append(lines, labelled(label, shown(text, look), as_long_as_it_takes, look));
}

void explain_head(Lines& lines, const std::string& title, const Look& look) {
  if (!lines.empty()) lines.push_back({});
  lines.push_back({shown(title, look), Paint::strong, std::string::npos, false});
}

void explain_command_line(Lines& lines, const std::string& label, const std::string& command) {
  lines.push_back({"  " + left(label, 11) + " " + command, Paint::none, std::string::npos, true});
}

}  // namespace assay
