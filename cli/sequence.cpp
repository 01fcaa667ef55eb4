#include "cli/sequence.hpp"

#include <algorithm>
#include <map>
#include <regex>

#include "cli/path.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

// GitLab draws no diagram of more than 5,000 characters.
constexpr std::size_t most_lanes = 8, most_rows = 30, label_bytes = 60;

// Here all lives of a process share a lane.
Lane shared(Lane lane) {
  lane.incarnation = 0;
  return lane;
}

class Diagram {
 public:
  Diagram(const Json& report, const Json& witness) : events_(list_in(witness, "events")) {
    for (const auto& event : events_) {
      if (is_of_harness(event)) continue;
      lanes_.try_emplace(shared(lane_of(event)));
      if (const auto hop = hop_of(event)) lanes_.try_emplace(shared(hop->from)), lanes_.try_emplace(shared(hop->to));
    }
    std::size_t n = 0;
    for (auto& [lane, id] : lanes_) {
      id = "l" + std::to_string(n++);
      const std::string name = lane == broker_lane() ? text_in(field(report, "system"), "name") : lane == sink_lane() ? "sink" : lane.process;
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
    if (is_of_harness(event)) return note(across(), text_in(event, "say"));
    const Lane lane = shared(lane_of(event));
    if (lane.station == Station::producer || lane.station == Station::consumer) {
      auto& life = lives_[lane];
      const auto now = number_in(event, "incarnation");
      if (now != life && (life != 0 || now > 1)) note(lanes_.at(lane), "incarnation " + std::to_string(now));
      life = now;
    }
    const auto hop = hop_of(event);
    if (!hop) return note(lanes_.at(lane), text_in(event, "say"));
    text_ += "  " + lanes_.at(shared(hop->from)) + (hop->reply ? "-->>" : "->>") + lanes_.at(shared(hop->to)) + ": " +
             mermaid_label(text_in(event, "say")) + "\n";
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
