// The report as one page for people: a single file that asks for nothing, can be
// read without its style and its script, and looks the same in ten years.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace assay {

// `report` is an assay-report/1, or an assay-reports/1 with a section each. A
// pure function: the same report gives the same bytes. At most 1 MB: witnesses
// and lists that find no room are left out, and the footer says so; verdict,
// clauses and windows never are.
std::string html_page(const nlohmann::ordered_json& report);

}  // namespace assay
