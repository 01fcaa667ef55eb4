// The report as GitHub-flavoured Markdown, for the page of a job or a comment. A
// pure function of the report.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace assay {

// `report` is an assay-report/1, or an assay-reports/1: then a table with a line
// for each, and a section for each that has something to tell. Below 60,000
// bytes, since a comment holds 65,536 characters: sections that find no room are
// left out whole, and named.
std::string summary(const nlohmann::ordered_json& report);

}  // namespace assay
