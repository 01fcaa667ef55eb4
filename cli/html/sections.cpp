#include "cli/html/sections.hpp"

#include "cli/html/stage.hpp"

namespace assay::html {
namespace {

Markup glyph(const Markup& shapes) {
  return element("svg",
                 {{"xmlns", "http://www.w3.org/2000/svg"},
                  {"class", "glyph"},
                  {"viewBox", "0 0 16 16"},
                  {"width", "16"},
                  {"height", "16"},
                  {"aria-hidden", "true"}},
                 shapes);
}

Markup sign(const char* path) {
  return leaf("path", {{"class", "sign"},
                       {"d", path},
                       {"fill", "none"},
                       {"stroke", ink::paper},
                       {"stroke-width", "1.8"},
                       {"stroke-linecap", "round"}});
}

Markup shape_of(const std::string& verdict) {
  if (verdict == "violated")
    return glyph(leaf("rect", {{"class", "shape"},
                               {"x", "1"},
                               {"y", "1"},
                               {"width", "14"},
                               {"height", "14"},
                               {"rx", "2"},
                               {"fill", ink::bad}}) +
                 sign("M5 5L11 11M11 5L5 11"));
  if (verdict == "upheld")
    return glyph(leaf("circle", {{"class", "shape"}, {"cx", "8"}, {"cy", "8"}, {"r", "7"}, {"fill", ink::good}}) +
                 sign("M4.6 8.3L7 10.7L11.4 5.6"));
  if (verdict == "inconclusive")
    return glyph(leaf("circle", {{"class", "shape half"},
                                 {"cx", "8"},
                                 {"cy", "8"},
                                 {"r", "6.3"},
                                 {"fill", ink::paper},
                                 {"stroke", "#765400"},
                                 {"stroke-width", "1.5"}}) +
                 leaf("path", {{"class", "shape"}, {"d", "M8 1.7A6.3 6.3 0 0 0 8 14.3Z"}, {"fill", "#765400"}}));
  return {};
}

}  // namespace

Markup Part::heading(int level, const std::string& words) const {
  return element(("h" + std::to_string(level + depth)).c_str(), {}, text(words, detail.columns));
}

Markup verdict_word(const std::string& verdict) {
  const std::string word = verdict == "not_applicable" ? "not applicable" : verdict;
  return element("span", {{"class", "word " + verdict}}, shape_of(verdict) + text(" ") + text(word));
}

Markup table(const std::string& name, const std::string& caption, const std::vector<std::string>& titles,
             const Markup& rows) {
  Markup head;
  for (const auto& title : titles) head += element("th", {{"scope", "col"}}, title);
  return element("div", {{"class", "wide"}},
                 element("table", {{"class", name}, {"aria-label", caption}},
                         element("thead", {}, element("tr", {}, head)) + element("tbody", {}, rows)));
}

}  // namespace assay::html
