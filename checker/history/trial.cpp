#include "checker/history/trial.hpp"

#include <algorithm>

namespace assay {

const Event& event_at(const Trial& trial, EventRef ref) {
  return trial.recordings.at(ref.recording).events.at(ref.event);
}

std::int64_t record_number(const Trial& trial, EventRef ref) {
  std::size_t before = 0;
  for (std::size_t i = 0; i < ref.recording; ++i) before += trial.recordings.at(i).events.size();
  return static_cast<std::int64_t>(before + ref.event + 1);
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
