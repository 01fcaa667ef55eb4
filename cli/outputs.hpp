// Where a report is drawn to beside the terminal: a JUnit file, a Markdown
// summary, a page for people, and what GitHub shows of a job.
#pragma once

#include <initializer_list>
#include <string>

#include <nlohmann/json.hpp>

namespace assay {

struct Outputs {
  std::string junit, summary, html;  // files; "-": stdout; empty: none

  bool empty() const { return junit.empty() && summary.empty() && html.empty(); }
};

// One report as it is, several as an assay-reports/1. `missing` are the profiles
// that came to no report: "profile", "reason", "why".
nlohmann::ordered_json bundled(nlohmann::ordered_json reports, nlohmann::ordered_json missing, bool several);

// Whether one of these files is stdout, which then holds nothing else.
// UsageError when two of them are.
bool takes_stdout(const Outputs& outputs, std::initializer_list<std::string> further);

// A file of an earlier run must not pass for one of this run when this one comes
// to no end.
void remove_old(const Outputs& outputs);

// Draws what is asked for. No verdict hangs on a drawing: one that fails says so
// on stderr, and nothing else changes.
void draw(const Outputs& outputs, const nlohmann::ordered_json& report);

// The same where the drawing is all there is to do: throws.
void draw_again(const Outputs& outputs, const nlohmann::ordered_json& report);

// Appends the summary to the file that GITHUB_STEP_SUMMARY names, if it does.
void append_step_summary(const nlohmann::ordered_json& report);

}  // namespace assay
