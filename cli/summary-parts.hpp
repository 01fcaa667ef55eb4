// The parts of a summary; summary.cpp puts them together.
#pragma once

#include "cli/fields.hpp"

namespace assay {

// "no-loss: not exercised: ...", each with what would settle it.
std::string open_questions(const Json& report);

// "117 duplicated of 61,400 messages sent, 2 causes"; empty where nothing forbidden was seen.
std::string found_of(const Json& report);

// Bounds and landed faults, in one line.
std::string evidence_of(const Json& report);

// Held, found, evidence, not tested.
std::string facts_table(const Json& report);

// Windows that broke, or that lack faults, by kind of fault; the others as one row.
std::string windows_table(const Json& report);

std::string clauses_table(const Json& report);

// "1 violated, 3 upheld"
std::string verdict_counts(const Json& reports);

// The same of the claimed clauses.
std::string claimed_counts(const Json& report);

}  // namespace assay
