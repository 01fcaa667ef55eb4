#include "checker/bounds.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace assay {

namespace {

// ln C(n, k), summed: exact enough for ten million, and unlike lgamma it leaves
// no global behind.
double log_choose(std::int64_t n, std::int64_t k) {
  double sum = 0;
  for (std::int64_t i = 1; i <= std::min(k, n - k); ++i)
    sum += std::log(static_cast<double>(n - i + 1) / static_cast<double>(i));
  return sum;
}

// P(X <= x) for n trials at p >= x/n. There the terms only fall on the way down
// from x, so the sum ends as soon as they no longer matter.
double at_most(std::int64_t x, std::int64_t n, double p, double log_choose_x) {
  double term = std::exp(log_choose_x + static_cast<double>(x) * std::log(p) +
                         static_cast<double>(n - x) * std::log1p(-p));
  double sum = term;
  for (auto k = x; k > 0 && term > sum * 1e-17; --k) {
    term *= static_cast<double>(k) / static_cast<double>(n - k + 1) * ((1 - p) / p);
    sum += term;
  }
  return sum;
}

}  // namespace

double upper_bound(std::int64_t violations, std::int64_t trials, double confidence) {
  assert(violations >= 0 && violations <= trials);
  assert(confidence >= 0.5 && confidence < 1);
  if (violations == trials) return 1;
  const auto choose = log_choose(trials, violations);
  double low = static_cast<double>(violations) / static_cast<double>(trials), high = 1;
  for (;;) {
    const auto middle = low + (high - low) / 2;
    if (middle <= low || middle >= high || high - low < high * 1e-13) return high;
    (at_most(violations, trials, middle, choose) > 1 - confidence ? low : high) = middle;
  }
}

double lower_bound(std::int64_t violations, std::int64_t trials, double confidence) {
  return 1 - upper_bound(trials - violations, trials, confidence);
}

std::int64_t needed_trials(double p, double confidence) {
  assert(p > 0 && p < 1);
  // One less than the formula says, for it may round either way.
  auto trials = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::log(1 - confidence) / std::log1p(-p)) - 1);
  while (upper_bound(0, trials, confidence) >= p) ++trials;
  return trials;
}

double confidence_per_window(double confidence, std::int64_t windows) {
  assert(windows > 0);
  return 1 - (1 - confidence) / static_cast<double>(windows);
}

}  // namespace assay
