#include "cli/html/lives.hpp"

#include <algorithm>
#include <map>

namespace assay::html {
namespace {

using Weights = std::map<Lane, int>;

Weights weights_of(const std::vector<Placed>& events, const std::vector<Lane>& further) {
  Weights weights;
  for (const auto& one : events) {
    if (const auto strike = strike_of(*one.event)) {
      const Lane target = target_of(*strike, events, one.row);
      if (target == broker_lane() || !target.process.empty()) weights[target] += 2;
    }
    if (is_of_harness(*one.event)) continue;
    ++weights[lane_of(*one.event)];
    if (const auto hop = hop_of(*one.event)) ++weights[hop->from], ++weights[hop->to];
  }
  for (const auto& lane : further) ++weights[lane];
  return weights;
}

std::vector<Lane> lanes_that_fit(Weights weights) {
  while (weights.size() > most_lanes) {
    const auto lighter = [](const auto& a, const auto& b) { return a.second < b.second; };
    weights.erase(std::min_element(weights.begin(), weights.end(), lighter));
  }
  std::vector<Lane> lanes;
  for (const auto& [lane, weight] : weights) lanes.push_back(lane);
  return lanes;
}

bool touches(const Json& event, const Lane& lane) {
  if (is_of_harness(event)) return false;
  if (lane_of(event) == lane) return true;
  const auto hop = hop_of(event);
  return hop && (hop->from == lane || hop->to == lane);
}

bool ends_a_life(const std::string& act) { return act == "kill" || act == "stop"; }

// Of a fault that is done and proved, the proof says when it was over.
bool proved_later(const std::vector<Placed>& events, const Placed& done, const Lane& target) {
  return std::any_of(events.begin(), events.end(), [&](const Placed& later) {
    const auto strike = strike_of(*later.event);
    return later.row > done.row && strike && strike->phase == Strike::Phase::proof &&
           target_of(*strike, events, later.row) == target;
  });
}

// Follows one lane down the rows.
class Follower {
 public:
  Follower(const Lane& lane, const std::vector<Placed>& events) : events_(events) {
    life_.lane = lane;
    alive_ = lane.incarnation <= 1;
  }

  Life to_the_foot(int rows) && {
    for (const auto& one : events_) {
      if (const auto strike = strike_of(*one.event))
        obey(*strike, one);
      else if (touches(*one.event, life_.lane))
        go_on(one.row);
    }
    leave(rows);
    return std::move(life_);
  }

 private:
  void obey(const Strike& strike, const Placed& one) {
    if (target_of(strike, events_, one.row) != life_.lane) return;
    if (strike.phase == Strike::Phase::heal)
      over(one.row);
    else if (strike.phase == Strike::Phase::life)
      change(strike.act, one.row);
    else if (strike.phase == Strike::Phase::proof || !proved_later(events_, one, life_.lane))
      struck(strike.act, one.row);
  }

  // Healed from being killed, the broker is back; an agent's next life has a lane of its own.
  void over(int row) {
    if (alive_ || life_.lane == broker_lane()) go_on(row);
  }

  void change(const std::string& what, int row) {
    if (what == "start" || what == "continued") go_on(row);
  }

  void struck(const std::string& act, int row) {
    leave(row);
    alive_ = !ends_a_life(act);
    paused_ = alive_;
    since_ = row;
    if (!alive_) life_.ends.push_back(row);
  }

  void go_on(int row) {
    if (alive_ && !paused_) return;
    if (alive_)
      leave(row);
    else
      life_.births.push_back(row);
    alive_ = true;
    paused_ = false;
    since_ = row;
  }

  void leave(int row) {
    if (alive_ && row > since_) life_.stretches.push_back({since_, row, paused_});
  }

  const std::vector<Placed>& events_;
  Life life_;
  bool alive_ = true, paused_ = false;
  int since_ = -1;
};

}  // namespace

Lane target_of(const Strike& strike, const std::vector<Placed>& events, int row) {
  Lane target = strike.target;
  if (target.process.empty() || target.incarnation > 0) return target;
  target.incarnation = 1;
  for (const auto& one : events)
    if (one.row <= row && lane_of(*one.event).process == target.process)
      target.incarnation = std::max(target.incarnation, lane_of(*one.event).incarnation);
  return target;
}

std::vector<Life> lives_of(const std::vector<Placed>& events, int rows, const std::vector<Lane>& further) {
  std::vector<Life> lives;
  for (const auto& lane : lanes_that_fit(weights_of(events, further)))
    lives.push_back(Follower(lane, events).to_the_foot(rows));
  return lives;
}

}  // namespace assay::html
