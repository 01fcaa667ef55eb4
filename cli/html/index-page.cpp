#include "cli/html/index-page.hpp"

#include <map>

#include "cli/html/frame.hpp"
#include "cli/html/sections.hpp"
#include "cli/html/stage.hpp"
#include "cli/text.hpp"

namespace assay {
namespace html {
namespace {

constexpr double bar_step = 9, bar_side = 6;

// Shape and height tell verdicts apart without colour: violated hangs, inconclusive is hollow.
Markup bar_of(const std::string& verdict, double x) {
  if (verdict == "violated")
    return leaf("rect", {{"class", "bad"}, {"x", at(x)}, {"y", "9"}, {"width", at(bar_side)}, {"height", "9"}, {"fill", ink::bad}});
  if (verdict == "inconclusive")
    return leaf("rect", {{"class", "open"}, {"x", at(x + .5)}, {"y", "6.5"}, {"width", at(bar_side - 1)}, {"height", "5"}, {"fill", "none"}, {"stroke", "#765400"}});
  return leaf("rect", {{"class", "good"}, {"x", at(x)}, {"y", "0"}, {"width", at(bar_side)}, {"height", "9"}, {"fill", ink::good}});
}

Markup trend_of(const Json& entry) {
  const Json& runs = list_in(entry, "runs");
  Markup bars;
  double x = 0;
  std::map<std::string, std::int64_t> counts;
  for (const auto& run : runs) {
    bars += bar_of(text_in(run, "verdict"), x);
    x += bar_step;
    ++counts[text_in(run, "verdict")];
  }
  std::vector<std::string> words;
  for (const auto& [verdict, count] : counts) words.push_back(grouped(count) + " " + verdict);
  return element("svg", {{"xmlns", "http://www.w3.org/2000/svg"}, {"class", "trend"}, {"viewBox", "0 0 " + at(x) + " 18"}, {"width", at(x)}, {"height", "18"}, {"aria-hidden", "true"}}, bars) +
         text(" ") + element("small", {}, joined(words));
}

// Ids and names of files come from outside: what is no plain path has no link.
bool is_plain(const std::string& path) {
  return !path.empty() && path.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/+@, ") == std::string::npos;
}

std::string link_to(const std::string& path) {
  std::string link;
  for (const char c : path) link += c == ' ' ? "%20" : std::string(1, c);
  return link;
}

Markup name_of(const Json& entry, const std::string& to_folder) {
  const std::string name = text_in(entry, "profile"), page = to_folder + text_in(entry, "page");
  const bool linked = !text_in(entry, "page").empty() && is_plain(page);
  return (linked ? element("a", {{"href", link_to("./" + page)}}, name) : text(name)) + text(" ") + element("small", {}, text_in(entry, "claim"));
}

std::string windows_of(const Json& entry) {
  const auto windows = number_in(entry, "windows"), lacking = number_in(entry, "short"), violating = number_in(entry, "violating");
  std::string words = counted(windows, "window") + ", " + counted(number_in(entry, "landed"), "landed fault");
  if (violating > 0) words += "; " + grouped(violating) + " with violations";
  if (lacking > 0) words += "; " + grouped(lacking) + " below their floor";
  return words;
}

Markup row_of(const Json& entry, const std::string& to_folder) {
  return element("tr", {{"data-verdict", text_in(entry, "verdict")}},
                 element("td", {}, verdict_word(text_in(entry, "verdict"))) + element("th", {{"scope", "row"}}, name_of(entry, to_folder)) +
                     element("td", {}, windows_of(entry)) + element("td", {}, trend_of(entry)) +
                     element("td", {}, text(text_in(entry, "started")) + text(" ") + element("small", {}, text_in(entry, "file"))));
}

Markup unreadable_of(const Json& index) {
  Markup items;
  for (const auto& file : texts_in(index, "unreadable")) items += element("li", {}, file);
  if (items.empty()) return {};
  return element("section", {{"id", "unreadable"}}, element("h2", {}, "Not readable") + element("p", {{"class", "sub"}}, "These begin like a report and are none.") + element("ul", {}, items));
}

std::string counts_of(const Json& profiles) {
  std::map<std::string, std::int64_t> counts;
  for (const auto& entry : profiles) ++counts[text_in(entry, "verdict")];
  std::vector<std::string> words;
  for (const char* verdict : {"violated", "inconclusive", "upheld"})
    if (counts[verdict] > 0) words.push_back(grouped(counts[verdict]) + " " + verdict);
  return joined(words);
}

}  // namespace
}  // namespace html

std::string index_page(const Json& index, const std::string& to_folder) {
  using namespace html;
  const Json& profiles = list_in(index, "profiles");
  std::string latest;
  Markup rows;
  for (const auto& entry : profiles) {
    rows += row_of(entry, to_folder);
    latest = std::max(latest, text_in(entry, "started"));
  }
  const std::string counts = counts_of(profiles);
  const Markup sections =
      element("section", {{"id", "overview"}},
              element("h1", {}, counts) +
                  element("p", {{"class", "sub"}}, "The latest result of each profile, and its runs before, oldest first: a blue bar stands for upheld, a hanging one for violated, a hollow one for inconclusive.") +
                  table("clauses index", "profiles", {"verdict", "profile", "windows", "runs", "latest"}, rows)) +
      unreadable_of(index);
  return page_of(counts + " \xC2\xB7 assay", latest, {{"overview", "profiles"}}, sections, "reports below " + text_in(index, "folder"));
}

}  // namespace assay
