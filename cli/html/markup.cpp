#include "cli/html/markup.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "cli/text.hpp"
#include "cli/xml.hpp"

namespace assay::html {
namespace {

constexpr Look page_look{.colour = false, .utf8 = true, .columns = 0};

// All others end a line, so that no line of the page is endless.
bool within_a_line(std::string_view name) {
  constexpr std::array<std::string_view, 7> names{"a", "b", "code", "span", "small", "td", "th"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string tag(const char* name, const Attributes& attributes) {
  std::string out = std::string("<") + name;
  for (const auto& [key, value] : attributes) {
    const std::string_view word = key;
    assert(word != "style" && !word.starts_with("on"));
    if (!value.empty()) out.append(" ").append(word).append("=\"").append(xml_text(value)).append("\"");
  }
  return out;
}

}  // namespace

Markup& Markup::operator+=(const Markup& more) {
  bytes_ += more.bytes_;
  return *this;
}

Markup operator+(Markup first, const Markup& second) { return first += second; }

Markup element(const char* name, const Attributes& attributes, const Markup& inside) {
  const std::string end = std::string("</") + name + (within_a_line(name) ? ">" : ">\n");
  return Markup(tag(name, attributes) + ">" + inside.bytes() + end);
}

Markup element(const char* name, const Attributes& attributes, const std::string& foreign) {
  return element(name, attributes, text(foreign));
}

Markup leaf(const char* name, const Attributes& attributes) { return Markup(tag(name, attributes) + "/>\n"); }

Markup text(const std::string& foreign, int columns) { return whole(cut(printable(foreign), columns, page_look)); }

Markup whole(const std::string& foreign) { return Markup(xml_text(foreign)); }

Markup our_own(const char* file) { return Markup(std::string(file)); }

std::string at(double coordinate) {
  const std::string digits = fixed(coordinate, 1);
  return digits.ends_with(".0") ? digits.substr(0, digits.size() - 2) : digits;
}

}  // namespace assay::html
