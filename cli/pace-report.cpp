#include "cli/pace-report.hpp"

#include <algorithm>
#include <cmath>

#include "cli/fields.hpp"

namespace assay {
namespace {

constexpr std::size_t most_strikes = 2000, most_phases = 12;

Json counts_in(const Pace& pace, std::int64_t Slice::* member) {
  Json list = Json::array();
  for (const auto& slice : pace.slices) list.push_back(slice.*member);
  return list;
}

// On average over the slice, to two decimals.
Json in_flight(const Pace& pace) {
  Json list = Json::array();
  for (const auto& slice : pace.slices)
    list.push_back(std::round(100.0 * static_cast<double>(slice.underway) / static_cast<double>(pace.slice_ns)) / 100.0);
  return list;
}

std::string phase_of(const Judgement& judgement) {
  if (!judgement.fault) return "control";
  const auto& trigger = judgement.fault->trigger;
  return trigger.starts_with("random") ? "random" : role_of(trigger.substr(0, trigger.find(':')));
}

struct Stretch {
  std::string name;
  std::int64_t from = 0, to = 0;
};

// Jobs run side by side: a phase ends where the last of its trials does, or the next begins.
std::vector<Stretch> stretches(const Pace& pace, const std::vector<Judgement>& judgements) {
  std::vector<Stretch> all;
  for (const auto& judgement : judgements) {
    const auto found = pace.trials.find(judgement.trial);
    if (found == pace.trials.end()) continue;
    const auto& span = found->second;
    const auto name = all.size() > most_phases ? all.back().name : phase_of(judgement);
    if (all.empty() || all.back().name != name) all.push_back({all.size() == most_phases ? "further" : name, span.from, span.to});
    all.back().to = std::max(all.back().to, span.to);
  }
  for (std::size_t i = 1; i < all.size(); ++i) all[i - 1].to = std::min(all[i - 1].to, std::max(all[i].from, all[i - 1].from));
  return all;
}

Json since(const Pace& pace, std::optional<std::int64_t> time) { return time ? Json(*time - pace.from) : Json(); }

}  // namespace

Json series_of(const Pace& pace) {
  return {{"dt_ns", pace.slice_ns},
          {"acked", counts_in(pace, &Slice::acked)},
          {"effects", counts_in(pace, &Slice::effects)},
          {"in_flight", in_flight(pace)},
          {"redelivered", counts_in(pace, &Slice::redelivered)},
          {"duplicated", counts_in(pace, &Slice::duplicated)}};
}

Json phases_of(const Pace& pace, const std::vector<Judgement>& judgements) {
  Json list = Json::array();
  for (const auto& one : stretches(pace, judgements))
    list.push_back({{"name", one.name}, {"from_ns", since(pace, one.from)}, {"to_ns", since(pace, one.to)}});
  return list;
}

Json strikes_of(const Pace& pace, const std::vector<Judgement>& judgements, const Claim& claim) {
  const auto claimed = clauses_of(claim);
  Json list = Json::array();
  for (const auto& judgement : judgements) {
    const auto found = pace.trials.find(judgement.trial);
    if (!judgement.fault || found == pace.trials.end() || !found->second.struck || list.size() == most_strikes) continue;
    const bool violating = std::any_of(claimed.begin(), claimed.end(), [&](auto at) { return judgement.violates(at); });
    list.push_back({{"trial", judgement.trial},
                    {"at_ns", since(pace, found->second.struck)},
                    {"healed_ns", since(pace, found->second.healed)},
                    {"landed", judgement.fault->landed},
                    {"violating", violating}});
  }
  return list;
}

}  // namespace assay
