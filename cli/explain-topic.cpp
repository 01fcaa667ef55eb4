#include "cli/explain-topic.hpp"

#include <algorithm>
#include <set>

#include "cli/evidence-text.hpp"
#include "cli/explain-text.hpp"
#include "cli/profile.hpp"
#include "cli/report-text.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

bool is_among(const std::string& word, const std::vector<std::string>& words) { return std::find(words.begin(), words.end(), word) != words.end(); }

std::string meaning_of_clause(const Json& clause) {
  const std::string scope = text_in(clause, "scope");
  const std::string counted_by = scope == "committed" ? "; what counts is the effect, a row in the sink" : scope == "stored" ? "; what counts is the copy that the system keeps" :
                                 scope == "delivered" ? "; what counts is that a consumer was given it" : "";
  return text_in(clause, "words") + counted_by;
}

std::string count_of_cell(const Json& cell, std::int64_t violating) {
  return text_in(cell, "kind") + " of " + text_in(cell, "target") + ": " + grouped(violating) + " of " + grouped(number_in(cell, "landed")) + " landed faults";
}

// In how many trials of a cell the clause was violated; -1: the cell does not speak of it.
std::int64_t violating_in(const Json& cell, const std::string& clause) {
  for (const auto& one : list_in(cell, "clauses"))
    if (text_in(one, "clause") == clause) return number_in(one, "violating");
  return -1;
}

std::string verdict_text(const Json& clause) {
  const std::string verdict = text_in(clause, "verdict") == "inconclusive" ? "inconclusive, " + why_of(clause) : text_in(clause, "verdict");
  return verdict + (flag_in(clause, "claimed") ? "" : "; observed only, the claim does not name it");
}

void add_cells(Lines& lines, const Json& report, const std::string& clause, const Look& look) {
  std::int64_t clean = 0, clean_landed = 0;
  double widest = 0;
  for (const auto& cell : list_in(report, "windows")) {
    const auto violating = violating_in(cell, clause);
    if (violating < 0) continue;
    if (violating > 0) explain_under(lines, "broken at", text_in(cell, "window") + ", " + count_of_cell(cell, violating), look);
    if (violating > 0 || number_in(cell, "floor") == 0) continue;
    ++clean;
    clean_landed += number_in(cell, "landed");
    if (number_in(cell, "violating") == 0) widest = std::max(widest, decimal_in(cell, "upper"));
  }
  if (clean == 0) return;
  std::string text = "after all " + grouped(clean_landed) + " landed faults in " + counted(clean, "cell") + " (window, kind, target)";
  if (why_no_bounds(report).empty() && widest > 0) text += "; upper 95 % bound " + bound_number(widest) + " per landed fault in the weakest clean one";
  explain_under(lines, "held", text, look);
}

void add_witnesses_of(Lines& lines, const Json& report, const std::string& clause, const Look& look) {
  const Json& witnesses = list_in(report, "witnesses");
  for (std::size_t i = 0; i < witnesses.size(); ++i) {
    if (text_in(witnesses[i], "clause") != clause) continue;
    const std::string cell = text_in(witnesses[i], "cell"), origin = text_in(witnesses[i], "origin");
    explain_under(lines, "witness " + std::to_string(i + 1), text_in(witnesses[i], "what") + (origin.empty() ? "" : "; origin " + origin) + (cell.empty() ? "" : "; at " + cell), look);
  }
}

// The run's own line with this trial in the place of any other.
std::string strike_once(const Json& report, const std::string& trial) {
  auto words = texts_in(report, "reproduce");
  if (words.size() < 3) return "";
  for (std::size_t i = 3; i + 1 < words.size();)
    if (words[i] == "--only" || words[i] == "--faults" || words[i] == "--until") words.erase(words.begin() + static_cast<std::ptrdiff_t>(i), words.begin() + static_cast<std::ptrdiff_t>(i) + 2);
    else i += 2;
  words.insert(words.end(), {"--only", trial});
  return command_line(words);
}

std::string one_of(const std::string& role) { return role == "broker" ? role : role + "-0"; }

// The role that this run had, where that is one of those that pass.
std::string who_passes(const Json& report, const std::string& window) {
  const std::string owner = owner_of(window), here = text_in(field(field(report, "plan"), "roles"), owner.c_str());
  std::vector<std::string> passing;
  for (const auto& role : roles())
    if (std::find(role.windows.begin(), role.windows.end(), window) != role.windows.end()) passing.emplace_back(role.name);
  if (is_among(here, passing)) return owner + ", here in the role " + here;
  return owner + (passing.empty() ? "" : ", in the roles " + joined(passing));
}

