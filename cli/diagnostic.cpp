#include "cli/diagnostic.hpp"

#include <algorithm>
#include <set>

#include "cli/html/event-words.hpp"
#include "cli/lane-words.hpp"
#include "cli/lanes.hpp"
#include "cli/passing.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

constexpr std::size_t causes_named = 10;
constexpr int comfortable_columns = 80;

std::string mark(const std::string& event, bool last, const Look& look) {
  if (event == "fault.do" || event == "fault.proof") return look.utf8 ? "✗" : "x";
  if (last) return look.utf8 ? "■" : "#";
  return look.utf8 ? "●" : "*";
}

std::string who(const Json& event) {
  return text_in(event, "process") + "#" + std::to_string(number_in(event, "incarnation"));
}

// In few words on a narrow terminal: then a fault stands beside the name of whom it hits.
Line event_line_of(const Json& event, const std::string& trial, bool last, const Look& look) {
  const std::string name = text_in(event, "event"), sign = mark(name, last, look);
  const double t_ms = decimal_in(event, "t_ms");
  const bool narrow = look.columns < comfortable_columns;
  const auto strike = strike_of(event);
  Line line = event_line(t_ms, who(event), sign, narrow ? html::few_words(event) : text_in(event, "say"), look);
  if (narrow && strike) line = event_line(t_ms, strike->target.process.empty() ? "broker" : strike->target.process, sign, words_of_fault(event, *strike, trial), look);
  if (last) line.paint = Paint::violated;
  if (name == "fault.do" || name == "fault.proof") line.paint = Paint::strong;
  return line;
}

std::string place(const Json& witness, const std::string& directory) {
  const Json& events = list_in(witness, "events");
  if (events.empty()) return "";
  const Json& last = events.back();
  const std::string file = text_in(last, "file");
  return (directory.empty() ? "" : directory + "/") + file + ":" + std::to_string(number_in(last, "record"));
}

std::string cause(const Json& witness, const Look& look) {
  return shown(text_in(witness, "clause") + ": " + text_in(witness, "what"), look);
}

Line note(const std::string& text) { return {"  = " + text, Paint::none, 0, false}; }

// Where it broke comes first, for the end may be cut; the clause is named where it is another.
std::string in_a_line(const Json& witness, const std::string& first_clause) {
  const std::string cell = text_in(witness, "cell"), clause = text_in(witness, "clause");
  std::vector<std::string> where;
  if (!cell.empty()) where.push_back("at " + cell);
  if (clause != first_clause) where.push_back(clause);
  return (where.empty() ? "also" : "also " + joined(where)) + ": " + text_in(witness, "what");
}

Lines whole_note(const std::string& text, const Look& look) {
  Lines lines;
  for (const auto& part : wrapped(text, look.columns - 4, 2, look)) lines.push_back({(lines.empty() ? "  = " : "    ") + part, Paint::none, 0, false});
  return lines;
}

std::string shrunk(const Json& report) {
  const Json& shrink = field(report, "shrink");
  if (!shrink.is_object()) return "";
  return "; shrunk from " + counted(number_in(field(shrink, "from"), "messages"), "message") + " to " + grouped(number_in(field(shrink, "to"), "messages"));
}

}  // namespace

Lines diagnosis(const Json& report, const Json& witness, const Look& look) {
  Lines lines;
  for (const auto& part : wrapped("violated: " + cause(witness, look), look.columns, 2, look))
    lines.push_back({part, Paint::violated, lines.empty() ? 9U : 0U, false});
  const std::string where = shown(place(witness, text_in(report, "directory")), look);
  if (!where.empty()) lines.push_back({"  --> " + cut_middle(where, look.columns - 6, look), Paint::none, 0, false});
  return lines;
}

Line event_line(double t_ms, const std::string& process, const std::string& sign, const std::string& what, const Look& look) {
  constexpr int who_columns = 15;
  return {right(fixed(t_ms, 3), 11) + "  " + left(cut(shown(process, look), who_columns, look), who_columns) + " " + sign +
              " " + shown(what, look), Paint::none, std::string::npos, false};
}

