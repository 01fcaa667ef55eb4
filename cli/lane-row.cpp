#include "cli/lane-row.hpp"

#include <algorithm>

#include "cli/text.hpp"

namespace assay {
namespace {

std::string times(const std::string& sign, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += sign;
  return text;
}

// The first that takes no more columns; where none does, as much of the last as there is room for.
std::string fitting(const std::vector<std::string>& words, int room, const Look& look) {
  for (const auto& one : words)
    if (columns_of(one) <= room) return one;
  return words.empty() || room <= 0 ? "" : cut(words.back(), room, look);
}

}  // namespace

const Signs& signs_for(const Look& look) {
  static const Signs drawn{"│", "┊", "●", "✗", "‖", "○", "■", "□", "─", "╌", "▶", "◀", "⋮"};
  static const Signs typed{"|", ":", "*", "x", "=", "o", "#", "?", "-", ".", ">", "<", ":"};
  return look.utf8 ? drawn : typed;
}

void LaneRow::bar(int column, const std::string& sign) { bars_[column] = sign; }

void LaneRow::put(int column, const std::string& text) { pieces_[column] = text; }

void LaneRow::arrow(int from, int to, bool reply, const std::vector<std::string>& words) {
  const Signs& signs = signs_for(look_);
  const int between = std::max(from, to) - std::min(from, to) - 1, lead = look_.utf8 ? 1 : 2;
  const std::string text = fitting(words, between - lead - 1, look_), stroke = reply ? signs.reply : signs.line;
  const int rest = between - lead - 1 - columns_of(text);
  if (from < to) put(from, signs.event + times(stroke, lead) + text + times(stroke, rest) + signs.right);
  else put(to + 1, signs.left + times(stroke, rest) + text + times(stroke, lead) + signs.event);
}

void LaneRow::mark(int column, const std::string& sign, const std::string& words) {
  if (sign.empty()) return put(column, cut(words, look_.columns - column, look_));
  const int right_room = look_.columns - column - columns_of(sign) - 1, left_room = column - columns_of(time_) - 3;
  if (columns_of(words) <= right_room || left_room <= right_room) return put(column, sign + " " + cut(words, right_room, look_));
  const std::string text = cut(words, left_room, look_);
  put(column - columns_of(text) - 1, text + " " + sign);
}

// What is painted is the event, not the lanes that it passes.
Line LaneRow::line(Paint paint) const {
  auto all = pieces_;
  all.insert(bars_.begin(), bars_.end());
  Line line{time_, paint, 0, false};
  for (const auto& [column, text] : all) {
    if (columns_of(line.text) > column) continue;
    line.text = left(line.text, column);
    if (pieces_.contains(column)) line.from = line.text.size(), line.painted = text.size();
    line.text += text;
  }
  return line;
}

}  // namespace assay
