// The part of a report that says what the landed faults show in numbers: bounds
// and the statement. CONTRACTS 4.1 to 4.8.
#pragma once

#include <nlohmann/json.hpp>

#include "cli/plan.hpp"

namespace assay {

// Where the faults come from. Only of drawn ones can a bound be told: an
// enumeration strikes every place once, and a history had no say in its faults.
enum class Basis : std::uint8_t { draws, enumeration, history };
Basis basis_of(const RunPlan& plan);
std::string_view name(Basis basis);

// A cell's upper and lower bound; null where there is none.
nlohmann::ordered_json upper_of(const RunPlan& plan, const Cell& cell);
nlohmann::ordered_json lower_of(const RunPlan& plan, const Cell& cell);

// The report's "bounds".
nlohmann::ordered_json bounds_of(const RunPlan& plan, const Bounds& bounds);

// The report's "statement": a sentence with what it refers to and what was not tested.
std::string statement_of(const RunPlan& plan, const Weighing& weighing, const std::vector<Judgement>& judgements);

}  // namespace assay
