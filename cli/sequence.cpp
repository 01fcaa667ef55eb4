#include "cli/sequence.hpp"

#include <algorithm>
#include <map>
#include <regex>

#include "cli/text.hpp"

namespace assay {
namespace {

// GitLab draws no diagram of more than 5,000 characters.
constexpr std::size_t most_lanes = 8, most_rows = 30, label_bytes = 60;


// In the order of a message's path.
enum class LaneKind : std::uint8_t { producer, elsewhere, broker, consumer, sink };

struct Lane {
  LaneKind place{};
  std::string name;
  auto operator<=>(const Lane&) const = default;
};

const Lane broker_lane{LaneKind::broker, ""}, sink_lane{LaneKind::sink, ""};

std::string type_of(const Json& event) { return text_in(event, "event").substr(0, text_in(event, "event").find('.')); }

bool begins(const Json& event) {
  const std::string name = text_in(event, "event");
  return name.ends_with(".invoke") || name.ends_with(".begin");
}

Lane lane_of(const Json& event) {
  const std::string process = text_in(event, "process"), type = type_of(event);
  if (type == "sink") return sink_lane;
  if (type == "stored" || type == "backlog") return broker_lane;
  if (process.starts_with("producer")) return {LaneKind::producer, process};
  if (process.starts_with("consumer")) return {LaneKind::consumer, process};
  return {LaneKind::elsewhere, process};
}

// Whom an event goes to or comes from; without, it is a note.
const Lane* counterpart(const Json& event) {
  const std::string type = type_of(event);
  if (type == "send" || type == "deliver" || type == "ack") return &broker_lane;
  return type == "effect" ? &sink_lane : nullptr;
}

// What the harness does concerns everybody.
bool for_all(const Json& event) { return text_in(event, "process") == "harness"; }

class Diagram {
 public:
  Diagram(const Json& report, const Json& witness) : events_(list_in(witness, "events")) {
    for (const auto& event : events_) {
      if (!for_all(event)) lanes_.try_emplace(lane_of(event));
      if (const auto* other = counterpart(event); other && !for_all(event)) lanes_.try_emplace(*other);
    }
    std::size_t n = 0;
    for (auto& [lane, id] : lanes_) {
      id = "l" + std::to_string(n++);
      const std::string name = lane.place == LaneKind::broker ? text_in(field(report, "system"), "name") : lane.place == LaneKind::sink ? "sink" : lane.name;
      text_ += "  participant " + id + " as " + mermaid_label(name) + "\n";
    }
  }

  bool fits() const { return !lanes_.empty() && lanes_.size() <= most_lanes; }

  std::string text() && {
    const std::size_t count = events_.size(), front = count > most_rows ? most_rows / 2 : count;
    const std::size_t back = count > most_rows ? most_rows - front - 1 : 0;
    for (std::size_t i = 0; i < front; ++i) add(events_[i], i + 1 == count);
    if (front + back < count) note(across(), counted(static_cast<std::int64_t>(count - front - back), "more event"));
    for (std::size_t i = count - back; i < count; ++i) add(events_[i], i + 1 == count);
    return "sequenceDiagram\n" + std::move(text_);
  }

 private:
  std::string across() const {
    const std::string first = lanes_.begin()->second, last = lanes_.rbegin()->second;
    return first == last ? first : first + "," + last;
  }

  void note(const std::string& over, const std::string& text) { text_ += "  Note over " + over + ": " + mermaid_label(text) + "\n"; }

  void add(const Json& event, bool last) {
    if (last) text_ += "  rect rgba(213, 94, 0, 0.18)\n";
    draw_event(event);
    if (last) text_ += "  end\n";
  }

  void draw_event(const Json& event) {
    if (for_all(event)) return note(across(), text_in(event, "say"));
    const Lane lane = lane_of(event);
    const std::string own = lanes_.at(lane);
    if (lane.place == LaneKind::producer || lane.place == LaneKind::consumer) {
      auto& life = lives_[lane];
      const auto now = number_in(event, "incarnation");
      if (now != life && (life != 0 || now > 1)) note(own, "incarnation " + std::to_string(now));
      life = now;
    }
    const auto* other = counterpart(event);
    if (!other) return note(own, text_in(event, "say"));
    const std::string far = lanes_.at(*other);
    const bool outward = begins(event);
    const std::string arrow = type_of(event) == "deliver" ? far + "->>" + own : outward ? own + "->>" + far : far + "-->>" + own;
    text_ += "  " + arrow + ": " + mermaid_label(text_in(event, "say")) + "\n";
  }

  const Json& events_;
  std::map<Lane, std::string> lanes_;
  std::map<Lane, std::int64_t> lives_;
  std::string text_;
};

// The word closes a block, even where it seems to be text.
std::string without_end(const std::string& label) {
  static const std::regex end("\\bend\\b", std::regex::icase);
  return std::regex_replace(label, end, "-end-");
}

}  // namespace

std::string mermaid_label(const std::string& foreign) {
  std::string label;
  for (const char c : foreign) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    const bool kept = letter || std::string_view("._-/,").find(c) != std::string_view::npos;
    if (kept) label += c;
    else if (!label.empty() && label.back() != ' ') label += ' ';
  }
  if (label.size() > label_bytes) label.erase(std::max<std::size_t>(label.substr(0, label_bytes).rfind(' ') + 1, label_bytes / 2));
  while (label.ends_with(' ') || label.ends_with(',')) label.pop_back();
  return label.empty() ? "-" : without_end(label);
}

std::string sequence_diagram(const Json& report, const Json& witness) {
  Diagram diagram(report, witness);
  return diagram.fits() ? std::move(diagram).text() : "";
}

}  // namespace assay
