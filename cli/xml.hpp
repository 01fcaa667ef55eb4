// XML, as much of it as a JUnit file needs. Whatever the text holds, what comes
// out is well-formed: controls, marks that turn text around and bytes that are no
// UTF-8 are spelled out as on the terminal, so nothing is left to escape but
// the markup.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace assay {

using XmlAttributes = std::vector<std::pair<const char*, std::string>>;

// Text or the value of an attribute, on one line.
std::string xml_text(const std::string& foreign);

std::string xml_start(const char* name, const XmlAttributes& attributes);  // "<name key="value">"
std::string xml_end(const char* name);

// One element on a line of its own: "<name key="value">text</name>". The text
// keeps its lines; an attribute is one line.
std::string xml_element(const char* name, const XmlAttributes& attributes, const std::string& text = "");

}  // namespace assay
