// What a report's evidence says in a few lines of text. Pure functions of the
// report, like all that is printed. CONTRACTS 4.8 has the rules: no bound
// without the faults that it speaks of, and none for an enumeration.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace assay {

// At most three lines beside a label, of 88 columns in all.
std::vector<std::string> upheld_evidence(const nlohmann::ordered_json& report);
std::vector<std::string> violated_evidence(const nlohmann::ordered_json& report);

// What can be said of one window's p, in full.
std::string window_bounds(const nlohmann::ordered_json& report, const nlohmann::ordered_json& cell);

// What the cells that count are: "window"; "situation" where all faults were random.
std::string_view place_word(const nlohmann::ordered_json& windows);

// A bound in as many digits as it can mean something: "0.0495".
std::string bound_number(double bound);

// Why there are no bounds; empty: there are.
std::string why_no_bounds(const nlohmann::ordered_json& report);

}  // namespace assay
