#include "cli/checked-text.hpp"

#include <algorithm>

#include "cli/diagnostic.hpp"
#include "cli/page.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

constexpr std::size_t ids_shown = 8;
constexpr std::size_t events_shown = 6;
constexpr std::size_t inputs_shown = 6;
constexpr std::size_t open_shown = 5;
constexpr std::size_t causes_shown = 4;

Line unpainted(const std::string& text) { return {text, Paint::none, std::string::npos, false}; }

void put(Lines& lines, const std::string& label, const std::string& text, std::size_t limit, const Look& look) {
  if (!text.empty()) append(lines, labelled(label, shown(text, look), limit, look));
}

std::string input_text(const Json& input) {
  const std::string as = text_in(input, "as"), name = text_in(input, "name");
  if (as == "history") return name;
  const std::int64_t empty = number_in(input, "empty");
  const std::string meaning = as == "sent" ? ", read as acknowledged" : as == "attempted" ? ", read as sends without an answer" : "";
  return name + ": " + counted(number_in(input, "ids"), "id") + " " + as + meaning +
         (empty > 0 ? "; " + counted(empty, "empty line") + " passed over" : "");
}

Lines what_was_read(const Json& report, const Look& look) {
  Lines lines;
  const Json& checked = field(report, "checked");
  const Json& inputs = list_in(checked, "inputs");
  for (std::size_t i = 0; i < std::min(inputs.size(), inputs_shown); ++i)
    lines.push_back(unpainted("  " + shown(input_text(inputs[i]), look)));
  if (inputs.size() > inputs_shown)
    lines.push_back(unpainted("  and " + counted(static_cast<std::int64_t>(inputs.size() - inputs_shown), "more file")));
  lines.push_back(unpainted(flag_in(checked, "complete") ? "  --complete: you vouch that the reader had all there was"
                                                         : "  without --complete nobody vouches that the reader had all there was"));
  for (const auto& note : texts_in(report, "notes"))
    for (const auto& part : wrapped("note: " + shown(note, look), look.columns - 2, 2, look)) lines.push_back(unpainted("  " + part));
  return lines;
}

// A witness event by event, where it stands in the files.
Lines one_witness(const Json& witness, const Look& look) {
  Lines lines{{"violated: " + shown(text_in(witness, "clause") + ": " + text_in(witness, "what"), look), Paint::violated, 9, false}};
  const Json& events = list_in(witness, "events");
  for (std::size_t i = 0; i < std::min(events.size(), events_shown); ++i) {
    const std::string place = shown(text_in(events[i], "file") + ":" + std::to_string(number_in(events[i], "record")), look);
    lines.push_back(unpainted("  --> " + cut_middle(place, look.columns / 2, look) + "  " + shown(text_in(events[i], "say"), look)));
  }
  if (events.size() > events_shown)
    lines.push_back(unpainted("      and " + counted(static_cast<std::int64_t>(events.size() - events_shown), "more event")));
  const std::string origin = text_in(witness, "origin");
  if (!origin.empty()) lines.push_back(unpainted("  = origin " + shown(origin, look)));
  return lines;
}

std::string ids_of(const Json& anomaly) {
  std::vector<std::string> ids;
  const auto all = texts_in(anomaly, "ids");
  for (const auto& id : all)
    if (ids.size() < ids_shown) ids.push_back(id.empty() ? "(no id)" : id);
  const auto more = number_in(anomaly, "count") - static_cast<std::int64_t>(ids.size());
  return grouped(number_in(anomaly, "count")) + ": " + joined(ids) + (more > 0 ? " and " + grouped(more) + " more" : "");
}

void add_anomalies(Lines& lines, const Json& report, const Look& look) {
  bool any = false;
  for (const auto& anomaly : list_in(field(report, "checked"), "anomalies")) {
    if (!flag_in(anomaly, "at_the_scope")) continue;
    any = true;
    const bool forbidden = flag_in(anomaly, "claimed") || !flag_in(field(report, "checked"), "claimed");
    put(lines, text_in(anomaly, "anomaly"), ids_of(anomaly) + (forbidden ? "" : "; not forbidden by the claim"), 3, look);
  }
  if (!any) put(lines, "anomalies", "none seen", 1, look);
}

std::string accounts_text(const Json& report) {
  const Json& sums = field(report, "accounts");
  const std::string scope = text_in(field(report, "checked"), "scope");
  std::vector<std::string> words{counted(number_in(sums, "acked"), "message") + " acknowledged"};
  const auto add = [&](const char* key, const std::string& what) {
    if (number_in(sums, key) > 0) words.push_back(grouped(number_in(sums, key)) + what);
  };
  add("unanswered", " without an answer");
  add("recovered", " of them seen");
  add("failed", " failed for certain");
  if (scope == "delivered") words.push_back(grouped(number_in(sums, "deliveries")) + " delivered");
  if (scope == "committed") words.push_back(counted(number_in(sums, "effects"), "effect"));
  if (scope == "stored") words.push_back(grouped(number_in(sums, "stored")) + " stored");
  add("unresolved", " acknowledged and not seen, which nobody can decide");
  return joined(words);
}

