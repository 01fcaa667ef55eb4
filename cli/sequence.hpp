// A witness as a mermaid sequence diagram, which GitHub and GitLab draw.
#pragma once

#include <string>

#include "cli/fields.hpp"

namespace assay {

// Empty where a diagram would show nothing or too much: no events, or more
// lanes than fit a page.
std::string sequence_diagram(const Json& report, const Json& witness);

// Letters, digits, ". _ - /", space and comma: all else means something to mermaid.
std::string mermaid_label(const std::string& foreign);

}  // namespace assay
