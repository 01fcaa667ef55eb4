// What an adapter prints about its system, held against what it may print.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace assay {

// What is wrong with the description of the system `name`, or nothing;
// agents/systems/describe.md is what it is held against.
std::string fault_of_description(const nlohmann::ordered_json& described, const std::string& name);

// How many servers the settings ask for, by what the system says of itself.
std::int64_t nodes_in(const nlohmann::ordered_json& described, const nlohmann::ordered_json& settings);

}  // namespace assay
