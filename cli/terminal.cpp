#include "cli/terminal.hpp"

#include <algorithm>

#include "cli/diagnostic.hpp"
#include "cli/evidence-text.hpp"
#include "cli/report-text.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

constexpr std::size_t most_lines = 40, fewest_drawn = 3, all_events = 1000;
constexpr std::size_t clauses_shown = 4;
constexpr int name_columns = 36;  // of a profile, in a suite

// At most as wide as the terminal, never wider than 88.
Look narrowed(Look look) {
  look.columns = std::clamp(look.columns, 40, 88);
  return look;
}

Line plain(const std::string& text) { return {text, Paint::none, std::string::npos, false}; }

void add_block(Lines& lines, const Lines& block) {
  if (block.empty()) return;
  if (!lines.empty()) lines.push_back(plain(""));
  append(lines, block);
}

std::string two_sided(const std::string& start, const std::string& end, const Look& look) {
  const int room = look.columns - columns_of(end) - 1;
  return left(cut(start, room, look), room) + " " + end;
}

std::string claim_text(const Json& report) {
  const Json& claim = field(report, "claim");
  const auto kinds = texts_in(claim, "kinds");
  return text_in(claim, "text") + (kinds.empty() ? "" : " under " + joined(kinds));
}

std::string system_text(const Json& report) {
  const Json& system = field(report, "system");
  const std::string version = text_in(system, "version"), about = text_in(field(report, "profile"), "about");
  const std::string attached = text_in(system, "attached");
  return text_in(system, "name") + (version.empty() ? "" : " " + version) + (attached.empty() ? "" : " at " + attached) + (about.empty() ? "" : ", " + about);
}

Lines opening(const Json& report, const Look& look) {
  Lines lines;
  for (const auto& part : wrapped(shown(system_text(report), look), look.columns - 2, 2, look))
    lines.push_back(plain("  " + part));
  const Json& plan = field(report, "plan");
  const std::string seed = field(plan, "seed").is_number() ? "seed " + field(plan, "seed").dump() : "";
  lines.push_back(plain(two_sided("  " + shown(claim_text(report), look), seed, look)));
  return lines;
}

Line verdict_line(const Json& report, const Look& look) {
  const std::string verdict = text_in(report, "verdict");
  std::string text = verdict + "  " + shown(text_in(field(report, "claim"), "text"), look);
  const auto lowered = texts_in(report, "lowered_floors");
  if (!lowered.empty()) text += " (floors lowered: " + shown(joined(lowered), look) + ")";
  const std::string seconds = fixed(decimal_in(field(report, "environment"), "seconds"), 1) + " s";
  return {two_sided(text, seconds, look), paint_of(verdict), verdict.size(), false};
}

std::string found_text(const Json& report) {
  const std::int64_t sent = number_in(field(report, "accounts"), "sent");
  const auto causes = static_cast<std::int64_t>(list_in(report, "witnesses").size());
  return anomaly_counts(report, true) + " of " + counted(sent, "message") + " sent, " + counted(causes, "cause");
}

std::string exercised_text(const Json& report) {
  std::vector<std::string> words;
  for (const auto& clause : list_in(report, "clauses"))
    if (flag_in(clause, "claimed") && text_in(clause, "reason") != "not_applicable")
      words.push_back(text_in(clause, "id") + " " + grouped(number_in(clause, "exercised")));
  return joined(words);
}

void add(Lines& lines, const std::string& label, const std::string& text, std::size_t limit, const Look& look) {
  if (!text.empty()) append(lines, labelled(label, shown(text, look), limit, look));
}

// The whole block in three lines, as far as the terminal is wide enough.
void add_evidence(Lines& lines, const std::vector<std::string>& evidence, const Look& look) {
  std::string label = "evidence";
  for (const auto& line : evidence) {
    add(lines, label, line, evidence.size() < 3 ? 2 : 1, look);
    label.clear();
  }
}

void add_path(Lines& lines, const std::string& label, const std::string& path, const Look& look) {
  if (!path.empty()) append(lines, labelled(label, cut_middle(shown(path, look), look.columns - 14, look), 1, look));
}

void add_files(Lines& lines, const Json& report, const Look& look) {
  const std::string file = text_in(report, "report");
  if (!file.empty()) add_path(lines, "report", file, look);
  else add_path(lines, "kept in", text_in(report, "directory"), look);
}

// For how long the system was seen to know an id.
std::string window_text(const Json& report) {
  const Json& window = field(report, "dedup_window");
  std::vector<std::string> words;
  if (field(window, "dropped_ms").is_number()) words.push_back("for " + grouped(number_in(window, "dropped_ms")) + " ms at least");
  if (field(window, "accepted_again_ms").is_number())
    words.push_back("stored again after " + grouped(number_in(window, "accepted_again_ms")) + " ms at most");
  return joined(words);
}

void add_notes(Lines& lines, const Json& report, const Look& look) {
  const auto notes = texts_in(report, "notes");
  for (std::size_t i = 0; i < std::min<std::size_t>(2, notes.size()); ++i) add(lines, "note", notes[i], 1, look);
}

Line reproduce_line(const Json& report) {
  return {"  reproduce   " + command_line(texts_in(report, "reproduce")), Paint::none, std::string::npos, true};
}

