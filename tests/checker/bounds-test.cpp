// The numbers of CONTRACTS 4.1 and 4.4, every one.
#include <doctest/doctest.h>

#include <cmath>
#include <utility>
#include <vector>

#include "checker/bounds.hpp"

using namespace assay;

namespace {

double rounded(double value, int digits) {
  const auto factor = std::pow(10, digits);
  return std::round(value * factor) / factor;
}

// P(X <= x) by its definition, term by term.
double at_most(std::int64_t x, std::int64_t n, double p) {
  double sum = 0, choose = 1;
  for (std::int64_t k = 0; k <= x; ++k) {
    sum += choose * std::pow(p, static_cast<double>(k)) * std::pow(1 - p, static_cast<double>(n - k));
    choose *= static_cast<double>(n - k) / static_cast<double>(k + 1);
  }
  return sum;
}

}  // namespace

TEST_CASE("how many faults without a violation carry a statement") {
  const std::vector<double> limits{0.5, 0.1, 0.05, 0.01, 0.005, 0.001};
  const std::vector<std::pair<double, std::vector<std::int64_t>>> table{
      {0.90, {4, 22, 45, 230, 460, 2302}},
      {0.95, {5, 29, 59, 299, 598, 2995}},
      {0.99, {7, 44, 90, 459, 919, 4603}},
      {0.999, {10, 66, 135, 688, 1379, 6905}}};
  for (const auto& [confidence, row] : table) {
    CAPTURE(confidence);
    std::vector<std::int64_t> needed;
    for (const auto p : limits) needed.push_back(needed_trials(p, confidence));
    CHECK(needed == row);
  }
}

TEST_CASE("what is needed is the fewest that is enough") {
  for (const auto p : {0.9, 0.5, 0.05, 0.001, 0.00003}) {
    CAPTURE(p);
    const auto needed = needed_trials(p);
    CHECK(upper_bound(0, needed) < p);
    if (needed > 1) CHECK(upper_bound(0, needed - 1) >= p);
  }
}

TEST_CASE("zero in n bounds p from above") {
  CHECK(rounded(upper_bound(0, 1), 2) == 0.95);
  CHECK(rounded(upper_bound(0, 3), 2) == 0.63);
  CHECK(rounded(upper_bound(0, 5), 3) == 0.451);
  CHECK(rounded(upper_bound(0, 10), 3) == 0.259);
  CHECK(rounded(upper_bound(0, 20), 3) == 0.139);
  CHECK(rounded(upper_bound(0, 30), 3) == 0.095);
  CHECK(rounded(upper_bound(0, 60), 4) == 0.0487);
  CHECK(rounded(upper_bound(0, 100), 4) == 0.0295);
  CHECK(rounded(upper_bound(0, 300), 4) == 0.0099);
  CHECK(rounded(upper_bound(0, 1000), 4) == 0.0030);
  CHECK(upper_bound(0, 0) == 1);
}

TEST_CASE("violations widen the bound") {
  CHECK(rounded(upper_bound(1, 60), 3) == 0.077);
  CHECK(rounded(upper_bound(2, 100), 3) == 0.062);
  CHECK(upper_bound(7, 7) == 1);
}

TEST_CASE("what shows again every time has a bound from below") {
  CHECK(rounded(lower_bound(15, 15), 3) == 0.819);
  CHECK(rounded(lower_bound(5, 5), 3) == 0.549);
  CHECK(lower_bound(0, 20) == 0);
  CHECK(lower_bound(0, 0) == 0);
}

TEST_CASE("a bound is where the binomial sum meets its definition") {
  for (const auto& [x, n] : std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 7}, {1, 60}, {3, 10}, {40, 100}, {99, 100}})
    for (const auto confidence : {0.5, 0.9, 0.95, 0.999}) {
      CAPTURE(x);
      CAPTURE(n);
      CAPTURE(confidence);
      CHECK(at_most(x, n, upper_bound(x, n, confidence)) == doctest::Approx(1 - confidence).epsilon(1e-9));
      const auto low = lower_bound(x, n, confidence);
      if (x > 0) CHECK(1 - at_most(x - 1, n, low) == doctest::Approx(1 - confidence).epsilon(1e-9));
    }
}

TEST_CASE("windows that speak together each need more") {
  CHECK(needed_trials(0.05, confidence_per_window(0.95, 1)) == 59);
  CHECK(needed_trials(0.05, confidence_per_window(0.95, 14)) == 110);
  CHECK(needed_trials(0.05, confidence_per_window(0.95, 28)) == 124);
  CHECK(needed_trials(0.01, confidence_per_window(0.95, 14)) == 561);
  CHECK(needed_trials(0.01, confidence_per_window(0.95, 28)) == 630);
}

TEST_CASE("ten million trials are no harder") {
  constexpr std::int64_t many = 10'000'000;
  CHECK(upper_bound(0, many) == doctest::Approx(-std::expm1(std::log(0.05) / many)).epsilon(1e-9));
  CHECK(upper_bound(many - 1, many) < 1);
  CHECK(upper_bound(many / 2, many) == doctest::Approx(0.5 + 1.6448536 * std::sqrt(0.25 / many)).epsilon(1e-5));
  CHECK(lower_bound(1, many) == doctest::Approx(0.05129329e-7).epsilon(1e-6));
}