std::string consistent_text(const Json& report) {
  const auto strongest = texts_in(report, "strongest");
  const std::string faults = counted(number_in(field(report, "checked"), "faults"), "fault") + " recorded";
  const std::string why = text_in(report, "strongest_reason");
  if (!strongest.empty()) return "with " + joined(strongest) + "; " + faults;
  if (why.starts_with("every ")) return "with none of the guarantees; " + faults;
  return "with no guarantee that could be judged; " + faults;
}

// Clauses that the same thing would unlock are one entry.
void add_not_judged(Lines& lines, const Json& report, const Look& look) {
  std::vector<std::pair<std::string, std::string>> entries;  // clauses, unlock
  for (const auto& one : list_in(field(report, "checked"), "not_judged")) {
    const std::string clause = text_in(one, "clause"), unlock = text_in(one, "unlock");
    const auto same = std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.second == unlock; });
    if (same == entries.end()) entries.emplace_back(clause, unlock);
    else same->first += ", " + clause;
  }
  std::string label = "not judged";
  for (const auto& [clauses, unlock] : entries) {
    put(lines, label, clauses + ": give " + unlock, 2, look);
    label.clear();
  }
}

Line verdict_of(const Json& report, const Look& look) {
  const std::string verdict = text_in(report, "verdict");
  const bool contents = flag_in(field(report, "checked"), "contents");
  const std::string seconds = fixed(decimal_in(field(report, "environment"), "seconds"), 1) + " s";
  const std::string text = verdict + "  " + shown(text_in(field(report, "claim"), "text"), look) +
                           (verdict == "upheld" && !contents ? ", of ids without their contents" : "");
  const int room = look.columns - columns_of(seconds) - 1;
  return {left(cut(text, room, look), room) + " " + seconds, paint_of(verdict), verdict.size(), false};
}

void add_open(Lines& lines, const Json& report, const Look& look) {
  std::size_t open = 0;
  for (const auto& clause : list_in(report, "clauses")) {
    if (!flag_in(clause, "claimed") || text_in(clause, "verdict") != "inconclusive") continue;
    if (++open > open_shown) continue;
    std::string reason = text_in(clause, "reason");
    std::replace(reason.begin(), reason.end(), '_', ' ');
    put(lines, text_in(clause, "id"), reason + ": " + text_in(clause, "detail"), 2, look);
  }
}

// What to do now; the clauses that are open come with what settles them.
std::string next_step(const Json& report) {
  const std::string verdict = text_in(report, "verdict");
  if (verdict == "violated") return "look the ids up at the places above; --report FILE lists more of them";
  if (!flag_in(field(report, "checked"), "claimed"))
    return "--claim at-least-once, say, makes a verdict and an exit code of it";
  if (verdict == "inconclusive") return text_in(report, "remedy");
  return "a history shows the faults it happened to meet; assay run plans them";
}

Look fitting_look(Look look) {
  look.columns = std::clamp(look.columns, 40, 88);
  return look;
}

}  // namespace

std::string checked_line(const Json& report, const Look& wanted) {
  const Look look = fitting_look(wanted);
  return print({verdict_of(report, look)}, look);
}

std::string checked_text(const Json& report, const Look& wanted, Extent extent) {
  const Look look = fitting_look(wanted);
  Lines lines = what_was_read(report, look);
  lines.push_back(unpainted(""));
  const Json& witnesses = list_in(report, "witnesses");
  const std::size_t told = extent == Extent::whole ? witnesses.size() : std::min<std::size_t>(1, witnesses.size());
  for (std::size_t i = 0; i < told; ++i) {
    append(lines, one_witness(witnesses[i], look));
    if (i + 1 == told && told < witnesses.size()) append(lines, other_causes(report, causes_shown, look));
    lines.push_back(unpainted(""));
  }
  lines.push_back(verdict_of(report, look));
  add_open(lines, report, look);
  add_anomalies(lines, report, look);
  put(lines, "accounts", accounts_text(report), 3, look);
  put(lines, "consistent", consistent_text(report), 3, look);
  add_not_judged(lines, report, look);
  put(lines, "report", text_in(report, "report"), 1, look);
  put(lines, "next", next_step(report), 2, look);
  return print(lines, look);
}

}  // namespace assay
