// Series, phases and strikes of a report.
#include <doctest/doctest.h>

#include "cli/pace-report.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

Judgement struck(std::int64_t trial, const std::string& trigger) {
  Judgement judgement{.trial = trial};
  if (!trigger.empty()) judgement.fault = FaultFinding{.name = "kill:x@" + trigger, .kind = "kill", .trigger = trigger, .landed = true};
  return judgement;
}

// One trial a second, with its fault in the middle.
Pace pace_of(std::int64_t trials) {
  Pace pace{.from = 1'000, .slice_ns = 1'000'000'000, .slices = std::vector<Slice>(static_cast<std::size_t>(trials)), .trials = {}};
  for (std::int64_t i = 0; i < trials; ++i) {
    const auto from = 1'000 + i * 1'000'000'000;
    pace.trials[i + 1] = {.from = from, .to = from + 900'000'000, .struck = from + 500'000'000, .healed = std::nullopt};
  }
  return pace;
}

std::vector<std::string> names_of(const Json& phases) {
  std::vector<std::string> names;
  for (const auto& phase : phases) names.push_back(phase["name"]);
  return names;
}

const Claim exactly_once{.guarantee = Guarantee::exactly_once, .scope = Scope::committed, .further = {}};

}  // namespace

TEST_CASE("series have a value a slice, and messages in flight are an average") {
  auto pace = pace_of(3);
  pace.slices[1] = {.acked = 4, .effects = 3, .redelivered = 2, .duplicated = 1, .underway = 2'500'000'000};
  CHECK(series_of(pace) == Json{{"dt_ns", 1'000'000'000}, {"acked", {0, 4, 0}}, {"effects", {0, 3, 0}},
                                {"in_flight", {0.0, 2.5, 0.0}}, {"redelivered", {0, 2, 0}}, {"duplicated", {0, 1, 0}}});
  CHECK(series_of(Pace{})["effects"].empty());
}

TEST_CASE("phases are named by whose windows were struck at, and do not overlap") {
  const std::vector<Judgement> judgements{struck(1, ""), struck(2, "producer-0:P.before_send#1"), struck(3, "producer-1:P.acked#1"),
                                          struck(4, "random#1"), struck(5, "broker:B.recv#2")};
  auto pace = pace_of(5);
  pace.trials[3].to += 5'000'000'000;  // a slow job beside those that went on
  const auto phases = phases_of(pace, judgements);
  CHECK(names_of(phases) == std::vector<std::string>{"control", "producer", "random", "broker"});
  CHECK(phases[1]["from_ns"] == 1'000'000'000);
  CHECK(phases[1]["to_ns"] == 3'000'000'000);
}

TEST_CASE("a run of many rounds has a dozen phases and a rest") {
  std::vector<Judgement> judgements;
  for (std::int64_t i = 1; i <= 40; ++i) judgements.push_back(struck(i, i % 2 == 0 ? "random#1" : "broker:B.recv#1"));
  const auto names = names_of(phases_of(pace_of(40), judgements));
  CHECK(names.size() == 13);
  CHECK(names.back() == "further");
}

TEST_CASE("strikes are those that were carried out, 2,000 at most") {
  auto pace = pace_of(3);
  pace.trials[3].struck.reset();
  const auto strikes = strikes_of(pace, {struck(1, ""), struck(2, "random#1"), struck(3, "random#2")}, exactly_once);
  REQUIRE(strikes.size() == 1);
  CHECK(strikes[0] == Json{{"trial", 2}, {"at_ns", 1'500'000'000}, {"healed_ns", nullptr}, {"landed", true}, {"violating", false}});
  std::vector<Judgement> many;
  for (std::int64_t i = 1; i <= 2'100; ++i) many.push_back(struck(i, "random#1"));
  CHECK(strikes_of(pace_of(2'100), many, exactly_once).size() == 2'000);
}