void add_cell(Lines& lines, const Json& report, const Json& cell, const Look& look) {
  const std::string window = text_in(cell, "window"), kind = text_in(cell, "kind"), target = text_in(cell, "target"), owner = owner_of(window);
  explain_head(lines, kind + " of " + target, look);
  explain_under(lines, "faults", "planned " + grouped(number_in(cell, "planned")) + ", landed " + grouped(number_in(cell, "landed")) + " at " +
                counted(number_in(cell, "occurrences"), "different occurrence") + ", floor " + grouped(number_in(cell, "floor")), look);
  const auto anomalies = texts_in(cell, "anomalies");
  explain_under(lines, "violating", grouped(number_in(cell, "violating")) + (anomalies.empty() ? "" : ": " + joined(anomalies)), look);
  explain_under(lines, "bound", window_bounds(report, cell), look);
  if (owner.empty()) return explain_under(lines, "strike it", "no command aims at it: it is where random kills happened to strike", look);
  const std::string command = strike_once(report, kind + ":" + one_of(target) + "@" + one_of(owner) + ":" + window + "#1");
  if (!command.empty()) explain_command_line(lines, "strike it", command);
}

std::vector<std::string> clauses_in(const Json& report) {
  std::vector<std::string> names;
  for (const auto& clause : list_in(report, "clauses")) names.insert(names.end(), {text_in(clause, "id"), clause_name(clause)});
  for (const auto& clause : clause_table()) names.emplace_back(clause.name);
  return names;
}

std::vector<std::string> windows_in(const Json& report) {
  std::vector<std::string> names;
  for (const auto& cell : list_in(report, "windows")) names.push_back(text_in(cell, "window"));
  for (const auto& window : windows())
    if (!window.name.empty()) names.emplace_back(window.name);
  return names;
}

}  // namespace

Topic topic_of(const Json& report, const std::string& word) {
  const auto clauses = clauses_in(report), places = windows_in(report);
  if (is_among(word, clauses)) return Topic::clause;
  if (is_among(word, places)) return Topic::window;
  if (word.find('/') != std::string::npos) return Topic::message;
  auto all = clauses;
  all.insert(all.end(), places.begin(), places.end());
  const std::string near = nearest(word, all);
  throw UsageError("explain: no clause, window or message is called \"" + printable(word) + "\"" +
                   (near.empty() ? "; assay list clauses and assay list windows name them, a message is TRIAL/PRODUCER/SEQ" : "; did you mean " + printable(near) + "?"));
}

std::string explain_clause(const Json& report, const std::string& word, const Look& look) {
  Lines lines;
  for (const auto& clause : list_in(report, "clauses")) {
    const std::string name = clause_name(clause);
    if (text_in(clause, "id") != word && name != word) continue;
    explain_head(lines, name, look);
    explain_under(lines, "means", meaning_of_clause(clause), look);
    explain_under(lines, "verdict", verdict_text(clause), look);
    explain_under(lines, "exercised", grouped(number_in(clause, "exercised")) + " times, floor " + grouped(number_in(clause, "floor")) + " (" + text_in(clause, "exercise") + ")", look);
    explain_under(lines, "faults", counted(number_in(clause, "landed"), "landed fault"), look);
    explain_under(lines, "violations", grouped(number_in(clause, "violations")), look);
    add_cells(lines, report, name, look);
    add_witnesses_of(lines, report, name, look);
    explain_under(lines, "settle it", text_in(clause, "remedy"), look);
  }
  if (lines.empty()) {
    const auto& entry_of = entry(clause_named(word).value());
    explain_head(lines, word, look);
    explain_under(lines, "means", std::string(entry_of.words) + "; a violation is called " + std::string(name(entry_of.anomaly)), look);
    explain_under(lines, "verdict", "none: this run did not judge it", look);
  }
  return print(lines, look);
}

std::string explain_window(const Json& report, const std::string& window, const Look& look) {
  Lines lines;
  explain_head(lines, window, look);
  std::string meaning;
  for (const auto& entry_of : windows())
    if (entry_of.name == window) meaning = entry_of.meaning;
  const Json& cells = list_in(report, "windows");
  const auto here = [&](const Json& cell) { return text_in(cell, "window") == window; };
  const auto first = std::find_if(cells.begin(), cells.end(), here);
  if (first != cells.end() && meaning.empty()) meaning = text_in(*first, "meaning");
  explain_under(lines, "means", meaning, look);
  if (!owner_of(window).empty()) explain_under(lines, "passed by", who_passes(report, window), look);
  if (is_among(window + ": not reached", texts_in(report, "not_tested"))) explain_under(lines, "not tested", "the control trial of this run did not pass it", look);
  else if (first == cells.end()) explain_under(lines, "not tested", "this run planned no fault here", look);
  for (const auto& cell : cells)
    if (here(cell)) add_cell(lines, report, cell, look);
  return print(lines, look);
}

}  // namespace assay
