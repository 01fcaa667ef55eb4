// Contrast as WCAG 2 has it, from the custom properties of page.css.
#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <regex>

#include "cli/html/stage.hpp"
#include "tests/html/read-page.hpp"

using namespace assay;

namespace {

using Palette = std::map<std::string, std::string>;

std::string style() { return contents(ASSAY_SOURCE_DIR "/cli/html/page.css"); }

// The block that begins with this selector.
Palette palette(const std::string& selector) {
  static const std::regex property("--([a-z]+): (#[0-9a-f]{6})");
  const std::string css = style(),
                    block = css.substr(css.find(selector), css.find('}', css.find(selector)) - css.find(selector));
  Palette colours;
  for (std::sregex_iterator found(block.begin(), block.end(), property), end; found != end; ++found)
    colours[(*found)[1]] = (*found)[2];
  return colours;
}

const Palette light = palette(":root {"), dark = palette(":root[data-theme=\"dark\"] {"),
              by_system = palette(":root:not([data-theme=\"light\"]) {"),
              print = palette(":root, :root:not([data-theme=\"light\"])");

double luminance(const std::string& colour) {
  const auto part = [&](std::size_t from) {
    const double value = std::stoi(colour.substr(from, 2), nullptr, 16) / 255.0;
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}

double contrast(const std::string& one, const std::string& other) {
  const double a = luminance(one), b = luminance(other);
  return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
}

}  // namespace

TEST_CASE("text stands out from what is behind it, in every theme") {
  CHECK(contrast("#ffffff", "#000000") == doctest::Approx(21));
  const std::vector<std::pair<std::string, std::string>> pairs{
      {"ink", "paper"},  {"muted", "paper"}, {"bad", "paper"}, {"good", "paper"}, {"open", "paper"},
      {"ink", "soft"},   {"muted", "soft"},  {"bad", "soft"},  {"good", "soft"},  {"ink", "band"},
      {"muted", "band"}, {"bad", "band"},    {"good", "band"}};
  for (const Palette& theme : {light, dark, print}) {
    REQUIRE(theme.size() == 10);
    for (const auto& [text, ground] : pairs) {
      CAPTURE(text);
      CAPTURE(ground);
      CHECK(contrast(theme.at(text), theme.at(ground)) >= 4.5);
    }
  }
}

TEST_CASE("the button's dark theme is the system's") { CHECK(dark == by_system); }

TEST_CASE("shapes that lost their style have the light theme's colours") {
  CHECK(light.at("ink") == html::ink::dark);
  CHECK(light.at("muted") == html::ink::muted);
  CHECK(light.at("edge") == html::ink::hair);
  CHECK(light.at("bad") == html::ink::bad);
  CHECK(light.at("good") == html::ink::good);
  CHECK(light.at("band") == html::ink::band);
  CHECK(light.at("paper") == html::ink::paper);
}

TEST_CASE("the style uses no colour but those of its themes") {
  const std::string css = style(), rules = css.substr(css.find("* { box-sizing"),
                                                      css.find("@media print") - css.find("* { box-sizing"));
  CHECK_FALSE(std::regex_search(rules, std::regex("#[0-9a-fA-F]{3,8}\\b(?![^{]*\\{)")));
}
