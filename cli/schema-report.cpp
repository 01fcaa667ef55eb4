// docs/report.md says what the fields mean; this says which there are.
#include "checker/pace.hpp"
#include "cli/evidence-report.hpp"
#include "cli/profile-keys.hpp"
#include "cli/schema-parts.hpp"
#include "cli/schema.hpp"

namespace assay::schema {
namespace {

Json ref(const char* definition) { return {{"$ref", std::string("#/definitions/") + definition}}; }

Json verdict_words() { return named({Verdict::upheld, Verdict::inconclusive, Verdict::violated}); }

std::vector<std::string> scopes() { return named({Scope::stored, Scope::delivered, Scope::committed}); }

std::vector<std::string> with_none(std::vector<std::string> words) {
  words.insert(words.begin(), "");
  return words;
}

Json scopes_or_none() {
  Json words = scopes();
  words.push_back(nullptr);
  return words;
}

Json counts(std::initializer_list<const char*> names) {
  Json properties;
  for (const auto* name : names) properties[name] = count();
  return properties;
}

Json texts(std::initializer_list<const char*> names) {
  Json properties;
  for (const auto* name : names) properties[name] = text();
  return properties;
}

Json both(Json some, const Json& more) {
  some.update(more);
  return some;
}

Json system_of() {
  return open({{"name", text()}, {"version", text()}, {"settings", {{"type", "object"}}}, {"attached", text()}});
}

Json claim_of() {
  return open({{"text", text()},
               {"guarantee", choice(named({Guarantee::at_most_once, Guarantee::at_least_once, Guarantee::exactly_once}))},
               {"scope", {{"enum", scopes_or_none()}}},
               {"clauses", list(choice(names_in(clause_table())))},
               {"kinds", list(text())},
               {"excuses", list(text())}});
}

Json plan_of() {
  Json workload = counts({"messages", "size", "producers", "consumers", "keys", "in_flight", "prefetch", "ack_batch"});
  const Json faults{{"kinds", list(text())},
                    {"targets", list(text())},
                    {"mode", choice(names_in(mode_names))},
                    {"random", count()}};
  return open({{"run", text()},
               {"seed", count()},
               {"workload", open(workload)},
               {"roles", open(texts({"producer", "consumer"}))},
               {"faults", open(faults)},
               {"floors", open(counts({"per_cell", "faults", "antecedents"}))},
               {"only", text()}});
}

// A verdict with its reason: what goes with what.
Json reasons_fit() {
  const auto reason = [](const Json& value) { return Json{{"properties", {{"reason", value}}}}; };
  return Json::array({where("verdict", "upheld", reason(constant(""))),
                      where("verdict", "violated", reason(constant(""))),
                      where("verdict", "inconclusive", reason(choice(known_reasons()))),
                      where("verdict", "not_applicable", reason(constant("not_applicable")))});
}

Json clause_of() {
  Json verdicts = verdict_words();
  verdicts.push_back(name(Reason::not_applicable));
  Json reasons = with_none(known_reasons());
  reasons.push_back(name(Reason::not_applicable));
  const Json words{{"id", choice(names_in(clause_table()))},
                   {"scope", choice(scopes())},
                   {"claimed", flag()},
                   {"verdict", {{"enum", verdicts}}},
                   {"reason", {{"enum", reasons}}}};
  Json clause = open(both(both(words, texts({"detail", "words", "exercise", "remedy"})),
                          counts({"exercised", "floor", "landed", "violations"})));
  clause["allOf"] = reasons_fit();
  clause["allOf"].push_back(where("verdict", "violated", {{"properties", {{"violations", {{"minimum", 1}}}}}}));
  return clause;
}

Json faults_of() {
  const Json why_not = open({{"trial", count()}, {"fault", text()}, {"why", text()}});
  const Json struck{{"trial", count()}, {"at_ns", number()}, {"healed_ns", or_null(number())}, {"landed", flag()}, {"violating", flag()}};
  return open(both(counts({"planned", "landed", "not_landed"}), {{"why_not", list(why_not)}, {"struck", list(open(struck))}}));
}

Json probability() { return {{"type", "number"}, {"minimum", 0}, {"maximum", 1}}; }

Json window_of() {
  Json window = both(texts({"window", "meaning", "kind", "target", "letters"}),
                     counts({"planned", "landed", "violating", "occurrences", "floor", "decided"}));
  window["anomalies"] = list(choice(known_anomalies()));
  window["upper"] = window["lower"] = or_null(probability());
  return open(window);
}

Json bounds_of() {
  const auto null = constant(nullptr);
  Json bounds = counts({"windows", "cells", "decided", "decided_violating", "fewest"});
  bounds["basis"] = choice(named({Basis::draws, Basis::enumeration, Basis::history}));
  bounds["confidence"] = probability();
  for (const char* bound : {"widest", "pooled", "joint", "until_p"}) bounds[bound] = or_null(probability());
  bounds["faults_until_violation"] = or_null(count());
  bounds["duplicates_per_kill"] = or_null(number());
  Json whole = open(bounds);
  whole["if"] = {{"properties", {{"basis", choice(named({Basis::enumeration, Basis::history}))}}}};
  whole["then"] = {{"properties", {{"widest", null}, {"pooled", null}, {"joint", null}}}};
  return whole;
}

Json trials_of() {
  const auto by_trial = [](std::initializer_list<const char*> names) {
    Json entry = texts(names);
    entry["trial"] = count();
    return list(open(entry));
  };
  return open(both(counts({"run", "environment_faults", "unresolved_count"}),
                   {{"repeated", list(text())},
                    {"environment", by_trial({"reason"})},
                    {"gaps", by_trial({"gap"})},
                    {"unresolved", by_trial({"clause", "message"})}}));
}

Json anomalies_of() {
  Json anomalies = map(open({{"count", integer({.least = 1})}, {"forbidden", flag()}}));
  anomalies["propertyNames"] = {{"enum", known_anomalies()}};
  return anomalies;
}

Json witness_of() {
  Json event = both(texts({"process", "event", "say", "file"}), counts({"incarnation", "record"}));
  event["t_ms"] = number();
  Json witness = texts({"clause", "message", "origin", "what", "fault", "cell"});
  witness["anomaly"] = choice(known_anomalies());
  witness["trial"] = count();
  witness["events"] = list(open(event));
  witness["gaps"] = list(open({{"after", count()}, {"ms", number()}, {"timer", text()}}));
  Json passing = both(texts({"what", "message"}), counts({"trial"}));
  passing["events"] = list(open(event));
  passing["pairs"] = list({{"type", "array"}, {"items", count()}, {"minItems", 2}, {"maxItems", 2}});
  passing["differs_at"] = or_null(count());
  witness["passing"] = or_null(open(passing));
  witness["passing_reason"] = text();
  witness["replays"] = or_null(open(counts({"n", "violated"})));
  return open(witness);
}

Json cause_of() {
  return open(both(texts({"clause", "letter", "window", "kind", "target", "origin"}), counts({"count", "witness"})));
}

Json shrink_of() {
  Json plan = both(texts({"fault"}), counts({"messages"}));
  Json shrink = counts({"tried"});
  shrink["from"] = shrink["to"] = open(plan);
  shrink["steps"] = list(text());
  return open(shrink);
}

Json accounts_of() {
  Json accounts = open(counts({"planned", "sent", "acked", "failed", "unanswered", "stored", "deliveries", "redeliveries", "effects",
                               "lost", "duplicated", "unresolved", "recovered"}));
  for (const char* later : {"dead_letters", "excused"}) accounts["properties"][later] = count();
  return accounts;
}

Json dedup_window_of() { return open({{"accepted_again_ms", or_null(count())}, {"dropped_ms", or_null(count())}}); }

Json slices(const Json& value) {
  Json values = list(value);
  values["maxItems"] = most_slices;
  return values;
}

Json series_of() {
  Json series = counts({"dt_ns"});
  for (const char* one : {"acked", "effects", "redelivered", "duplicated"}) series[one] = slices(count());
  series["in_flight"] = slices({{"type", "number"}, {"minimum", 0}});
  return open(series);
}

Json phase_of() { return open({{"name", text()}, {"from_ns", number()}, {"to_ns", number()}}); }

Json environment_of() {
  Json environment = both(texts({"os", "kernel", "machine", "started"}), counts({"cores", "jobs"}));
  environment["seconds"] = number();
  return open(environment);
}

Json power_of() {
  Json power = counts({"found", "planted", "upheld", "honest"});
  power["date"] = text();
  return or_null(open(power));
}

Json sweep_of() {
  const Json cell = both(texts({"window", "target", "kind", "letters", "forbidden"}), counts({"landed", "planned"}));
  Json sweep = counts({"messages", "landed", "planned"});
  sweep["scope"] = choice(scopes());
  sweep["cells"] = list(open(cell));
  sweep["not_reached"] = list(text());
  sweep["complete"] = flag();
  return open(sweep, "only of assay sweep");
}

Json fields_of_report() {
  Json reasons = with_none(known_reasons());
  const Json file = both(texts({"name", "sha256"}), counts({"bytes"}));
  return {{"schema", constant("assay-report/1")},
          {"tool", open(texts({"version", "git"}))},
          {"profile", open(texts({"name", "file", "about"}))},
          {"system", system_of()},
          {"pipeline", {{"type", "object"}}},
          {"claim", claim_of()},
          {"abilities", open({{"emulated", list(text())}})},
          {"plan", plan_of()},
          {"evidence", choice({"faults", "history"})},
          {"verdict", {{"enum", verdict_words()}}},
          {"reason", {{"enum", reasons}}},
          {"detail", text()},
          {"remedy", text()},
          {"expected", text("what the profile expects; empty: nothing")},
          {"as_expected", or_null(flag("of a run with --as-expected"))},
          {"headline", text()},
          {"story", text()},
          {"clauses", list(clause_of())},
          {"faults", faults_of()},
          {"windows", list(window_of())},
          {"bounds", bounds_of()},
          {"statement", text()},
          {"trials", trials_of()},
          {"anomalies", anomalies_of()},
          {"causes", list(cause_of())},
          {"witnesses", list(witness_of())},
          {"strongest", list(text())},
          {"strongest_reason", text()},
          {"accounts", accounts_of()},
          {"dedup_window", dedup_window_of()},
          {"series", series_of()},
          {"phases", list(phase_of())},
          {"not_tested", list(text())},
          {"environment", environment_of()},
          {"power", power_of()},
          {"shrink", or_null(shrink_of())},
          {"notes", list(text())},
          {"lowered_floors", list(text())},
          {"files", list(open(file))},
          {"directory", text()},
          {"report", text()},
          {"reproduce", list(text())}};
}

Json report_of() {
  Json report = open(fields_of_report());
  report["properties"]["sweep"] = sweep_of();
  const auto witnesses = [](const char* bound, int number) {
    return Json{{"properties", {{"witnesses", {{bound, number}}}}}};
  };
  report["allOf"] = reasons_fit();
  report["allOf"].push_back(where("verdict", "upheld", witnesses("maxItems", 0)));
  report["allOf"].push_back(where("verdict", "violated", witnesses("minItems", 1)));
  return report;
}

Json reports_of() {
  const Json missing = list(open(texts({"profile", "reason", "why"})), "profiles that came to no report");
  return open({{"schema", constant("assay-reports/1")}, {"reports", list(ref("report"))}, {"missing", missing}});
}

Json report_document() {
  Json rules = where("schema", "assay-reports/1", ref("reports"));
  rules["type"] = "object";
  rules["required"] = Json::array({"schema"});
  rules["else"] = ref("report");
  rules["definitions"] = {{"report", report_of()}, {"reports", reports_of()}};
  return document("assay report",
                  "The result of a run, or of several. Fields may be added; readers ignore those they do not know.", rules);
}

}  // namespace
}  // namespace assay::schema

nlohmann::ordered_json assay::report_schema() { return schema::report_document(); }
