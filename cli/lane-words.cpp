#include "cli/lane-words.hpp"

#include <algorithm>
#include <array>

#include "cli/html/event-words.hpp"

namespace assay {
namespace {

// What stands between `start` and the next comma of the words of an event.
std::string part_after(const Json& event, const std::string& start) {
  const std::string say = text_in(event, "say");
  const auto found = say.find(", " + start);
  if (found == std::string::npos) return "";
  const auto from = found + 2 + start.size();
  return say.substr(from, say.find(", ", from) - from);
}

std::string ordinal(std::int64_t number) {
  static constexpr std::array<const char*, 4> words{"first", "second", "third", "fourth"};
  return number <= 4 ? words[static_cast<std::size_t>(number - 1)] : std::to_string(number) + "th";
}

bool ends_with_one_of(const std::string& name, std::initializer_list<const char*> ends) {
  return std::any_of(ends.begin(), ends.end(), [&](const char* end) { return name.ends_with(end); });
}

std::string first_word(const std::string& say) { return say.substr(0, say.find_first_of(" ,:")); }

// The word of the system's own protocol where somebody recorded it.
std::string verb_of(const Json& event) {
  if (const std::string verb = text_in(event, "verb"); !verb.empty()) return verb;
  const std::string name = text_in(event, "event");
  if (name.ends_with(".ok") || name.ends_with(".confirmed")) return "ok";
  if (name.ends_with(".fail")) return "failed";
  if (name.ends_with(".refused")) return "refused";
  return name == "deliver" ? name : first_word(text_in(event, "say"));
}

bool came_again(const Json& event) { return text_in(event, "say").find("marked as redelivered") != std::string::npos; }

std::string how_often(const Json& event, std::int64_t before) {
  const std::string name = text_in(event, "event");
  if (name == "send.invoke") return before > 0 ? " again" : "";
  if (name != "deliver") return "";
  return before == 1 ? ", 2nd" : before > 1 || came_again(event) ? " again" : "";
}

}  // namespace

std::string copy_in(const Json& event) { return part_after(event, "copy "); }

bool grants(const Json& event) { return ends_with_one_of(text_in(event, "event"), {".ok", ".confirmed"}); }

bool is_remarkable(const Json& event) {
  return ends_with_one_of(text_in(event, "event"), {".indeterminate", ".fail", ".refused"}) || came_again(event);
}

std::vector<std::string> words_on_arrow(const Json& event, const Repeats& repeats) {
  const std::string verb = verb_of(event), act = verb + how_often(event, repeats.before);
  const std::string copy = copy_in(repeats.answer ? *repeats.answer : event);
  const std::string answered = repeats.answer && text_in(event, "verb").empty() ? ", ok" : "";
  std::vector<std::string> words;
  if (!copy.empty()) words.push_back(act + " " + copy + answered);
  words.insert(words.end(), {act + answered, act, verb});
  return words;
}

std::string words_at_mark(const Json& event, const Repeats& repeats) {
  const std::string name = text_in(event, "event");
  if (name == "sink.row") {
    const std::string writer = part_after(event, "written by ");
    return ordinal(repeats.before + 1) + " row" + (writer.empty() ? "" : ", by " + writer);
  }
  const std::string few = html::few_words(event), stored = "stored as copy ";
  return few.starts_with(stored) ? ordinal(repeats.before + 1) + " copy, " + few.substr(stored.size()) : few;
}

std::string words_of_fault(const Json& event, const Strike& strike, const std::string& trial) {
  const bool killed = strike.act == "kill" || strike.act == "stop";
  if (strike.phase == Strike::Phase::heal && killed && strike.target == broker_lane()) return "restarted";
  if (strike.phase == Strike::Phase::heal || strike.phase == Strike::Phase::life) return html::words_of_strike(event, strike);
  std::string window = part_after(event, strike.phase == Strike::Phase::act ? "at " : "last window ");
  if (const auto agent = window.find(':'); agent != std::string::npos) window.erase(0, agent + 1);
  if (const auto times = window.find('#'); times != std::string::npos) window.erase(times);
  if (window.empty()) return strike.act;
  const bool aimed = strike.phase == Strike::Phase::act || trial.find(":" + window + "#") != std::string::npos;
  return strike.act + (aimed ? " at " : " after ") + window;
}

}  // namespace assay
