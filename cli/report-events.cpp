#include "cli/report-events.hpp"

#include <cmath>

#include "cli/wording.hpp"

namespace assay {
namespace {

constexpr double gap_ms = 50, slack_ms = 50;

std::string verb_of(const Event& event, const Json& system) {
  const Json& verbs = field(system, "verbs");
  if (event.type == Type::send) return text_in(verbs, "send");
  const bool acks = event.type == Type::ack && event.kind != "nack" && event.kind != "reject";
  return acks ? text_in(verbs, "ack") : "";
}

// What waited for a timer goes on when it has run out, or a little later.
std::string timer_behind(double quiet_ms, const Json& system) {
  std::string behind;
  double longest = 0;
  for (const auto& timer : list_in(system, "timers")) {
    const double ms = decimal_in(timer, "ms");
    const bool fits = ms > longest && quiet_ms >= 0.9 * ms && quiet_ms <= 1.5 * ms + slack_ms;
    if (fits) longest = ms, behind = text_in(timer, "name");
  }
  return behind;
}

}  // namespace

Json report_events(const Trial& trial, const std::vector<EventRef>& events, const Json& system) {
  Json list = Json::array();
  for (const EventRef ref : events) {
    const Event& event = event_at(trial, ref);
    const auto since = static_cast<double>(event.time - event_at(trial, events.front()).time);
    list.push_back({{"t_ms", std::round(since / 1e3) / 1e3},
                    {"process", event.process},
                    {"incarnation", event.incarnation},
                    {"event", short_name(event)},
                    {"say", say(event)},
                    {"file", file_of(trial, ref)},
                    {"record", record_number(trial, ref)}});
    if (const auto verb = verb_of(event, system); !verb.empty()) list.back()["verb"] = verb;
  }
  return list;
}

Json gaps_in(const Json& events, const Json& system) {
  Json gaps = Json::array();
  for (std::size_t i = 1; i < events.size(); ++i) {
    const double quiet = decimal_in(events[i], "t_ms") - decimal_in(events[i - 1], "t_ms");
    if (quiet > gap_ms)
      gaps.push_back({{"after", i - 1}, {"ms", std::round(quiet * 1e3) / 1e3}, {"timer", timer_behind(quiet, system)}});
  }
  return gaps;
}

}  // namespace assay
