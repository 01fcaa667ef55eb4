#include "cli/summary-parts.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "cli/diagnostic.hpp"
#include "cli/evidence-text.hpp"
#include "cli/markdown.hpp"
#include "cli/report-text.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

constexpr std::size_t questions_shown = 4, window_rows_shown = 30;

std::string table_row(const std::vector<std::string>& cells) { return "| " + joined(cells, " | ") + " |\n"; }

std::string table_head(const std::vector<std::string>& titles) {
  return table_row(titles) + "|" + joined(std::vector<std::string>(titles.size(), "---|"), "") + "\n";
}

// Cells of one row and one kind of fault.
struct Struck {
  std::int64_t cells = 0, landed = 0, violating = 0, least = 0, floor = 0;
  std::string letters;

  void add(const Json& cell) {
    const std::int64_t here = number_in(cell, "landed");
    least = cells++ == 0 ? here : std::min(least, here);
    landed += here;
    violating += number_in(cell, "violating");
    floor = number_in(cell, "floor");
    for (const char letter : text_in(cell, "letters"))
      if (letter != '-' && letters.find(letter) == std::string::npos) letters += letter;
  }

  std::string text() const {
    if (cells == 0) return "not planned";
    std::string out = (letters.empty() ? "-" : "**" + letters + "**") + " " + grouped(violating) + " of " + grouped(landed);
    if (cells > 1) return out + " in " + grouped(cells) + " cells, at least " + grouped(least) + " in each";
    return landed < floor ? out + ", " + grouped(floor) + " needed" : out;
  }
};

struct WindowRow {
  std::string title;
  std::map<std::string, Struck> by_kind;
};

bool stands_out(const Json& cell) {
  return number_in(cell, "violating") > 0 || number_in(cell, "landed") < number_in(cell, "floor");
}

// A window has its row when one of its cells stands out; others share one.
std::vector<WindowRow> window_rows(const Json& windows) {
  std::set<std::string> apart;
  const auto where = [](const Json& cell) { return text_in(cell, "window") + " " + text_in(cell, "target"); };
  for (const auto& cell : windows)
    if (stands_out(cell) && apart.size() < window_rows_shown) apart.insert(where(cell));

  std::vector<WindowRow> rows;
  WindowRow rest{apart.empty() ? "all windows" : "other windows", {}};
  for (const auto& cell : windows) {
    if (number_in(cell, "floor") == 0 && !stands_out(cell)) continue;
    const std::string kind = text_in(cell, "kind"), target = text_in(cell, "target");
    if (!apart.contains(where(cell))) {
      rest.by_kind[kind].add(cell);
      continue;
    }
    const std::string title = code_span(text_in(cell, "window")) + " " + prose(target);
    auto row = std::find_if(rows.begin(), rows.end(), [&](const WindowRow& known) { return known.title == title; });
    if (row == rows.end()) row = rows.insert(rows.end(), {title, {}});
    row->by_kind[kind].add(cell);
  }
  if (!rest.by_kind.empty()) rows.push_back(rest);
  return rows;
}

}  // namespace

std::string found_of(const Json& report) {
  const std::string forbidden = anomaly_counts(report, true);
  if (forbidden.empty()) return "";
  return forbidden + " of " + counted(number_in(field(report, "accounts"), "sent"), "message") + " sent, " +
         counted(static_cast<std::int64_t>(list_in(report, "witnesses").size()), "cause");
}

std::string evidence_of(const Json& report) {
  const std::string verdict = text_in(report, "verdict");
  std::vector<std::string> lines;
  if (verdict == "upheld") lines = upheld_evidence(report);
  if (verdict == "violated") lines = violated_evidence(report);
  const Json& faults = field(report, "faults");
  if (text_in(report, "evidence") != "history")
    lines.push_back(grouped(number_in(faults, "landed")) + " of " + grouped(number_in(faults, "landed") + number_in(faults, "not_landed")) +
                    " faults landed");
  return joined(lines, "; ");
}

std::string open_questions(const Json& report) {
  const auto open = lacks(report);
  std::string text;
  for (std::size_t i = 0; i < std::min(open.size(), questions_shown); ++i) {
    text += "- " + prose(joined(open[i].clauses)) + ": " + prose(open[i].why) + "\n";
    if (!open[i].remedy.empty()) text += "  settle it: " + code_span(open[i].remedy) + "\n";
  }
  if (open.size() > questions_shown) text += "- and " + grouped(static_cast<std::int64_t>(open.size() - questions_shown)) + " more\n";
  return text;
}

std::string facts_table(const Json& report) {
  const Json& system = field(report, "system");
  std::string text = "| | |\n|---|---|\n";
  const auto add = [&](const char* label, const std::string& value) {
    if (!value.empty()) text += table_row({label, prose(value)});
  };
  add("system", text_in(system, "name") + " " + text_in(system, "version"));
  add("profile", text_in(field(report, "profile"), "about"));
  add("found", found_of(report));
  add("held", held_text(report));
  add("evidence", evidence_of(report));
  add("also seen", anomaly_counts(report, false));
  add("not tested", not_tested_text(report));
  add("floors lowered", joined(texts_in(report, "lowered_floors")));
  return text;
}

std::string windows_table(const Json& report) {
  const Json& windows = list_in(report, "windows");
  const auto rows = window_rows(windows);
  if (rows.empty()) return "";
  std::set<std::string> kinds;
  for (const auto& row : rows)
    for (const auto& [kind, struck] : row.by_kind) kinds.insert(kind);

  std::vector<std::string> titles{"anomalies of landed faults"};
  for (const auto& kind : kinds) titles.push_back(prose(kind));
  std::string text = table_head(titles);
  for (const auto& row : rows) {
    std::vector<std::string> cells{row.title};
    for (const auto& kind : kinds) cells.push_back(row.by_kind.contains(kind) ? row.by_kind.at(kind).text() : Struck{}.text());
    text += table_row(cells);
  }
  return text + "\n" + prose(legend(windows)) + "\n";
}

std::string clauses_table(const Json& report) {
  std::string text = table_head({"verdict", "clause", "could have failed", "violations"});
  for (const auto& clause : list_in(report, "clauses")) {
    const std::string claimed = flag_in(clause, "claimed") ? "" : " (not claimed)";
    const std::string verdict = text_in(clause, "verdict");
    const bool open = verdict == "inconclusive";
    text += table_row({verdict == "not_applicable" ? "not applicable" : prose(verdict), prose(clause_name(clause)) + claimed,
                       open ? prose(why_of(clause)) : grouped(number_in(clause, "exercised")) + " " + prose(text_in(clause, "exercise")),
                       grouped(number_in(clause, "violations"))});
  }
  return text;
}

std::string verdict_counts(const Json& list) {
  std::map<std::string, std::int64_t> counts;
  for (const auto& one : list) ++counts[text_in(one, "verdict")];
  std::vector<std::string> words;
  for (const char* verdict : {"violated", "inconclusive", "upheld"})
    if (counts[verdict] > 0) words.push_back(grouped(counts[verdict]) + " " + verdict);
  return joined(words);
}

std::string claimed_counts(const Json& report) {
  Json claimed = Json::array();
  for (const auto& clause : list_in(report, "clauses"))
    if (flag_in(clause, "claimed")) claimed.push_back({{"verdict", field(clause, "verdict")}});
  return verdict_counts(claimed);
}

}  // namespace assay
