#include <algorithm>

#include "cli/html/diagram.hpp"
#include "cli/html/event-words.hpp"
#include "cli/html/sections.hpp"
#include "cli/report-text.hpp"
#include "cli/text.hpp"
#include "cli/wording.hpp"

namespace assay::html {
namespace {

constexpr std::size_t most_events = 200;

Names names_of(const Part& part, std::size_t index) {
  return {(index == 0 ? "" : "-" + std::to_string(index + 1)) +
          (part.prefix.empty() ? "" : "-of-" + part.prefix + "w")};
}

std::string place_of_event(const Json& event) {
  return text_in(event, "file") + ":" + std::to_string(number_in(event, "record"));
}

Markup event_row(const Part& part, const Json& events, std::size_t i, const std::string& name) {
  const Json& event = events[i];
  return element("tr", {{"id", name + "-row"}},
                 element("td", {{"class", "number"}}, when(event, events)) +
                     element("th", {{"scope", "row"}}, part.line(who(event))) +
                     element("td", {}, text_in(event, "event")) + element("td", {}, part.line(text_in(event, "say"))) +
                     element("td", {}, element("code", {}, part.line(place_of_event(event)))));
}

// The same as the diagram, in words; each event with its place in the histories.
Markup event_table(const Part& part, const Json& events, const std::string& caption,
                   const std::function<std::string(std::size_t)>& name) {
  Markup rows;
  for (std::size_t i = 0; i < std::min(events.size(), most_events); ++i) rows += event_row(part, events, i, name(i));
  Markup drawn = table("events", caption, {"ms", "process", "event", "what it says", "file:record"}, rows);
  if (events.size() > most_events)
    drawn += element(
        "p", {{"class", "aside"}},
        "and " + counted(static_cast<std::int64_t>(events.size() - most_events), "more event") + ", in the report");
  return drawn;
}

Markup tables(const Part& part, const Json& witness, const Names& names, Beside beside) {
  const Json &events = list_in(witness, "events"), &passing = list_in(field(witness, "passing"), "events");
  if (events.empty()) return {};
  Markup inside = element("summary", {}, "the same as a table, with the place of every event") +
                  event_table(part, events, "events of this run", [&](std::size_t i) { return names.here(i); });
  if (beside == Beside::passing && !passing.empty())
    inside += element("p", {{"class", "sub"}}, "The passing run:") +
              event_table(part, passing, "events of the passing run", [&](std::size_t i) { return names.there(i); });
  return element("details", {}, inside);
}

std::string of_the_other(const Json& witness) {
  const Json& passing = field(witness, "passing");
  if (!passing.is_object()) {
    const std::string why = text_in(witness, "passing_reason");
    return why.empty() ? "" : "No passing run beside it: " + why + ".";
  }
  return "On the right a run that passes: " + text_in(passing, "what") + ", message " + text_in(passing, "message") +
         ". The band marks where the two part.";
}

// "8 of 12" landed faults of this kind violated the claim in its window.
std::string how_often(const Part& part, const Json& witness) {
  const std::string fault = text_in(witness, "fault");
  for (const auto& cell : list_in(part.report, "windows"))
    if (text_in(cell, "window") == text_in(witness, "cell") &&
        fault.starts_with(text_in(cell, "kind") + ":" + text_in(cell, "target")))
      return grouped(number_in(cell, "violating")) + " of " + grouped(number_in(cell, "landed"));
  return "";
}

std::string kind_and_place(const Json& witness) {
  const std::string fault = text_in(witness, "fault"), cell = text_in(witness, "cell");
  return fault.substr(0, fault.find(':')) + (cell.empty() ? "" : " at " + cell);
}

std::string title_of(const Part& part, const Json& witness) {
  if (part.of_a_history()) return text_in(witness, "anomaly") + ": " + text_in(witness, "message");
  return text_in(witness, "anomaly") + ", " + kind_and_place(witness);
}

// What all witnesses have in common tells nothing in a tab.
std::string tab_of(const Part& part, const Json& witness) {
  const Json& all = list_in(part.report, "witnesses");
  const bool alike = std::all_of(all.begin(), all.end(), [&](const Json& other) {
    return text_in(other, "anomaly") == text_in(witness, "anomaly");
  });
  if (part.of_a_history()) return title_of(part, witness);
  const std::string often = how_often(part, witness);
  return (alike ? kind_and_place(witness) : title_of(part, witness)) + (often.empty() ? "" : ": " + often);
}

Markup panel(const Part& part, std::size_t index) {
  const Json& witness = list_in(part.report, "witnesses")[index];
  const Beside beside = index < part.detail.passing ? Beside::passing : Beside::nothing;
  const Names names = names_of(part, index);
  const std::string origin = text_in(witness, "origin"), other = beside == Beside::passing ? of_the_other(witness) : "";
  Markup words = element("b", {}, part.line(text_in(witness, "clause") + ": " + text_in(witness, "what"))) + text(". ");
  if (!part.of_a_history())
    words += part.line("Trial " + std::to_string(number_in(witness, "trial")) + ", " + text_in(witness, "fault")) +
             text(". ");
  const std::string meaning = meaning_of_origin(origin);
  if (!origin.empty()) words += part.line("Origin: " + origin + (meaning.empty() ? "" : ", " + meaning)) + text(". ");
  Markup inside = part.heading(3, title_of(part, witness)) + element("p", {}, words + part.line(other));
  if (const Markup drawn = diagram(part.report, witness, names, beside); !drawn.empty())
    inside += element("div", {{"class", "wide"}}, drawn);
  inside += tables(part, witness, names, beside);
  if (!part.of_a_history())
    inside += element("div", {{"class", "again"}},
                      element("span", {}, "Reproduce this one") + text(" ") +
                          element("code", {{"class", "command"}}, whole(reproduce_text(part.report, witness))));
  return element("section",
                 {{"class", "witness"},
                  {"id", witness_id(part, index)},
                  {"data-tab", cut(printable(tab_of(part, witness)), 60, {.colour = false, .utf8 = true})}},
                 inside);
}

Markup others(const Part& part, const Json& witnesses, std::size_t drawn) {
  if (witnesses.size() <= drawn) return {};
  const std::size_t listed = std::min(witnesses.size(), drawn + part.detail.lines);
  Markup rows;
  for (std::size_t i = drawn; i < listed; ++i)
    rows += element("tr", {},
                    element("th", {{"scope", "row"}}, text(text_in(witnesses[i], "clause"), 60)) +
                        element("td", {}, text(text_in(witnesses[i], "what"), std::min(part.detail.columns, 120))) +
                        element("td", {}, element("code", {}, text(text_in(witnesses[i], "fault"), 90))));
  const auto count = static_cast<std::int64_t>(witnesses.size() - drawn);
  Markup inside =
      part.heading(3, counted(count, "more cause")) +
      element("p", {{"class", "sub"}}, "Not drawn in this page; `assay explain` with the report shows each.") +
      table("others", "causes that are not drawn", {"clause", "what happened", "trial"}, rows);
  if (listed < witnesses.size())
    inside += element("p", {{"class", "aside"}},
                      "and " + grouped(static_cast<std::int64_t>(witnesses.size() - listed)) + " more");
  return inside;
}

}  // namespace

std::string witness_id(const Part& part, std::size_t index) { return part.id("witness-" + std::to_string(index + 1)); }

Markup witness_section(const Part& part) {
  const Json& witnesses = list_in(part.report, "witnesses");
  if (witnesses.empty()) return {};
  const std::size_t drawn = std::min(witnesses.size(), part.detail.witnesses);
  Markup panels;
  for (std::size_t i = 0; i < drawn; ++i) panels += panel(part, i);
  const std::string about =
      "The fewest events that show it, one row an event, with the milliseconds since the first where times are known. "
      "Solid arrows are requests and deliveries, "
      "dashed ones replies; a square is a fact that the final scan found.";
  return element("section", {{"id", part.id("witness")}},
                 part.heading(2, witnesses.size() == 1 ? "Witness" : "Witnesses") +
                     element("p", {{"class", "sub"}}, about) + element("div", {{"class", "witnesses"}}, panels) +
                     others(part, witnesses, drawn));
}

}  // namespace assay::html
