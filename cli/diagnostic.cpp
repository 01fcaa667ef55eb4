#include "cli/diagnostic.hpp"

#include <algorithm>

#include "cli/passing.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

constexpr std::size_t causes_shown = 3;

std::string mark(const std::string& event, bool last, const Look& look) {
  if (event == "fault.do") return look.utf8 ? "✗" : "x";
  if (last) return look.utf8 ? "■" : "#";
  return look.utf8 ? "●" : "*";
}

std::string who(const Json& event) {
  return text_in(event, "process") + "#" + std::to_string(number_in(event, "incarnation"));
}

Line event_line_of(const Json& event, bool last, const Look& look) {
  const std::string name = text_in(event, "event");
  Line line = event_line(decimal_in(event, "t_ms"), who(event), mark(name, last, look), text_in(event, "say"), look);
  if (last) line.paint = Paint::violated;
  if (name == "fault.do") line.paint = Paint::strong;
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

}  // namespace

Lines diagnosis(const Json& report, const Look& look) {
  const Json& witnesses = list_in(report, "witnesses");
  if (witnesses.empty()) return {};
  Lines lines{{"violated: " + cause(witnesses[0], look), Paint::violated, 9, false}};
  const std::string where = shown(place(witnesses[0], text_in(report, "directory")), look);
  if (!where.empty()) lines.push_back({"  --> " + cut_middle(where, look.columns - 6, look), Paint::none, 0, false});
  return lines;
}

Line event_line(double t_ms, const std::string& process, const std::string& sign, const std::string& what, const Look& look) {
  constexpr int who_columns = 15;
  return {right(fixed(t_ms, 3), 11) + "  " + left(cut(shown(process, look), who_columns, look), who_columns) + " " + sign +
              " " + shown(what, look), Paint::none, std::string::npos, false};
}

Lines witness_timeline(const Json& witness, std::size_t room, const Look& look) {
  const Json& events = list_in(witness, "events");
  const std::size_t count = events.size();
  const bool folds = count > room;
  const std::size_t front = folds ? (room - 1) / 2 : count;
  const std::size_t back = folds ? room - 1 - front : 0;

  Lines lines;
  for (std::size_t i = 0; i < front; ++i) lines.push_back(event_line_of(events[i], i + 1 == count, look));
  if (folds)
    lines.push_back({std::string(13, ' ') + counted(static_cast<std::int64_t>(count - front - back), "more event"),
                     Paint::faint, std::string::npos, false});
  for (std::size_t i = count - back; i < count; ++i) lines.push_back(event_line_of(events[i], i + 1 == count, look));
  return lines;
}

Lines causes(const Json& report, const Look& look) {
  const Json& witnesses = list_in(report, "witnesses");
  if (witnesses.empty()) return {};
  Lines lines;
  const std::string origin = text_in(witnesses[0], "origin"), fault = text_in(witnesses[0], "fault");
  std::string from = origin.empty() ? "" : "origin " + origin;
  if (!fault.empty()) from += (from.empty() ? "trial " : "; trial ") + fault;
  if (!from.empty()) lines.push_back({"  = " + shown(from, look), Paint::none, 0, false});
  if (const Json& passing = field(witnesses[0], "passing"); passing.is_object())
    lines.push_back({"  = passes without the fault: " + fate_in(list_in(passing, "events")), Paint::none, 0, false});

  if (const Json& replays = field(witnesses[0], "replays"); replays.is_object()) {
    const Json& shrunk = field(report, "shrink");
    const std::string less = shrunk.is_object() ? "; shrunk from " + counted(number_in(field(shrunk, "from"), "messages"), "message") + " to " +
                                                      grouped(number_in(field(shrunk, "to"), "messages"))
                                                : "";
    lines.push_back({"  = " + grouped(number_in(replays, "violated")) + " of " + grouped(number_in(replays, "n")) + " replays violated" + less,
                     Paint::none, 0, false});
  }

  const std::size_t others = witnesses.size() - 1;
  const std::size_t listed = others > causes_shown - 1 ? causes_shown - 2 : others;
  for (std::size_t i = 1; i <= listed; ++i) {
    const std::string cell = text_in(witnesses[i], "cell");
    lines.push_back({"  = also " + cause(witnesses[i], look) + (cell.empty() ? "" : ", " + shown(cell, look)), Paint::none, 0, false});
  }
  if (listed == others) return lines;
  std::vector<std::string> rest;
  for (std::size_t i = listed + 1; i < witnesses.size() && i < listed + 10; ++i) {
    const std::string cell = text_in(witnesses[i], "cell");
    rest.push_back(shown(text_in(witnesses[i], "clause") + (cell.empty() ? "" : " in " + cell), look));
  }
  lines.push_back({"  = and " + counted(static_cast<std::int64_t>(others - listed), "more cause") + ": " + joined(rest),
                   Paint::none, 0, false});
  return lines;
}

}  // namespace assay
