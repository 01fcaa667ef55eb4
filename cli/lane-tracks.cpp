#include "cli/lane-tracks.hpp"

#include <algorithm>

#include "cli/html/finding.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

constexpr int fewest_columns = 80, widest_gap = 20, before_lanes = 14, behind_lanes = 16;
constexpr std::size_t lanes_that_fit = 6;

Lane without_life(Lane lane) {
  lane.incarnation = 0;
  return lane;
}

}  // namespace

LaneTracks::LaneTracks(const Json& witness, const Look& look) : look_(look) {
  for (const auto& event : list_in(witness, "events")) {
    if (const auto strike = strike_of(event); strike && (strike->target.station != Station::elsewhere || !strike->target.process.empty())) meet(strike->target);
    if (is_of_harness(event)) continue;
    meet(lane_of(event));
    if (const auto hop = hop_of(event)) meet(hop->from), meet(hop->to);
  }
  if (html::is_lost(witness)) meet(html::lane_of_loss(witness));
  const int gaps = std::max(1, static_cast<int>(tracks_.size()) - 1);
  gap_ = std::min(widest_gap, (look.columns - before_lanes - behind_lanes) / gaps);
  int column = before_lanes;
  for (auto& [lane, track] : tracks_) track.column = column, column += gap_, track.highest = track.now = track.first;
}

void LaneTracks::meet(const Lane& lane) {
  Track& track = tracks_[without_life(lane)];
  if (lane.incarnation == 0) return;
  if (track.first == 0) track.first = lane.incarnation;
  track.lives += track.highest != lane.incarnation;
  track.highest = lane.incarnation;
}

bool LaneTracks::fit() const { return look_.columns >= fewest_columns && !tracks_.empty() && tracks_.size() <= lanes_that_fit; }

int LaneTracks::first_column() const { return before_lanes; }

int LaneTracks::column_of(const Lane& lane) const {
  const auto found = tracks_.find(without_life(lane));
  return found == tracks_.end() ? before_lanes : found->second.column;
}

LaneTracks::Track* LaneTracks::track_of(Lane lane) {
  const auto found = tracks_.find(without_life(std::move(lane)));
  return found == tracks_.end() ? nullptr : &found->second;
}

void LaneTracks::heads(LaneRow& row, const std::string& broker) const {
  for (const auto& [lane, track] : tracks_) {
    const std::string process = lane == broker_lane() ? broker : lane == sink_lane() ? "sink" : lane.process;
    const std::string life = track.lives > 1 || track.first > 1 ? "#" + std::to_string(track.first) : "";
    row.bar(track.column, cut(shown(process, look_), gap_ - 1 - columns_of(life), look_) + life);
  }
}

void LaneTracks::bars(LaneRow& row) const {
  const Signs& signs = signs_for(look_);
  for (const auto& [lane, track] : tracks_)
    if (!track.gone) row.bar(track.column, track.paused ? signs.paused : signs.lane);
}

std::string LaneTracks::act(const Lane& lane) {
  Track* track = track_of(lane);
  if (!track) return "";
  const bool other = lane.incarnation != track->now, newer = lane.incarnation > track->highest;
  const bool was_gone = track->gone, was_paused = track->paused;
  track->now = lane.incarnation;
  track->highest = std::max(track->highest, lane.incarnation);
  track->gone = track->paused = false;
  const std::string who = lane.incarnation > 0 ? "#" + std::to_string(lane.incarnation) + " " : "";
  if (was_gone) return who + "restarted";
  return newer ? who + "started" : other || was_paused ? who + "goes on" : "";
}

void LaneTracks::strike(const Strike& strike) {
  Track* track = track_of(strike.target);
  if (!track) return;
  if (strike.phase == Strike::Phase::heal) {
    if (strike.target == broker_lane()) track->gone = track->paused = false;
  } else if (strike.phase == Strike::Phase::life) {
    if (strike.act == "start") act(strike.target);
    if (strike.act == "exit" && strike.target.incarnation == track->now) track->gone = true;
  } else {
    track->gone = strike.act == "kill" || strike.act == "stop";
    track->paused = !track->gone;
  }
}

}  // namespace assay
