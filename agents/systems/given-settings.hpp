// The settings of a profile against those that an adapter describes
// (systems/describe.md): cli has checked them before, but an adapter can be run
// by hand.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace assay {

// Every setting of `described` with its value: as given, or its default. `system`
// is its name for people. Throws std::runtime_error for a value of another type,
// one that is not among its values or out of its range, and for a setting that
// means nothing beside the others ("with") and would be ignored.
nlohmann::ordered_json complete_settings(const std::string& system, const nlohmann::ordered_json& described, const nlohmann::json& given);

}  // namespace assay
