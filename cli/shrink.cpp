#include "cli/shrink.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>
#include <utility>

#include "checker/history/windows.hpp"

namespace assay {
namespace {

constexpr std::int64_t aims_tried = 60;
constexpr std::int64_t most_tries = 20;
constexpr double missed_share = 1e-3;

// What is made smaller, in this order: fewer messages make every later try faster.
struct Part {
  const char* name;
  std::int64_t Workload::*value;
  std::int64_t least;
  const char* role = nullptr;  // whose processes it counts
};
constexpr Part shrinkable[] = {
    {"consumers", &Workload::consumers, 1, "consumer"},
    {"producers", &Workload::producers, 1, "producer"},
    {"prefetch", &Workload::prefetch, 1},
    {"ack_batch", &Workload::ack_batch, 1},
    {"in_flight", &Workload::in_flight, 1},
    {"keys", &Workload::keys, 1},
    {"process_ms", &Workload::process_ms, 0},
    {"size", &Workload::size, 1},
};

std::string changed(const std::string& name, std::int64_t from, std::int64_t to) {
  return "workload." + name + " " + std::to_string(from) + " -> " + std::to_string(to);
}

// Of a role that has but one process left, that one.
std::string left_of(const std::string& process, const std::string& role) { return role_of(process) == role ? role + "-0" : process; }

class Shrinker {
 public:
  Shrinker(const RunPlan& plan, const Judgement& control, bool surely, const StillFails& fails)
      : control_(control), fails_(fails), surely_(surely), original_(plan.profile.workload), out_{.plan = plan, .steps = {}, .sets = {}} {}

  Shrunk run(const std::string& cell) {
    aim_random(cell);
    fewer_messages();
    for (const auto& part : shrinkable) smaller(part);
    name_sets();
    return std::move(out_);
  }

 private:
  bool directed() const { return !out_.plan.only.empty() && !fault().random(); }
  PlannedFault fault() const { return parse_fault(out_.plan.only, out_.plan.seed); }

  bool still_fails(const RunPlan& candidate) {
    ++out_.tried;
    return fails_(candidate, surely_);
  }

  bool keep_if_it_fails(RunPlan candidate, const std::string& step) {
    if (!still_fails(candidate)) return false;
    out_.plan = std::move(candidate);
    out_.steps.push_back(step);
    return true;
  }

  // A random kill becomes one at a window: where it struck, if the victim marks
  // windows, and where others stood meanwhile, if it does not. One that always
  // violates is looked for first.
  void aim_random(const std::string& cell) {
    if (out_.plan.only.empty() || directed()) return;
    const bool before = std::exchange(surely_, true);
    if (aimed_from(fault(), cell)) return;
    surely_ = before;
    if (!surely_) aimed_from(fault(), cell);
  }

  bool aimed_from(const PlannedFault& random, const std::string& cell) {
    std::int64_t tried = 0;
    for (const auto& place : places_for(random.target, cell))
      for (const auto occurrence : occurrences_of(place.hits)) {
        if (++tried > aims_tried) return false;
        auto aimed = random;
        aimed.agent = place.agent;
        aimed.window = place.window;
        aimed.occurrence = occurrence;
        auto candidate = out_.plan;
        candidate.only = aimed.name();
        if (keep_if_it_fails(std::move(candidate), random.name() + " -> " + aimed.name())) return true;
      }
    return false;
  }

  struct Place {
    std::string agent, window;
    std::int64_t hits = 0;
  };

  // The window that the victim had passed last and those behind it come first: a
  // random kill struck somewhere on the way from it to the next. A class of random
  // faults is about what happens at the windows of one side.
  std::vector<Place> places_for(const std::string& target, const std::string& cell) const {
    const auto owner = owner_of(cell);
    const auto side = !owner.empty() ? owner : cell.ends_with("send-open") ? "producer" : "consumer";
    std::vector<Place> places;
    for (const auto& [process, hits] : control_.hits)
      for (const auto& [window, times] : hits)
        if (owner.empty() || owner != role_of(target) || process == target) places.push_back({process, window, times});
    const auto rank = [&](const Place& place) {
      const bool behind = owner.empty() || place_of(place.window) >= place_of(cell);
      return std::tuple(owner_of(place.window) != side, !behind, place_of(place.window));
    };
    std::stable_sort(places.begin(), places.end(), [&](const Place& a, const Place& b) { return rank(a) < rank(b); });
    return places;
  }

