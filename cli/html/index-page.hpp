// A page for a folder of reports: a row a profile. A pure function of the index.
#pragma once

#include <string>

#include "cli/fields.hpp"

namespace assay {

// `to_folder`: the way from where the page will be to the folder, "" or "../reports/", for its links.
std::string index_page(const Json& index, const std::string& to_folder);

}  // namespace assay
