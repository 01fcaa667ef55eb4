#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

#include "checker/history/windows.hpp"
#include "cli/diagnostic.hpp"
#include "cli/evidence-text.hpp"
#include "cli/html/sections.hpp"
#include "cli/html/stage.hpp"
#include "cli/text.hpp"

namespace assay::html {
namespace {

// One window, struck in one target by some kinds of faults.
struct WindowLine {
  std::string window, meaning, owner, target;
  std::map<std::string, const Json*> by_kind;
  bool reached = true;
};

constexpr double scale_width = 70, scale_height = 12;

// "consumer" of C.received, of consumer:idle and of a window nobody knows.
std::string whose(const std::string& window, const std::string& target) {
  if (const auto owner = owner_of(window); !owner.empty()) return owner;
  const auto colon = window.find(':');
  return colon == std::string::npos ? target : window.substr(0, colon);
}

std::size_t rank_of(const std::string& owner) {
  static const std::vector<std::string> path{"producer", "pipeline", "broker", "consumer"};
  return static_cast<std::size_t>(std::find(path.begin(), path.end(), owner) - path.begin());
}

std::vector<WindowLine> window_lines(const Json& report) {
  std::vector<WindowLine> lines;
  for (const auto& cell : list_in(report, "windows")) {
    const std::string window = text_in(cell, "window"), target = text_in(cell, "target");
    auto line = std::find_if(lines.begin(), lines.end(),
                             [&](const WindowLine& known) { return known.window == window && known.target == target; });
    if (line == lines.end())
      line = lines.insert(lines.end(), {window, text_in(cell, "meaning"), whose(window, target), target, {}});
    line->by_kind[text_in(cell, "kind")] = &cell;
  }
  static const std::string unreached = ": not reached";
  for (const auto& item : texts_in(report, "not_tested"))
    if (item.ends_with(unreached)) {
      const std::string window = item.substr(0, item.size() - unreached.size());
      lines.push_back({.window = window,
                       .meaning = "",
                       .owner = whose(window, ""),
                       .target = whose(window, ""),
                       .by_kind = {},
                       .reached = false});
    }
  std::stable_sort(lines.begin(), lines.end(), [](const WindowLine& a, const WindowLine& b) {
    return std::pair(rank_of(a.owner), place_of(a.window)) < std::pair(rank_of(b.owner), place_of(b.window));
  });
  return lines;
}

std::string digits(double number) {
  char out[32];
  std::snprintf(out, sizeof out, "%.3g", number);
  return out;
}

// From 0 to 1, what p can be at 95 %.
Markup scale(const Part& part, const Json& cell) {
  if (!part.detail.pictures || !field(cell, "upper").is_number()) return {};
  const double lower = field(cell, "lower").is_number() ? decimal_in(cell, "lower") : 0;
  const double y = scale_height / 2, end = std::clamp(decimal_in(cell, "upper"), 0.0, 1.0) * scale_width,
               start = std::clamp(lower, 0.0, 1.0) * scale_width;
  const bool bad = number_in(cell, "violating") > 0;
  return element(
      "svg",
      {{"xmlns", "http://www.w3.org/2000/svg"},
       {"class", bad ? "chance bad" : "chance"},
       {"viewBox", "0 0 " + at(scale_width) + " " + at(scale_height)},
       {"width", at(scale_width)},
       {"height", at(scale_height)},
       {"aria-hidden", "true"}},
      line(0, y, scale_width, y, {{"class", "scale"}, {"stroke", ink::hair}}) +
          line(start, y, end, y, {{"class", "range"}, {"stroke", bad ? ink::bad : ink::dark}, {"stroke-width", "3"}}));
}

std::string bound(const Json& cell) {
  if (number_in(cell, "violating") > 0 && field(cell, "lower").is_number())
    return "p above " + digits(decimal_in(cell, "lower"));
  return field(cell, "upper").is_number() ? "p below " + digits(decimal_in(cell, "upper")) : "";
}

// The drawn witness of a cell's anomalies; empty: none.
std::string witness_of(const Part& part, const Json& cell) {
  const Json& witnesses = list_in(part.report, "witnesses");
  for (std::size_t i = 0; i < std::min(witnesses.size(), part.detail.witnesses); ++i)
    if (text_in(witnesses[i], "cell") == text_in(cell, "window") &&
        text_in(witnesses[i], "fault").starts_with(text_in(cell, "kind") + ":"))
      return witness_id(part, i);
  return "";
}

Markup letter(const Part& part, const Json& cell) {
  const std::string letters = text_in(cell, "letters");
  if (letters.empty() || letters == "-") return element("span", {{"class", "letter none"}}, "\xE2\x80\x93");
  const std::string look = letters == "L" ? "letter lost" : "letter found", witness = witness_of(part, cell);
  if (witness.empty()) return element("b", {{"class", look}}, letters);
  return element("a", {{"class", look}, {"href", "#" + witness}}, letters);
}

Markup cell_of(const Part& part, const WindowLine& row, const std::string& kind) {
  const auto found = row.by_kind.find(kind);
  if (found == row.by_kind.end()) return element("td", {{"class", "aside"}}, "not planned");
  const Json& cell = *found->second;
  const std::int64_t landed = number_in(cell, "landed"), floor = number_in(cell, "floor");
  const std::string count = grouped(number_in(cell, "violating")) + " of " + grouped(landed);
  std::vector<std::string> more;
  if (const std::string p = bound(cell); !p.empty()) more.push_back(p);
  if (number_in(cell, "planned") > landed) more.push_back(grouped(number_in(cell, "planned")) + " planned");
  if (landed < floor) more.push_back(grouped(floor) + " needed");
  if (floor == 0) more.push_back("counts for no claimed clause");
  const std::string bounds = window_bounds(part.report, cell);
  const std::string sentence = kind + " of " + row.target + " at " + row.window + ": " + count +
                               " landed faults violated the claim" + (bounds.empty() ? "" : "; " + bounds);
  return element("td", {{"aria-label", cut(printable(sentence), part.detail.columns, {.colour = false, .utf8 = true})}},
                 letter(part, cell) + text(" ") + element("span", {{"class", "count"}}, count) + text(" ") +
                     scale(part, cell) + text(" ") + element("small", {}, joined(more)));
}

Markup row_of(const Part& part, const WindowLine& row, const std::vector<std::string>& kinds) {
  Markup name = element("code", {}, part.line(row.window));
  if (row.target != row.owner) name += text(" ") + element("span", {{"class", "aside"}}, part.line("of " + row.target));
  Markup cells = element("th", {{"scope", "row"}}, name) + element("td", {{"class", "aside"}}, part.line(row.meaning));
  for (const auto& kind : kinds)
    cells += row.reached ? cell_of(part, row, kind)
                         : element("td", {{"class", "aside"}},
                                   element("span", {{"class", "letter closed"}}, "\xC2\xB7") + text(" not reached"));
  return element("tr", {}, cells);
}

}  // namespace

Markup windows_section(const Part& part) {
  const Json& windows = list_in(part.report, "windows");
  const auto lines = window_lines(part.report);
  if (windows.empty()) return {};
  std::set<std::string> kinds;
  for (const auto& cell : windows) kinds.insert(text_in(cell, "kind"));
  const std::vector<std::string> columns(kinds.begin(), kinds.end());

  std::vector<std::string> titles{"window", "what it is"};
  titles.insert(titles.end(), columns.begin(), columns.end());
  Markup rows;
  std::string owner;
  for (const auto& row : lines) {
    if (row.owner != owner)
      rows += element(
          "tr", {{"class", "group"}},
          element("th", {{"scope", "rowgroup"}, {"colspan", std::to_string(titles.size())}}, part.line(row.owner)));
    owner = row.owner;
    rows += row_of(part, row, columns);
  }
  const std::string why = why_no_bounds(part.report);
  const std::string about = "Where faults struck: how many of the landed ones violated the claim. " +
                            (why.empty() ? "p is the chance that one more landed fault there violates it, with "
                                           "one-sided bounds at 95 %, under this workload."
                                         : "No bounds: " + why + ".");
  return element("section", {{"id", part.id("windows")}},
                 part.heading(2, "Crash windows") + element("p", {{"class", "sub"}}, about) +
                     table("windows", "crash windows by kind of fault", titles, rows) +
                     element("p", {{"class", "aside"}},
                             legend(windows) +
                                 (list_in(part.report, "witnesses").empty() ? "" : "; a letter leads to its witness")));
}

}  // namespace assay::html
