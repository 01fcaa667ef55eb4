// Parts of a report as text, in the words that all outputs share. Pure functions
// of the report; what comes from outside is not yet made safe to show.
#pragma once

#include "cli/fields.hpp"

namespace assay {

// Counts of anomalies, those that the claim forbids or those it does not.
std::string anomaly_counts(const Json& report, bool forbidden);

// The guarantees that the run is consistent with, or why there is none.
std::string held_text(const Json& report);

// Kinds by name, windows that were not reached as a count.
std::string not_tested_text(const Json& report);

// What keeps a verdict open; clauses that lack the same are one entry.
struct Lack {
  std::vector<std::string> clauses;
  std::string why, remedy;
};
std::vector<Lack> lacks(const Json& report);

// "not exercised: 12 of 30 landed faults", of a clause or of a run.
std::string why_of(const Json& open);

// The command that shows this witness again.
std::string reproduce_text(const Json& report, const Json& witness);

// "no-dup @ committed"
std::string clause_name(const Json& clause);

// What a run came to, in the words of a profile's "expect": "violated: lost, duplicated".
std::string result_name(const Json& report);

// The sha256 of the bytes that the run directory holds as report.json.
std::string digest_of(const Json& report);

}  // namespace assay
