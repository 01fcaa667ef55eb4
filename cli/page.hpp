// Lines for a terminal: cut to their columns as plain text, coloured last.
#pragma once

#include <string>
#include <vector>

#include "cli/terminal.hpp"

namespace assay {

// Vermilion, blue and amber stand for the verdicts; there is no red and green pair.
enum class Paint : std::uint8_t { none, strong, faint, violated, upheld, inconclusive };

Paint paint_of(const std::string& verdict);

struct Line {
  std::string text;
  Paint paint = Paint::none;
  std::size_t painted = std::string::npos;  // so many bytes
  bool whole = false;                       // never cut: something to copy
  std::size_t from = 0;                     // painted from this byte on
};

using Lines = std::vector<Line>;

// The lines as they go out, each ended.
std::string print(const Lines& lines, const Look& look);

// "  found       text", going on below itself, at most `limit` lines.
Lines labelled(const std::string& label, const std::string& text, std::size_t limit, const Look& look);

void append(Lines& lines, const Lines& more);

}  // namespace assay
