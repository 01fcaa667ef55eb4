// What a verdict rests on: nothing is folded here but the causes behind the first.
#include <algorithm>

#include "cli/diagnostic.hpp"
#include "cli/evidence-text.hpp"
#include "cli/report-text.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

constexpr std::size_t all_lines = 1000;

void add(Lines& lines, const std::string& label, const std::string& text, const Look& look) {
  if (!text.empty()) append(lines, labelled(label, shown(text, look), all_lines, look));
}

// A line of its own at the margin, going on below itself.
void add_whole(Lines& lines, const std::string& text, const Look& look) {
  for (const auto& part : wrapped(shown(text, look), look.columns - 2, all_lines, look))
    lines.push_back({"  " + part, Paint::none, std::string::npos, false});
}

void head(Lines& lines, const std::string& title) {
  if (!lines.empty()) lines.push_back({});
  lines.push_back({title, Paint::strong, std::string::npos, false});
}

std::string spaced(std::string reason) {
  std::replace(reason.begin(), reason.end(), '_', ' ');
  return reason;
}

void add_clauses(Lines& lines, const Json& report, const Look& look) {
  head(lines, "clauses");
  for (const auto& clause : list_in(report, "clauses")) {
    const std::string reason = spaced(text_in(clause, "reason")), detail = text_in(clause, "detail");
    std::string state = spaced(text_in(clause, "verdict")) + (flag_in(clause, "claimed") ? "" : " (not claimed)");
    if (!reason.empty() && text_in(clause, "verdict") == "inconclusive") state += ", " + reason;
    if (!detail.empty()) state += ": " + detail;
    add_whole(lines, text_in(clause, "id") + " @ " + text_in(clause, "scope") + ": " + state, look);
    add(lines, "", text_in(clause, "words"), look);
    add(lines, "", "could have failed " + grouped(number_in(clause, "exercised")) + " times, floor " +
                       grouped(number_in(clause, "floor")) + " (" + text_in(clause, "exercise") + "); " +
                       counted(number_in(clause, "landed"), "landed fault") + "; " +
                       counted(number_in(clause, "violations"), "violation"), look);
    const std::string remedy = text_in(clause, "remedy");
    if (!remedy.empty()) add(lines, "", "settle it: " + remedy, look);
  }
}

void add_windows(Lines& lines, const Json& report, const Look& look) {
  const Json& windows = list_in(report, "windows");
  if (windows.empty()) return;
  head(lines, "windows: anomalies of landed faults");
  for (const auto& cell : windows) {
    const std::int64_t landed = number_in(cell, "landed"), floor = number_in(cell, "floor");
    const std::string place = text_in(cell, "kind") + " " + text_in(cell, "target"), meaning = text_in(cell, "meaning");
    const std::string count = text_in(cell, "letters") + " " + grouped(number_in(cell, "violating")) + " of " + grouped(landed);
    add_whole(lines, left(text_in(cell, "window"), 27) + " " + left(place, 16) + " " + count, look);
    add(lines, "", (meaning.empty() ? "" : meaning + "; ") + "planned " + grouped(number_in(cell, "planned")) +
                       ", different occurrences " + grouped(number_in(cell, "occurrences")) +
                       (floor == 0 ? ", counts for no claimed clause" : ", floor " + grouped(floor)), look);
    add(lines, "", window_bounds(report, cell), look);
  }
  if (const auto why = why_no_bounds(report); !why.empty()) add_whole(lines, why, look);
  lines.push_back({"  " + legend(windows), Paint::faint, std::string::npos, false});
}

void add_witnesses(Lines& lines, const Json& report, Extent extent, const Look& look) {
  const Json& witnesses = list_in(report, "witnesses");
  if (witnesses.empty()) return;
  head(lines, "causes");
  for (std::size_t i = 0; i < (extent == Extent::whole ? witnesses.size() : 1); ++i) {
    const Json& witness = witnesses[i];
    add_whole(lines, text_in(witness, "clause") + ": " + text_in(witness, "what"), look);
    add(lines, "trial", std::to_string(number_in(witness, "trial")) + " " + text_in(witness, "fault"), look);
    add(lines, "origin", text_in(witness, "origin"), look);
    append(lines, witness_drawing(report, witness, all_lines, look));
  }
  if (extent == Extent::brief) append(lines, other_causes(report, all_lines, look));
}

void add_trials(Lines& lines, const Json& report, const Look& look) {
  const Json& trials = field(report, "trials");
  const Json& faults = field(report, "faults");
  head(lines, "trials");
  add(lines, "run", grouped(number_in(trials, "run")), look);
  add(lines, "faults", grouped(number_in(faults, "landed")) + " of " + grouped(number_in(faults, "planned")) + " landed, " +
                           grouped(number_in(faults, "not_landed")) + " did not", look);
  for (const auto& why : list_in(faults, "why_not"))
    add(lines, "not landed", std::to_string(number_in(why, "trial")) + " " + text_in(why, "fault") + ": " + text_in(why, "why"), look);
  for (const auto& repeated : texts_in(trials, "repeated")) add(lines, "repeated", repeated, look);
  for (const auto& met : list_in(trials, "environment"))
    add(lines, "environment", "trial " + std::to_string(number_in(met, "trial")) + ": " + text_in(met, "reason"), look);
  for (const auto& gap : list_in(trials, "gaps"))
    add(lines, "damaged", "trial " + std::to_string(number_in(gap, "trial")) + ": " + text_in(gap, "gap"), look);
  for (const auto& open : list_in(trials, "unresolved"))
    add(lines, "unresolved", "trial " + std::to_string(number_in(open, "trial")) + ", " + text_in(open, "clause") + ": " + text_in(open, "message"), look);
}

void add_rest(Lines& lines, const Json& report, const Look& look) {
  head(lines, "beyond");
  add(lines, "statement", text_in(report, "statement"), look);
  add(lines, "held", held_text(report), look);
  for (const auto& [anomaly, seen] : field(report, "anomalies").items())
    add(lines, "seen", grouped(number_in(seen, "count")) + " " + anomaly + (flag_in(seen, "forbidden") ? "" : ", which the claim allows"), look);
  for (const auto& lowered : texts_in(report, "lowered_floors")) add(lines, "floor", "lowered: " + lowered, look);
  for (const auto& item : texts_in(report, "not_tested")) add(lines, "not tested", item, look);
  for (const auto& note : texts_in(report, "notes")) add(lines, "note", note, look);
}

}  // namespace

std::string explain_verdict(const Json& report, const Look& look, Extent extent) {
  Lines lines;
  const std::string verdict = text_in(report, "verdict");
  lines.push_back({verdict + "  " + shown(text_in(field(report, "claim"), "text"), look), paint_of(verdict), verdict.size(), false});
  add_whole(lines, text_in(report, "headline"), look);
  add_clauses(lines, report, look);
  add_windows(lines, report, look);
  add_witnesses(lines, report, extent, look);
  add_trials(lines, report, look);
  add_rest(lines, report, look);
  const auto arguments = texts_in(report, "reproduce");
  if (verdict == "violated") lines.push_back({"  reproduce   " + command_line(arguments), Paint::none, std::string::npos, true});
  return print(lines, look);
}

}  // namespace assay
