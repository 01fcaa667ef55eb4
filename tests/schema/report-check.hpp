// Every report that a test makes is held against the schema of reports here.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace assay {

// What the schema has against a report, or against several in one.
std::vector<std::string> schema_faults(const nlohmann::ordered_json& report);

// What a schema cannot say: numbers and findings that contradict each other. Of
// whole runs only; those made by hand for a test need not add up.
std::vector<std::string> sum_faults(const nlohmann::ordered_json& report);

}  // namespace assay