// In full, and the others in as many lines as are left.
Lines first_cause(const Json& report, std::size_t room, const Look& look) {
  const Json& witnesses = list_in(report, "witnesses");
  if (witnesses.empty()) return {};
  Lines lines = diagnosis(report, witnesses[0], look);
  const Lines notes = notes_on(report, witnesses[0], look);
  const std::size_t taken = lines.size() + notes.size() + (witnesses.size() > 1 ? 1 : 0) + 3;
  add_block(lines, witness_drawing(report, witnesses[0], std::max(room, taken + fewest_drawn) - taken, look));
  add_block(lines, notes);
  append(lines, other_causes(report, std::max(room, lines.size() + 2) - lines.size() - 1, look));
  return lines;
}

Lines every_cause(const Json& report, const Look& look) {
  Lines lines;
  for (const auto& witness : list_in(report, "witnesses")) {
    add_block(lines, diagnosis(report, witness, look));
    add_block(lines, witness_drawing(report, witness, all_events, look));
    add_block(lines, notes_on(report, witness, look));
  }
  return lines;
}

Lines violated_text(const Json& report, Extent extent, const Look& look) {
  Lines ending{verdict_line(report, look)};
  add(ending, "found", found_text(report), 2, look);
  add_evidence(ending, violated_evidence(report), look);
  add(ending, "held", held_text(report), 2, look);
  add(ending, "ids known", window_text(report), 1, look);
  add(ending, "also seen", anomaly_counts(report, false), 1, look);
  add(ending, "not tested", not_tested_text(report), 2, look);
  add_files(ending, report, look);
  ending.push_back(reproduce_line(report));

  const Lines windows = broken_windows(report, extent, look);
  Lines lines = opening(report, look);
  const std::size_t taken = lines.size() + windows.size() + ending.size() + 2;
  add_block(lines, extent == Extent::whole ? every_cause(report, look) : first_cause(report, most_lines - std::min(taken, most_lines), look));
  add_block(lines, windows);
  add_block(lines, ending);
  return lines;
}

Lines upheld_text(const Json& report, Extent extent, const Look& look) {
  Lines lines = opening(report, look);
  add_block(lines, held_windows(report, extent, look));
  Lines ending{verdict_line(report, look)};
  add_evidence(ending, upheld_evidence(report), look);
  add(ending, "exercised", exercised_text(report), 2, look);
  if (texts_in(report, "strongest") != std::vector{text_in(field(report, "claim"), "text")})
    add(ending, "held", held_text(report), 2, look);
  add(ending, "ids known", window_text(report), 1, look);
  add(ending, "also seen", anomaly_counts(report, false), 1, look);
  add(ending, "not tested", not_tested_text(report), 2, look);
  add_notes(ending, report, look);
  add_files(ending, report, look);
  add_block(lines, ending);
  return lines;
}

Lines inconclusive_text(const Json& report, Extent extent, const Look& look) {
  Lines lines = opening(report, look);
  add_block(lines, short_windows(report, extent, look));
  Lines ending{verdict_line(report, look)};
  const auto open = lacks(report);
  for (std::size_t i = 0; i < std::min(open.size(), clauses_shown); ++i) {
    add(ending, joined(open[i].clauses), open[i].why, 2, look);
    if (!open[i].remedy.empty()) add(ending, "", "settle it: " + open[i].remedy, 1, look);
  }
  if (open.size() > clauses_shown)
    add(ending, "", "and " + counted(static_cast<std::int64_t>(open.size() - clauses_shown), "more clause"), 1, look);

  const std::string forbidden = anomaly_counts(report, true), others = anomaly_counts(report, false);
  if (!forbidden.empty()) add(ending, "seen", forbidden + ", but not as evidence", 1, look);
  if (!others.empty()) add(ending, "also seen", others, 1, look);
  if (forbidden.empty() && others.empty())
    ending.push_back(plain("  no anomaly was seen; that is not yet evidence"));
  add(ending, "ids known", window_text(report), 1, look);
  add_notes(ending, report, look);
  add(ending, "not tested", not_tested_text(report), 2, look);
  add_files(ending, report, look);
  add_block(lines, ending);
  return lines;
}

}  // namespace

std::string result_text(const Json& report, const Look& wanted, Extent extent) {
  const Look look = narrowed(wanted);
  const std::string verdict = text_in(report, "verdict");
  if (verdict == "violated") return print(violated_text(report, extent, look), look);
  if (verdict == "upheld") return print(upheld_text(report, extent, look), look);
  return print(inconclusive_text(report, extent, look), look);
}

std::string quiet_text(const Json& report, const Look& wanted) {
  const Look look = narrowed(wanted);
  Lines lines{verdict_line(report, look)};
  if (text_in(report, "verdict") == "violated") lines.push_back(reproduce_line(report));
  if (text_in(report, "report").empty()) add_path(lines, "kept in", text_in(report, "directory"), look);
  return print(lines, look);
}

std::string suite_line(const Json& report, const Look& wanted) {
  const Look look = narrowed(wanted);
  const std::string verdict = text_in(report, "verdict");
  const std::string name = cut(shown(text_in(field(report, "profile"), "name"), look), name_columns, look);
  const std::string what = verdict == "violated" ? anomaly_counts(report, true)
                           : verdict == "upheld" ? text_in(field(report, "claim"), "text")
                                                 : lacks(report).front().why;
  const std::string text = left(verdict, 13) + " " + left(name, name_columns) + " " + shown(what, look);
  const std::string seconds = fixed(decimal_in(field(report, "environment"), "seconds"), 1) + " s";
  return print({{two_sided(text, seconds, look), paint_of(verdict), verdict.size(), false}}, look);
}

}  // namespace assay
