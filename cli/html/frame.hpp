// What all pages have around their sections: head, policy, style, script.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/html/markup.hpp"

namespace assay::html {

using Links = std::vector<std::pair<std::string, std::string>>;  // of a section, and what it is called

// A whole page. It asks nobody for anything, and runs nothing but our own script.
std::string page_of(const std::string& title, const std::string& when, const Links& links, const Markup& sections,
                    const std::string& foot);

}  // namespace assay::html