  static std::vector<std::int64_t> occurrences_of(std::int64_t hits) {
    std::set<std::int64_t> chosen;
    for (const auto k : {std::int64_t{1}, std::int64_t{2}, std::int64_t{3}, hits / 2})
      if (k >= 1 && k <= hits) chosen.insert(k);
    return {chosen.begin(), chosen.end()};
  }

  // As few as it goes, and the fault as early as it goes with so few.
  void fewer_messages() {
    const auto now = out_.plan.profile.workload.messages;
    std::int64_t too_few = 0;
    for (std::int64_t few = 1, next = 2; few < now; few = std::exchange(next, few + next)) {
      if (with_messages(few)) break;
      too_few = few;
    }
    while (out_.plan.profile.workload.messages - too_few > 1) {
      const auto half = (out_.plan.profile.workload.messages + too_few) / 2;
      if (!with_messages(half)) too_few = half;
    }
  }

  bool with_messages(std::int64_t few) {
    auto candidate = out_.plan;
    candidate.profile.workload.messages = few;
    for (const auto& only : earlier(few)) {
      candidate.only = only;
      auto step = changed("messages", out_.plan.profile.workload.messages, few);
      if (only != out_.plan.only) step += ", " + out_.plan.only + " -> " + only;
      if (keep_if_it_fails(candidate, step)) return true;
    }
    return false;
  }

  // The same fault at passes that so few messages may reach, the first ones first.
  std::vector<std::string> earlier(std::int64_t messages) const {
    if (!directed()) return {out_.plan.only};
    auto aimed = fault();
    const auto before = aimed.occurrence;
    std::vector<std::string> names;
    for (std::int64_t k = 1; k <= std::min({before, messages + 1, std::int64_t{3}}); ++k) {
      aimed.occurrence = k;
      names.push_back(aimed.name());
    }
    if (before > 3) names.push_back(out_.plan.only);
    return names;
  }

  void smaller(const Part& part) {
    const auto now = out_.plan.profile.workload.*part.value;
    if (now <= part.least) return;
    auto candidate = out_.plan;
    candidate.profile.workload.*part.value = part.least;
    if (directed() && part.role) {
      auto aimed = fault();
      aimed.target = left_of(aimed.target, part.role);
      aimed.agent = left_of(aimed.agent, part.role);
      candidate.only = aimed.name();
    }
    keep_if_it_fails(std::move(candidate), changed(part.name, now, part.least));
  }

  void name_sets() {
    const auto& work = out_.plan.profile.workload;
    if (work.messages != original_.messages) out_.sets.push_back("workload.messages=" + std::to_string(work.messages));
    for (const auto& part : shrinkable)
      if (work.*part.value != original_.*part.value)
        out_.sets.push_back("workload." + std::string(part.name) + "=" + std::to_string(work.*part.value));
  }

  const Judgement& control_;
  const StillFails& fails_;
  bool surely_;  // what is kept has to violate every time
  Workload original_;
  Shrunk out_;
};

}  // namespace

Shrunk shrink(const RunPlan& plan, const Judgement& control, const std::string& cell, bool surely, const StillFails& fails) {
  return Shrinker(plan, control, surely, fails).run(cell);
}

std::int64_t tries_for(std::int64_t violated, std::int64_t of) {
  if (violated >= of) return 1;
  const double missed = 1 - static_cast<double>(violated) / static_cast<double>(of);
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(std::log(missed_share) / std::log(missed))), 2, most_tries);
}

}  // namespace assay