// What is shown where not all events have room: how it ends, what was done to
// whom, how it begins, and then as much from both ends as there is room for. A
// stretch that is left out takes a line.
std::set<std::size_t> kept_of(const Json& events, std::size_t room) {
  const std::size_t count = events.size();
  std::vector<std::size_t> wanted{count - 1};
  for (std::size_t i = 0; i < count && wanted.size() < room; ++i)
    if (is_of_harness(events[i])) wanted.push_back(i);
  for (std::size_t i = 0; i < std::min(count, room); ++i) wanted.insert(wanted.end(), {i, count - 1 - i});

  std::set<std::size_t> kept;
  const auto lines = [&] {
    std::size_t all = kept.size(), next = 0;
    for (const auto index : kept) all += index > next, next = index + 1;
    return all + (next < count);
  };
  for (const auto index : wanted)
    if (kept.insert(index).second && lines() > std::max<std::size_t>(room, 1)) kept.erase(index);
  return kept;
}

Lines witness_timeline(const Json& witness, std::size_t room, const Look& look) {
  const Json& events = list_in(witness, "events");
  const std::size_t count = events.size();
  const std::string trial = text_in(witness, "fault");
  Lines lines;
  std::size_t next = 0;
  const auto leave_out = [&](std::size_t to) {
    if (to > next)
      lines.push_back({std::string(13, ' ') + counted(static_cast<std::int64_t>(to - next), "more event"), Paint::faint, std::string::npos, false});
  };
  const auto kept = count > 0 ? kept_of(events, room) : std::set<std::size_t>{};
  for (const auto index : kept) {
    leave_out(index);
    lines.push_back(event_line_of(events[index], trial, index + 1 == count, look));
    next = index + 1;
  }
  leave_out(count);
  return lines;
}

Lines witness_drawing(const Json& report, const Json& witness, std::size_t room, const Look& look) {
  const Lines drawn = lanes(report, witness, room, look);
  return drawn.empty() ? witness_timeline(witness, room, look) : drawn;
}

Lines notes_on(const Json& report, const Json& witness, const Look& look) {
  Lines lines;
  const std::string origin = text_in(witness, "origin"), fault = text_in(witness, "fault");
  std::string from = origin.empty() ? "" : "origin " + origin;
  if (!fault.empty()) from += (from.empty() ? "trial " : "; trial ") + fault;
  if (!from.empty()) append(lines, whole_note(shown(from, look), look));
  if (const Json& passing = field(witness, "passing"); passing.is_object())
    append(lines, whole_note("passes without the fault: " + fate_in(list_in(passing, "events")), look));
  if (const Json& replays = field(witness, "replays"); replays.is_object())
    lines.push_back(note(grouped(number_in(replays, "violated")) + " of " + grouped(number_in(replays, "n")) + " replays violated" + shrunk(report)));
  return lines;
}

Lines other_causes(const Json& report, std::size_t room, const Look& look) {
  const Json& witnesses = list_in(report, "witnesses");
  const std::size_t others = witnesses.size() - std::min<std::size_t>(1, witnesses.size());
  const std::size_t listed = others <= room ? others : room - std::min<std::size_t>(1, room);
  Lines lines;
  for (std::size_t i = 1; i <= listed; ++i) lines.push_back(note(shown(in_a_line(witnesses[i], text_in(witnesses[0], "clause")), look)));
  if (listed == others) return lines;
  std::vector<std::string> rest;
  for (std::size_t i = listed + 1; i < std::min(witnesses.size(), listed + causes_named); ++i) {
    const std::string cell = text_in(witnesses[i], "cell");
    rest.push_back(shown(cell.empty() ? text_in(witnesses[i], "clause") : cell, look));
  }
  lines.push_back(note("and " + counted(static_cast<std::int64_t>(others - listed), "more cause") + ", with --all: " + joined(rest)));
  return lines;
}

}  // namespace assay
