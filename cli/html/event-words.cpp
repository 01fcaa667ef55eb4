#include "cli/html/event-words.hpp"

#include <algorithm>

#include "cli/text.hpp"

namespace assay::html {

std::string who(const Json& event) {
  const std::int64_t incarnation = number_in(event, "incarnation");
  return text_in(event, "process") + (incarnation > 0 ? "#" + std::to_string(incarnation) : "");
}

std::string when(const Json& event, const Json& events) {
  const bool timed =
      std::any_of(events.begin(), events.end(), [](const Json& one) { return decimal_in(one, "t_ms") > 0; });
  return timed ? fixed(decimal_in(event, "t_ms"), 3) : "";
}

std::string sentence_of(const Json& event, const Json& events) {
  const std::string ms = when(event, events);
  return (ms.empty() ? "" : ms + " ms, ") + who(event) + ": " + text_in(event, "say");
}

namespace {

// The system's own word in place of ours: "XADD answered" for "send answered".
std::string in_its_words(const Json& event) {
  const std::string say = text_in(event, "say"), verb = text_in(event, "verb");
  const std::size_t end = say.find_first_of(" ,");
  return verb.empty() ? say : verb + (end == std::string::npos ? "" : say.substr(end));
}

}  // namespace

std::string few_words(const Json& event) {
  std::string few, part;
  const auto take = [&] {
    if (part == "marked as redelivered") part = "again";
    if (part == "one row in the sink") part = "row";
    if (part.starts_with("written by ")) part.erase(0, 8);
    const bool routine = part.starts_with("attempt ") || part == "marked as first" ||
                         (part.starts_with("delivery ") && part.ends_with("by the system's count"));
    if (!routine && !part.empty()) few += (few.empty() ? "" : ", ") + part;
    part.clear();
  };
  for (const char c : in_its_words(event)) {
    if (c == ',')
      take();
    else if (c != ' ' || !part.empty())
      part += c;
  }
  take();
  return few;
}

std::string words_of_strike(const Json& event, const Strike& strike) {
  if (strike.phase == Strike::Phase::life) return few_words(event);
  if (strike.phase == Strike::Phase::heal) return strike.act + " is over";
  const std::string say = text_in(event, "say");
  const auto where = say.find(strike.phase == Strike::Phase::act ? ", at " : ", last window ");
  if (where == std::string::npos) return strike.act;
  const std::string place = say.substr(where + 2, say.find(", ", where + 2) - where - 2);
  return strike.act + ", " + place;
}

}  // namespace assay::html
