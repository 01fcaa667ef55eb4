// Text for a terminal: what is safe to print, how wide it is, how it is cut.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/terminal.hpp"

namespace assay {

// Invalid UTF-8 becomes U+FFFD; all else stays. JSON cannot carry raw bytes.
std::string valid_utf8(std::string_view text);

// As printable(); without UTF-8 every letter beyond ASCII is escaped, too.
std::string shown(const std::string& foreign, const Look& look);

// Columns that printable text takes.
int columns_of(std::string_view text);

// At most so many columns, with an ellipsis where something was left out: at
// the end, or in the middle for paths.
std::string cut(const std::string& text, int columns, const Look& look);
std::string cut_middle(const std::string& text, int columns, const Look& look);

// Spaces up to so many columns, behind the text or before it.
std::string left(const std::string& text, int columns);
std::string right(const std::string& text, int columns);

// Broken at spaces; the last of at most `limit` lines is cut.
std::vector<std::string> wrapped(const std::string& text, int columns, std::size_t limit, const Look& look);

// A word that a shell reads back as this very argument, in printable ASCII
// where that is needed.
std::string shell_quoted(const std::string& argument);
std::string command_line(const std::vector<std::string>& arguments);

std::string grouped(std::int64_t number);                    // 61,400
std::string counted(std::int64_t number, std::string_view noun);  // "1 window", "3 windows"
std::string fixed(double number, int digits);
std::string joined(const std::vector<std::string>& words, std::string_view between = ", ");

}  // namespace assay
