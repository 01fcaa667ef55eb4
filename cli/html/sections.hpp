// The sections of the page, each a function of the report; html-page.cpp puts
// them together. One that has nothing to show is empty.
#pragma once

#include "cli/fields.hpp"
#include "cli/html/markup.hpp"

namespace assay::html {

// How much of a report goes in. A page that would grow too large is made again
// with less.
struct Detail {
  std::size_t witnesses = 8;   // drawn in full; others have a line
  std::size_t passing = 8;     // of these, so many beside their passing run
  std::size_t lines = 100;     // of a list
  int columns = text_columns;  // of a foreign text
  bool ticks = true;           // of each fault, in the chart of the run
  bool pictures = true;        // that chart, and a line for the range of each window
};

// A report as part of a page: alone, or one of several.
struct Part {
  const Json& report;
  std::string prefix;  // of what can be linked to: "", "p2-"
  int depth = 0;       // headings below those of a page of its own
  Detail detail;

  // Somebody else's history was checked: there was no trial, no fault and no plan.
  bool of_a_history() const { return text_in(report, "evidence") == "history"; }
  std::string id(const std::string& name) const { return prefix + name; }
  Markup heading(int level, const std::string& words) const;
  Markup line(const std::string& foreign) const { return text(foreign, detail.columns); }
};

// The word with its shape: a square with a cross, a disc with a tick, half a disc.
Markup verdict_word(const std::string& verdict);

Markup verdict_section(const Part& part);
Markup witness_section(const Part& part);
Markup windows_section(const Part& part);
Markup clauses_section(const Part& part);
Markup checked_section(const Part& part);  // what was read of a history of others, and what could not be judged
Markup run_section(const Part& part);      // what happened over time
Markup ledger_section(const Part& part);
Markup setup_section(const Part& part);

// Whether a witness is drawn, and the name of its panel.
std::string witness_id(const Part& part, std::size_t index);

// A table in a frame of its own that scrolls where it is too wide.
Markup table(const std::string& name, const std::string& caption, const std::vector<std::string>& titles,
             const Markup& rows);

}  // namespace assay::html
