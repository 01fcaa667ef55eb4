#include "cli/passing.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "cli/explain.hpp"
#include "cli/path.hpp"
#include "cli/report-events.hpp"
#include "cli/text.hpp"
#include "cli/wording.hpp"

namespace assay {
namespace {

const Judgement* passing_in(const std::vector<Judgement>& judgements) {
  const auto found = std::find_if(judgements.begin(), judgements.end(), [](const Judgement& judgement) {
    return !judgement.fault && is_evidence(judgement) && judgement.anything_arrived;
  });
  return found == judgements.end() ? nullptr : &*found;
}

// Messages of two trials differ in the number of the trial alone.
std::string in_trial(const std::string& message, std::int64_t trial) {
  const auto slash = message.find('/');
  return slash == std::string::npos ? "" : std::to_string(trial) + message.substr(slash);
}

bool is_on_path(const Event& event) {
  return event.type == Type::send || event.type == Type::deliver || event.type == Type::ack || event.type == Type::sink_row ||
         event.type == Type::stored_row;
}

// The events of a message in that trial that are of the kinds that a witness has.
std::vector<EventRef> counterparts(const Trial& trial, const std::string& message, bool with_stored) {
  std::vector<EventRef> events;
  for (const auto& ref : events_of(trial, message)) {
    const auto& event = event_at(trial, ref);
    if (is_on_path(event) && (with_stored || event.type != Type::stored_row)) events.push_back(ref);
  }
  return events;
}

// What an event is, and the how manieth of its kind.
std::string kind_of(const Json& event, std::map<std::string, int>& seen) {
  const auto kind = text_in(event, "process") + " " + text_in(event, "event");
  return kind + " " + std::to_string(++seen[kind]);
}

Json pairs_of(const Json& here, const Json& there) {
  std::map<std::string, int> seen_there, seen_here;
  std::map<std::string, std::size_t> index;
  for (std::size_t j = 0; j < there.size(); ++j) index[kind_of(there[j], seen_there)] = j;
  Json pairs = Json::array();
  for (std::size_t i = 0; i < here.size(); ++i)
    if (const auto other = index.find(kind_of(here[i], seen_here)); other != index.end()) pairs.push_back(Json::array({i, other->second}));
  return pairs;
}

// The fault is what was left out there, and no difference by itself.
Json differs_at(const Json& here, const Json& pairs) {
  std::set<std::size_t> paired;
  for (const auto& pair : pairs) paired.insert(pair[0].get<std::size_t>());
  for (std::size_t i = 0; i < here.size(); ++i)
    if (!paired.contains(i) && !is_of_harness(here[i])) return i;
  return nullptr;
}

Json none(const std::string& why) { return {{"passing", nullptr}, {"passing_reason", why}}; }

std::string times(std::int64_t count, const std::string& done) {
  return count == 0 ? "not " + done : count == 1 ? done + " once" : count == 2 ? done + " twice" : done + " " + std::to_string(count) + " times";
}

}  // namespace

std::int64_t passing_trial(const std::vector<Judgement>& judgements) {
  const auto* passing = passing_in(judgements);
  return passing ? passing->trial : 0;
}

Json passing_of(const Found& found, const Json& events, const std::vector<Judgement>& judgements, const std::vector<Trial>& trials, const Json& system) {
  const auto* control = passing_in(judgements);
  if (!control) return none("no trial without a fault is evidence");
  if (found.trial == control->trial) return none("it breaks without a fault");
  if (control->violates(found.witness.clause)) return none("the trial without a fault breaks the same clause");
  const auto trial = std::find_if(trials.begin(), trials.end(), [&](const Trial& t) { return t.number == control->trial; });
  const auto message = in_trial(found.witness.message, control->trial);
  if (trial == trials.end() || message.empty()) return none("it is about no message that another trial has, too");

  const bool with_stored = std::any_of(events.begin(), events.end(), [](const Json& event) { return text_in(event, "event") == "stored.row"; });
  const auto there = report_events(*trial, counterparts(*trial, message, with_stored), system);
  if (there.empty()) return none("the trial without a fault knows no such message");
  const auto pairs = pairs_of(events, there);
  return {{"passing",
           {{"trial", control->trial},
            {"what", "the same trial without its fault"},
            {"message", message},
            {"events", there},
            {"pairs", pairs},
            {"differs_at", differs_at(events, pairs)}}},
          {"passing_reason", ""}};
}

std::string fate_in(const Json& events) {
  const auto count = [&](const std::string& name) {
    return std::count_if(events.begin(), events.end(), [&](const Json& event) { return text_in(event, "event") == name; });
  };
  const auto rows = count("sink.row");
  return times(count("deliver"), "delivered") + ", " + (rows == 0 ? "no row" : counted(rows, "row")) + " in the sink";
}

}  // namespace assay
