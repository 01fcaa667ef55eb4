#include "cli/explain.hpp"

#include <algorithm>
#include <limits>

#include "cli/diagnostic.hpp"
#include "cli/text.hpp"
#include "cli/wording.hpp"

namespace assay {
namespace {

constexpr int text_columns = 120;

bool acknowledges(const Event& ack, const Event& delivery) {
  if (ack.type != Type::ack || ack.session != delivery.session || ack.process != delivery.process ||
      ack.incarnation != delivery.incarnation)
    return false;
  const bool by_tag = !ack.tag.empty() && ack.tag == delivery.tag;
  const bool by_position = ack.tag.empty() && !ack.position.empty() && ack.position == delivery.position;
  return by_tag || by_position;
}

bool is_fault(const Event& event) { return event.type == Type::fault; }

std::string mark(const Event& event, const Look& look) {
  const bool struck = is_fault(event) && event.phase == Phase::act;
  if (look.utf8) return struck ? "✗" : "●";
  return struck ? "x" : "*";
}

// Behind the longest line, file and record of each; a place is never cut.
void add_places(Lines& lines, const Trial& trial, const std::vector<EventRef>& events, const Look& look) {
  int longest = 0;
  for (const auto& line : lines) longest = std::max(longest, columns_of(line.text));
  longest = std::min(longest, text_columns);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string where = trial.file + ":" + std::to_string(record_number(trial, events[i]));
    lines[i].text = left(cut(lines[i].text, longest, look), longest) + "  " + shown(where, look);
    lines[i].whole = true;
  }
}

}  // namespace

std::vector<EventRef> events_of(const Trial& trial, const std::string& message) {
  const auto all = in_time_order(trial);
  std::vector<const Event*> deliveries;
  bool known = false;
  for (const EventRef ref : all) {
    const Event& event = event_at(trial, ref);
    if (message.empty() || event.message != message) continue;
    known = true;
    if (event.type == Type::deliver) deliveries.push_back(&event);
  }
  if (!known) return {};

  const auto about = [&](const Event& event) {
    return event.message == message || std::any_of(deliveries.begin(), deliveries.end(), [&](const Event* delivery) {
             return acknowledges(event, *delivery);
           });
  };

  // The plan is older than all processes: their lives count from the first send on.
  std::int64_t first = std::numeric_limits<std::int64_t>::max(), last = std::numeric_limits<std::int64_t>::min();
  for (const EventRef ref : all) {
    const Event& event = event_at(trial, ref);
    if (about(event) && event.type != Type::plan_message) first = std::min(first, event.time);
    if (about(event) || is_fault(event)) last = std::max(last, event.time);
  }

  std::vector<EventRef> events;
  for (const EventRef ref : all) {
    const Event& event = event_at(trial, ref);
    const bool meanwhile = event.type == Type::process && event.time >= first && event.time <= last;
    if (about(event) || is_fault(event) || meanwhile) events.push_back(ref);
  }
  return events;
}

std::string timeline(const Trial& trial, const std::vector<EventRef>& events, const Look& look) {
  if (events.empty()) return "";
  Lines lines;
  const std::int64_t start = event_at(trial, events.front()).time;
  for (const EventRef ref : events) {
    const Event& event = event_at(trial, ref);
    lines.push_back(event_line(static_cast<double>(event.time - start) / 1e6,
                               incarnation_name(event.process, event.incarnation), mark(event, look), say(event), look));
    if (is_fault(event) && event.phase == Phase::act) lines.back().paint = Paint::strong;
  }
  add_places(lines, trial, events, look);
  return print(lines, look);
}

}  // namespace assay
