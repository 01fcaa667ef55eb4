#include "cli/xml.hpp"

#include "cli/judged-run.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

std::string without_markup(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else out += c;
  }
  return out;
}

std::string tag(const char* name, const XmlAttributes& attributes, const char* end) {
  std::string out = std::string("<") + name;
  for (const auto& [key, value] : attributes) out.append(" ").append(key).append("=\"").append(xml_text(value)).append("\"");
  return out + end;
}

}  // namespace

std::string xml_text(const std::string& foreign) { return without_markup(printable(foreign)); }

std::string xml_start(const char* name, const XmlAttributes& attributes) { return tag(name, attributes, ">") + "\n"; }

std::string xml_end(const char* name) { return std::string("</") + name + ">\n"; }

std::string xml_element(const char* name, const XmlAttributes& attributes, const std::string& text) {
  if (text.empty()) return tag(name, attributes, "/>") + "\n";
  return tag(name, attributes, ">") + without_markup(printable_lines(text)) + xml_end(name);
}

}  // namespace assay
