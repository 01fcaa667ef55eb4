#include "cli/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace assay {
namespace {

// One code point; `valid` is false for a byte that begins none.
struct Letter {
  char32_t code = 0;
  std::size_t bytes = 1;
  bool valid = true;
};

Letter letter_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) return {first, 1, true};

  const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  const Letter broken{first, 1, false};
  if (first < 0xC2 || first > 0xF4 || at + bytes > text.size()) return broken;
  char32_t code = first & (0xFFu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return broken;
    code = (code << 6) | (byte(at + i) & 0x3Fu);
  }
  const bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (overlong || surrogate || code > 0x10FFFF) return broken;
  return {code, bytes, true};
}

struct Range {
  char32_t first, last;
};

template <std::size_t size>
bool within(char32_t code, const std::array<Range, size>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](Range range) { return code >= range.first && code <= range.last; });
}

// Controls, marks that turn the direction of text around, and letters without
// a shape: what one reads must be what is there.
constexpr std::array<Range, 14> deceptive{{{0x00, 0x1F}, {0x7F, 0x9F}, {0xAD, 0xAD}, {0x61C, 0x61C}, {0x115F, 0x1160},
                                          {0x180E, 0x180E}, {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},
                                          {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0xE0000, 0xE0FFF}}};
constexpr std::array<Range, 5> combining{{{0x300, 0x36F}, {0x483, 0x489}, {0x591, 0x5BD}, {0x1AB0, 0x1AFF},
                                          {0x20D0, 0x20FF}}};
constexpr std::array<Range, 9> wide{{{0x1100, 0x115F}, {0x2E80, 0xA4CF}, {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},
                                     {0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF},
                                     {0x20000, 0x3FFFD}}};

int columns_of(char32_t code) {
  if (code < 0x300) return 1;
  return within(code, combining) ? 0 : within(code, wide) ? 2 : 1;
}

std::string escaped(const Letter& letter) {
  char out[16];
  const auto code = static_cast<unsigned>(letter.code);
  std::snprintf(out, sizeof out, !letter.valid || code < 0x80 ? "\\x%02x" : "\\u{%04x}", code);
  return out;
}

std::string spelled(std::string_view text, bool ascii_only) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const Letter letter = letter_at(text, at);
    const bool plain = letter.valid && !within(letter.code, deceptive) && (!ascii_only || letter.code < 0x80);
    if (plain) out += text.substr(at, letter.bytes);
    else out += escaped(letter);
    at += letter.bytes;
  }
  return out;
}

// The longest beginning that takes at most so many columns, in bytes.
std::size_t bytes_within(std::string_view text, int columns) {
  std::size_t at = 0;
  while (at < text.size()) {
    const Letter letter = letter_at(text, at);
    columns -= columns_of(letter.code);
    if (columns < 0) break;
    at += letter.bytes;
  }
  return at;
}

bool fits(std::string_view text, int columns) { return bytes_within(text, columns) == text.size(); }

std::string ellipsis(const Look& look) { return look.utf8 ? "…" : "..."; }

}  // namespace

std::string valid_utf8(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const Letter letter = letter_at(text, at);
    out += letter.valid ? text.substr(at, letter.bytes) : "\xEF\xBF\xBD";
    at += letter.bytes;
  }
  return out;
}

std::string printable(const std::string& foreign) { return spelled(foreign, false); }

std::string shown(const std::string& foreign, const Look& look) { return spelled(foreign, !look.utf8); }

int columns_of(std::string_view text) {
  int columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Letter letter = letter_at(text, at);
    columns += columns_of(letter.code);
    at += letter.bytes;
  }
  return columns;
}

std::string cut(const std::string& text, int columns, const Look& look) {
  if (fits(text, columns)) return text;
  const std::string dots = ellipsis(look);
  return text.substr(0, bytes_within(text, std::max(0, columns - columns_of(dots)))) + dots;
}

std::string cut_middle(const std::string& text, int columns, const Look& look) {
  if (columns_of(text) <= columns) return text;
  const std::string dots = ellipsis(look);
  const int room = std::max(0, columns - columns_of(dots));
  const int tail = room - room / 3;
  std::size_t at = bytes_within(text, columns_of(text) - tail);
  while (at < text.size() && columns_of(text.substr(at)) > tail) at += letter_at(text, at).bytes;
  return text.substr(0, bytes_within(text, room / 3)) + dots + text.substr(at);
}

std::string left(const std::string& text, int columns) {
  return text + std::string(static_cast<std::size_t>(std::max(0, columns - columns_of(text))), ' ');
}

std::string right(const std::string& text, int columns) {
  return std::string(static_cast<std::size_t>(std::max(0, columns - columns_of(text))), ' ') + text;
}

std::vector<std::string> wrapped(const std::string& text, int columns, std::size_t limit, const Look& look) {
  std::vector<std::string> lines;
  std::string_view rest = text;
  while (lines.size() + 1 < limit && !fits(rest, columns)) {
    const std::size_t room = bytes_within(rest, columns);
    const std::size_t space = rest.rfind(' ', room);
    const bool breaks = space != std::string_view::npos && space > 0;
    const std::size_t end = breaks ? space : std::max<std::size_t>(1, room);
    lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(breaks ? end + 1 : end);
  }
  lines.push_back(cut(std::string(rest), columns, look));
  return lines;
}

std::string shell_quoted(const std::string& argument) {
  const auto harmless = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_@%+:,./-#=").find(c) != std::string_view::npos;
  };
  const bool plain = !argument.empty() && argument[0] != '#' && argument[0] != '=' &&
                     std::all_of(argument.begin(), argument.end(), harmless);
  if (plain) return argument;

  const bool strange = printable(argument) != argument;
  std::string out = strange ? "$'" : "'";
  for (const char c : argument) {
    const auto byte = static_cast<unsigned char>(c);
    if (strange && (byte < 0x20 || byte >= 0x7F)) {
      char octal[8];
      std::snprintf(octal, sizeof octal, "\\%03o", byte);
      out += octal;
    } else if (strange && (c == '\'' || c == '\\')) {
      out += std::string("\\") + c;
    } else if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string command_line(const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  std::transform(arguments.begin(), arguments.end(), std::back_inserter(words), shell_quoted);
  return joined(words, " ");
}

std::string grouped(std::int64_t number) {
  const std::string digits = std::to_string(number);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const bool between = i > 0 && digits[i - 1] != '-' && (digits.size() - i) % 3 == 0;
    if (between) out += ',';
    out += digits[i];
  }
  return out;
}

std::string counted(std::int64_t number, std::string_view noun) {
  return grouped(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

std::string fixed(double number, int digits) {
  char out[64];
  std::snprintf(out, sizeof out, "%.*f", digits, number);
  return out;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : std::string(between)) + word;
  return out;
}

}  // namespace assay
