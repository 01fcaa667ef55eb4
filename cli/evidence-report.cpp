#include "cli/evidence-report.hpp"

#include <cstdio>
#include <cstdlib>

#include "checker/bounds.hpp"
#include "checker/evidence.hpp"
#include "cli/fields.hpp"
#include "cli/sweep.hpp"
#include "cli/text.hpp"
#include "cli/wording.hpp"

namespace assay {
namespace {

// Four significant digits, as in judgement.json.
double rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return std::strtod(text, nullptr);
}

template <class Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}

// What a sweep may say: which places it struck, and no bound.
std::string enumeration(const RunPlan& plan, const Weighing& weighing, const std::vector<Judgement>& judgements) {
  const Json sweep = sweep_of(plan, judgements);
  const std::string claim = to_string(plan.terms.claim);
  const std::string start = weighing.verdict == Verdict::violated ? "Violation of " + claim + " observed"
                            : weighing.verdict == Verdict::upheld ? "No violation of " + claim + " observed"
                                                                  : "This run does not settle " + claim;
  std::string text = start + "; enumeration of " + grouped(number_in(sweep, "planned")) + " places with " +
                     counted(number_in(sweep, "messages"), "message") + ", " + grouped(number_in(sweep, "landed")) +
                     " of their faults landed; bounds need independent draws";
  const auto left_out = not_tested(plan, judgements);
  if (!left_out.empty()) text += "; not tested: " + joined(left_out);
  return text + ".";
}

}  // namespace

Basis basis_of(const RunPlan& plan) {
  if (plan.terms.evidence == Evidence::history) return Basis::history;
  return plan.sweep ? Basis::enumeration : Basis::draws;
}

std::string_view name(Basis basis) {
  switch (basis) {
    case Basis::draws: return "draws";
    case Basis::enumeration: return "enumeration";
    case Basis::history: return "history";
  }
  return "?";
}

Json upper_of(const RunPlan& plan, const Cell& cell) {
  return basis_of(plan) == Basis::draws && cell.decided > 0 ? Json(rounded(cell.upper)) : Json();
}

Json lower_of(const RunPlan& plan, const Cell& cell) {
  return basis_of(plan) == Basis::draws && cell.lower ? Json(rounded(*cell.lower)) : Json();
}

Json bounds_of(const RunPlan& plan, const Bounds& bounds) {
  const bool bounded = basis_of(plan) == Basis::draws && bounds.decided > 0;
  const auto bound = [&](double value) { return bounded ? Json(rounded(value)) : Json(); };
  const auto& duplicates = bounds.duplicates_per_kill;
  return {{"basis", name(basis_of(plan))},
          {"confidence", usual_confidence},
          {"windows", bounds.windows},
          {"cells", bounds.cells},
          {"decided", bounds.decided},
          {"decided_violating", bounds.decided_violating},
          {"fewest", bounds.fewest},
          {"widest", bound(bounds.widest)},
          {"pooled", bound(bounds.pooled)},
          {"joint", bound(bounds.joint)},
          {"until_p", or_null(plan.terms.until_p)},
          {"faults_until_violation", or_null(bounds.faults_until_violation)},
          {"duplicates_per_kill", duplicates ? Json(rounded(*duplicates)) : Json()}};
}

std::string statement_of(const RunPlan& plan, const Weighing& weighing, const std::vector<Judgement>& judgements) {
  if (basis_of(plan) == Basis::enumeration) return enumeration(plan, weighing, judgements);
  return evidence_statement(weighing, plan.terms, not_tested(plan, judgements));
}

}  // namespace assay
