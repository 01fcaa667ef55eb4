// judgement.json: the same bytes for the same plan and histories.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "checker/bounds.hpp"
#include "checker/weigh.hpp"

namespace assay {

namespace {

using Json = nlohmann::ordered_json;

// Four significant digits: as much as a bound can mean, and the same bytes again
// though a sum came out one bit different.
double rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return std::strtod(text, nullptr);
}

Json rounded(const std::optional<double>& value) { return value ? Json(rounded(*value)) : Json(nullptr); }

Json clause_json(const ClauseVerdict& verdict) {
  return {{"id", name(verdict.clause.clause)},
          {"scope", name(verdict.clause.scope)},
          {"claimed", verdict.claimed},
          {"verdict", name(verdict.verdict)},
          {"reason", name(verdict.reason)},
          {"detail", verdict.detail},
          {"exercised", verdict.exercised},
          {"floor", verdict.floor},
          {"landed", verdict.landed},
          {"violations", verdict.violations}};
}

Json cell_json(const Cell& cell) {
  return {{"window", cell.window},       {"kind", cell.kind},       {"target", cell.target},
          {"landed", cell.landed},       {"planned", cell.planned}, {"violating", cell.violating},
          {"occurrences", cell.occurrences}, {"floor", cell.floor}, {"anomalies", cell.anomalies},
          {"decided", cell.decided},     {"decided_violating", cell.decided_violating},
          {"upper", rounded(cell.upper)}, {"lower", rounded(cell.lower)}};
}

Json bounds_json(const Bounds& bounds) {
  Json until;
  if (bounds.faults_until_violation) until = *bounds.faults_until_violation;
  return {{"confidence", usual_confidence},
          {"windows", bounds.windows},
          {"cells", bounds.cells},
          {"decided", bounds.decided},
          {"decided_violating", bounds.decided_violating},
          {"fewest", bounds.fewest},
          {"widest", rounded(bounds.widest)},
          {"pooled", rounded(bounds.pooled)},
          {"joint", rounded(bounds.joint)},
          {"faults_until_violation", std::move(until)},
          {"duplicates_per_kill", rounded(bounds.duplicates_per_kill)}};
}

Json window_json(const MeasuredWindow& window) {
  const auto told = [](const std::optional<std::int64_t>& age) { return age ? Json(*age) : Json(); };
  return {{"accepted_again_ms", told(window.accepted_again_ms)}, {"dropped_ms", told(window.dropped_ms)}};
}

Json found_json(const Found& found, const std::vector<Trial>& trials) {
  const auto trial = std::find_if(trials.begin(), trials.end(), [&](const Trial& t) { return t.number == found.trial; });
  Json events = Json::array();
  if (trial != trials.end())
    for (const auto ref : found.witness.events)
      events.push_back(file_of(*trial, ref) + ":" + std::to_string(record_number(*trial, ref)));
  return {{"clause", name(found.witness.clause.clause)},
          {"scope", name(found.witness.clause.scope)},
          {"anomaly", name(found.witness.anomaly)},
          {"message", found.witness.message},
          {"origin", found.witness.origin},
          {"what", found.witness.what},
          {"trial", found.trial},
          {"fault", found.fault},
          {"cell", found.cell},
          {"events", std::move(events)}};
}

}  // namespace

std::string judgement_json(const Weighing& weighing, const std::vector<Trial>& trials, const Terms& terms) {
  Json clauses = Json::array(), cells = Json::array(), witnesses = Json::array(), anomalies = Json::object();
  for (const auto& clause : weighing.clauses) clauses.push_back(clause_json(clause));
  for (const auto& cell : weighing.cells) cells.push_back(cell_json(cell));
  for (const auto& found : weighing.found) witnesses.push_back(found_json(found, trials));
  for (const auto& [anomaly, count] : weighing.anomalies)
    anomalies[anomaly] = {{"count", count}, {"forbidden", weighing.forbidden.contains(anomaly)}};

  Json judgement{{"schema", "assay-judgement/1"},
                       {"claim", terms.claimed ? to_string(terms.claim) : ""},
                       {"verdict", name(weighing.verdict)},
                       {"reason", name(weighing.reason)},
                       {"detail", weighing.detail},
                       {"clauses", std::move(clauses)},
                       {"windows", std::move(cells)},
                       {"anomalies", std::move(anomalies)},
                       {"witnesses", std::move(witnesses)},
                       {"strongest", weighing.strongest},
                       {"strongest_reason", weighing.strongest_reason},
                       {"trials", {{"run", weighing.trials}, {"landed", weighing.landed},
                                   {"not_landed", weighing.not_landed}, {"environment", weighing.environment}}},
                       {"bounds", bounds_json(weighing.bounds)},
                       {"lowered_floors", weighing.lowered_floors},
                       {"notes", weighing.notes}};
  if (terms.ground.rules.dedup != DedupBy::nothing) judgement["dedup_window"] = window_json(weighing.dedup_window);
  return judgement.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace assay
