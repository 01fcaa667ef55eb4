// The sentences that every output shares. CONTRACTS 4.8 has the rules: counts
// with what they are out of, nothing that a test cannot show.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/plan.hpp"

namespace assay {

// What an event says, a phrase for people: "delivered, copy queue/17, second time".
std::string say(const Event& event);

// How the first violation came about; empty when there is none.
std::string story(const Weighing& weighing);

// "redelivery" for people: "the system delivered it again"; empty where it speaks for itself.
std::string meaning_of_origin(const std::string& origin);

// What would settle an inconclusive clause, as something to type.
std::string remedy(const RunPlan& plan, const ClauseVerdict& clause, const std::vector<Judgement>& judgements);

// The same for the run as a whole.
std::string remedy(const RunPlan& plan, const Weighing& weighing, const std::vector<Judgement>& judgements);

// Fault kinds, windows and set-ups that this run says nothing about.
std::vector<std::string> not_tested(const RunPlan& plan, const std::vector<Judgement>& judgements);

// Name and version of the system: "redis 7.0.15".
std::string subject(const RunPlan& plan);

// "D" for duplicated; '-' for none. In the order of the list of anomalies.
std::string letters(const std::set<Anomaly>& anomalies);

// A window or a class of a foreign broker, for people.
std::string meaning_of(const std::string& cell);

// Landed faults in cells that count for a claimed clause.
struct Coverage {
  std::int64_t landed = 0, windows = 0, least = 0;
};
Coverage coverage(const std::vector<Cell>& cells);

// "not exercised"
std::string words(Reason reason);

}  // namespace assay
