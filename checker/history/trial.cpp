#include "checker/history/trial.hpp"

#include <algorithm>

namespace assay {

std::map<std::string, std::int64_t> passes_of(const Recording& recording) {
  std::map<std::string, std::int64_t> passes;
  for (const auto& [window, times] : recording.hits) passes[std::string(name(window))] = times;
  if (!passes.empty()) return passes;
  for (const auto& event : recording.events)
    if (event.type == Type::point) ++passes[event.window];
  return passes;
}

std::string last_window_of(const Recording& recording) {
  if (recording.last_window != Window::none) return std::string(name(recording.last_window));
  const auto last = std::find_if(recording.events.rbegin(), recording.events.rend(),
                                 [](const Event& event) { return event.type == Type::point; });
  return last == recording.events.rend() ? "" : last->window;
}

const Event& event_at(const Trial& trial, EventRef ref) {
  return trial.recordings.at(ref.recording).events.at(ref.event);
}

std::int64_t record_number(const Trial& trial, EventRef ref) {
  const auto& places = trial.recordings.at(ref.recording).places;
  if (!places.empty()) return static_cast<std::int64_t>(places.at(ref.event).line);
  std::size_t before = 0;
  for (std::size_t i = 0; i < ref.recording; ++i) before += trial.recordings.at(i).events.size();
  return static_cast<std::int64_t>(before + ref.event + 1);
}

const std::string& file_of(const Trial& trial, EventRef ref) {
  const auto& places = trial.recordings.at(ref.recording).places;
  return places.empty() ? trial.file : trial.files.at(places.at(ref.event).file);
}

std::vector<EventRef> in_time_order(const Trial& trial) {
  std::vector<EventRef> order;
  for (std::size_t r = 0; r < trial.recordings.size(); ++r)
    for (std::size_t e = 0; e < trial.recordings[r].events.size(); ++e) order.push_back({r, e});

  std::stable_sort(order.begin(), order.end(), [&](EventRef left, EventRef right) {
    return event_at(trial, left).time < event_at(trial, right).time;
  });
  return order;
}

}  // namespace assay
