#include "cli/html/stage.hpp"

#include <algorithm>
#include <numeric>

#include "cli/text.hpp"

namespace assay::html {
namespace {

constexpr double widest_step = 200, narrowest_letter = 3.3;
constexpr int head_columns = 15, least_columns = 8;
constexpr Look drawn_look{.colour = false, .utf8 = true, .columns = 0};

// At 12 pixels in a wide font; rather too much than too little.
double width_of(char letter) {
  static constexpr std::string_view narrow = " !'(),-./:;I[\\]fijlrt|", wide = "#&+<=>^~w", widest = "%@MWm";
  const auto byte = static_cast<unsigned char>(letter);
  if (byte >= 0x80) return byte >= 0xC0 ? 12 : 0;  // a letter of several bytes counts once
  if (narrow.find(letter) != std::string_view::npos) return 5;
  if (widest.find(letter) != std::string_view::npos) return 12;
  return wide.find(letter) != std::string_view::npos || (letter >= 'A' && letter <= 'Z') ? 10 : 7.7;
}

double width_of(const std::string& words) {
  return std::accumulate(words.begin(), words.end(), 0.0, [](double sum, char letter) { return sum + width_of(letter); });
}

std::string classes(const char* kind, Tone tone) {
  return std::string(kind) + (tone == Tone::plain ? "" : " ") + name_of(tone);
}

std::string name_of_lane(const Lane& lane, const std::string& system) {
  if (lane == broker_lane()) return system.empty() ? "broker" : system;
  return lane == sink_lane() ? "sink" : lane.process;
}

std::string more_of_lane(const Lane& lane, const std::string& system) {
  if (lane == broker_lane()) return system.empty() ? "" : "broker";
  if (lane == sink_lane()) return "final scan";
  return lane.incarnation > 0 ? "#" + std::to_string(lane.incarnation) : "";
}

std::string move_to(double x, double y) { return "M" + at(x) + " " + at(y); }
std::string line_to(double x, double y) { return "L" + at(x) + " " + at(y); }

}  // namespace

const char* colour_of(Tone tone) { return tone == Tone::bad ? ink::bad : tone == Tone::good ? ink::good : ink::dark; }
const char* name_of(Tone tone) { return tone == Tone::bad ? "bad" : tone == Tone::good ? "good" : ""; }

Stage::Stage(double left, double right, std::vector<Life> lives)
    : left_(left),
      right_(right),
      step_(std::min(widest_step, (right - left) / static_cast<double>(std::max<std::size_t>(1, lives.size())))),
      lives_(std::move(lives)) {}

std::optional<double> Stage::x_of(const Lane& lane) const {
  const auto found = std::find_if(lives_.begin(), lives_.end(), [&](const Life& life) { return life.lane == lane; });
  if (found == lives_.end()) return std::nullopt;
  return left_ + step_ * (static_cast<double>(found - lives_.begin()) + 0.5);
}

Markup Stage::heads(const std::string& title, const std::string& system) const {
  Markup all;
  if (!title.empty())
    all += element("text",
                   {{"x", at(left_)},
                    {"y", "14"},
                    {"class", "lane"},
                    {"font-size", "12.5"},
                    {"font-weight", "600"},
                    {"fill", ink::dark}},
                   text(title));
  for (const auto& life : lives_) {
    const std::string x = at(*x_of(life.lane));
    const int columns = std::min(head_columns, static_cast<int>(step_ / 7));
    all += element("text",
                   {{"x", x},
                    {"y", "44"},
                    {"class", "lane"},
                    {"font-size", "12.5"},
                    {"font-weight", "600"},
                    {"fill", ink::dark},
                    {"text-anchor", "middle"}},
                   text(name_of_lane(life.lane, system), columns));
    all += element("text",
                   {{"x", x},
                    {"y", "60"},
                    {"class", "lane-more"},
                    {"font-size", "11.5"},
                    {"fill", ink::muted},
                    {"text-anchor", "middle"}},
                   more_of_lane(life.lane, system));
  }
  return all;
}

Markup Stage::lines() const {
  Markup all;
  for (const auto& life : lives_) {
    const double x = *x_of(life.lane);
    for (const auto& stretch : life.stretches) {
      const double from = stretch.first < 0 ? head_height - 10 : y_of(stretch.first);
      all += line(x, from, x, y_of(stretch.last),
                  {{"class", "life"}, {"stroke", ink::hair}, {"stroke-dasharray", stretch.paused ? "2 4" : ""}});
    }
    for (const int row : life.births) all += ring(x, y_of(row));
  }
  return all;
}

double y_of(int row) { return head_height + row_height * (row + 0.5); }

Markup line(double x1, double y1, double x2, double y2, const Attributes& look) {
  Attributes all{{"x1", at(x1)}, {"y1", at(y1)}, {"x2", at(x2)}, {"y2", at(y2)}};
  all.insert(all.end(), look.begin(), look.end());
  return leaf("line", all);
}

std::string within(const std::string& words, double room) {
  const std::string all = printable(words);
  int columns = std::min(columns_of(all), static_cast<int>(room / narrowest_letter));
  std::string shown = cut(all, columns, drawn_look);
  while (columns > least_columns && width_of(shown) > room) shown = cut(all, --columns, drawn_look);
  return shown;
}

Placing placing_of(const Stage& stage, double x, const std::string& words, const char* anchor) {
  const std::string_view kind = anchor;
  const double room = kind == "start" ? stage.right() - x
                      : kind == "end" ? x - stage.left()
                                      : stage.right() - stage.left();
  const std::string shown = within(words, room);
  const double width = width_of(shown), half = width / 2;
  if (kind == "middle") x = std::max(stage.left() + half, std::min(x, stage.right() - half));
  return {shown, x, kind == "start" ? x + width : kind == "end" ? x : x + half};
}

Markup label(const Stage& stage, double x, double y, const std::string& words, const char* anchor, Tone tone) {
  const Placing placing = placing_of(stage, x, words, anchor);
  return element("text",
                 {{"x", at(placing.x)},
                  {"y", at(y)},
                  {"class", classes("label", tone)},
                  {"font-size", "12"},
                  {"fill", colour_of(tone)},
                  {"text-anchor", anchor}},
                 whole(placing.words));
}

Markup arrow(double from, double to, double y, bool dashed, Tone tone) {
  const double way = to > from ? 1 : -1, tip = to - 4 * way;
  Markup drawn = line(from + 4 * way, y, tip, y,
                      {{"class", classes(dashed ? "arrow reply" : "arrow", tone)},
                       {"stroke", colour_of(tone)},
                       {"stroke-dasharray", dashed ? "4 3" : ""}});
  drawn += leaf("path", {{"d", move_to(tip - 6 * way, y - 3.5) + line_to(tip, y) + line_to(tip - 6 * way, y + 3.5)},
                         {"class", classes("tip", tone)},
                         {"fill", "none"},
                         {"stroke", colour_of(tone)}});
  return drawn + dot(from, y, tone);
}

Markup square(double x, double y, Tone tone) {
  return leaf("rect", {{"x", at(x - 5)},
                       {"y", at(y - 5)},
                       {"width", "10"},
                       {"height", "10"},
                       {"class", classes("fact", tone)},
                       {"fill", colour_of(tone)}});
}

Markup empty_square(double x, double y) {
  return leaf("rect", {{"x", at(x - 5)},
                       {"y", at(y - 5)},
                       {"width", "10"},
                       {"height", "10"},
                       {"class", "missing"},
                       {"fill", ink::paper},
                       {"stroke", ink::bad},
                       {"stroke-width", "1.6"}});
}

Markup cross(double x, double y) {
  return leaf("path",
              {{"d", move_to(x - 6, y - 6) + line_to(x + 6, y + 6) + move_to(x + 6, y - 6) + line_to(x - 6, y + 6)},
               {"class", "cross"},
               {"fill", "none"},
               {"stroke", ink::bad},
               {"stroke-width", "3"}});
}

Markup bars(double x, double y) {
  return leaf("path",
              {{"d", move_to(x - 3, y - 6) + line_to(x - 3, y + 6) + move_to(x + 3, y - 6) + line_to(x + 3, y + 6)},
               {"class", "cross"},
               {"fill", "none"},
               {"stroke", ink::bad},
               {"stroke-width", "3"}});
}

Markup ring(double x, double y) {
  return leaf("circle", {{"cx", at(x)},
                         {"cy", at(y)},
                         {"r", "5"},
                         {"class", "ring"},
                         {"fill", ink::paper},
                         {"stroke", ink::dark},
                         {"stroke-width", "1.5"}});
}

Markup dot(double x, double y, Tone tone) {
  return leaf("circle",
              {{"cx", at(x)}, {"cy", at(y)}, {"r", "3"}, {"class", classes("fact", tone)}, {"fill", colour_of(tone)}});
}

Markup bracket(double x, double bar, double from, double to, const std::string& words) {
  Markup drawn = leaf("path", {{"d", move_to(x + 12, from) + "H" + at(bar) + "V" + at(to) + "H" + at(x + 12)},
                               {"class", "bracket"},
                               {"fill", "none"},
                               {"stroke", ink::bad},
                               {"stroke-width", "1.5"}});
  return drawn + element("text",
                         {{"x", at(bar + 7)},
                          {"y", at((from + to) / 2 + 4)},
                          {"class", "label bad"},
                          {"font-size", "12.5"},
                          {"font-weight", "600"},
                          {"fill", ink::bad}},
                         words);
}

}  // namespace assay::html
