// What x violations in n independent trials say about the probability p of a
// violation: exact one-sided bounds, and how many trials a statement needs.
//
// Bounds: Clopper and Pearson, Biometrika 26 (1934). Zero violations: Hanley and
// Lippman-Hand, JAMA 249 (1983); Jovanovic and Levy, The American Statistician
// 51 (1997). Several windows together: the Bonferroni inequality. CONTRACTS 4.1
// and 4.4 tabulate the values.
//
// Pure numbers. A confidence is at least 0.5 and below 1. Every bound takes the
// trials as independent; one fault a trial is what makes them so.
#pragma once

#include <cstdint>

namespace assay {

inline constexpr double usual_confidence = 0.95;

// The p for which x or fewer violations in n trials have the probability
// 1 - confidence: p is below it at that confidence. 1 without trials.
double upper_bound(std::int64_t violations, std::int64_t trials, double confidence = usual_confidence);

// The same from below: what a violation's reproduction shows. 0 without one.
double lower_bound(std::int64_t violations, std::int64_t trials, double confidence = usual_confidence);

// The fewest trials without a violation whose upper bound is below p.
std::int64_t needed_trials(double p, double confidence = usual_confidence);

// What each window needs so that all statements hold together at `confidence`.
double confidence_per_window(double confidence, std::int64_t windows);

}  // namespace assay
