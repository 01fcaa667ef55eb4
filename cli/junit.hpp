// The report as a JUnit file, which CI systems show beside other tests. A pure
// function of the report: no clock, no file, no name of a machine.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace assay {

// `report` is an assay-report/1, or an assay-reports/1 with one suite each.
std::string junit(const nlohmann::ordered_json& report);

}  // namespace assay
