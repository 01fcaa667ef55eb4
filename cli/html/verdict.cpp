#include <algorithm>

#include "cli/evidence-text.hpp"
#include "cli/html/sections.hpp"
#include "cli/report-text.hpp"
#include "cli/summary-parts.hpp"
#include "cli/text.hpp"

namespace assay::html {
namespace {

constexpr std::size_t most_remedies = 12;

// "redis 7.0.15", and what the profile says about itself.
Markup topic(const Part& part) {
  const Json& system = field(part.report, "system");
  const std::string version = text_in(system, "version"), attached = text_in(system, "attached"),
                    about = text_in(field(part.report, "profile"), "about");
  const std::string subject =
      text_in(system, "name") + (version.empty() ? "" : " " + version) + (attached.empty() ? "" : " at " + attached);
  Markup words = verdict_word(text_in(part.report, "verdict")) + text(" ") + element("span", {}, part.line(subject));
  if (!about.empty()) words += text(" ") + element("span", {}, part.line(about));
  return element("p", {{"class", "topic"}}, words);
}

// A headline ends in counts, which are better read below it.
std::pair<std::string, std::string> headline_and_counts(const Json& report) {
  const std::string headline = text_in(report, "headline");
  const auto counts = headline.rfind(" In all ");
  if (text_in(report, "verdict") != "violated" || counts == std::string::npos) return {headline, ""};
  return {headline.substr(0, counts), headline.substr(counts + 1)};
}

// What would settle it, before anything else.
Markup remedies(const Part& part) {
  if (text_in(part.report, "verdict") != "inconclusive") return {};
  const auto open = lacks(part.report);
  Markup items;
  for (std::size_t i = 0; i < std::min(open.size(), most_remedies); ++i) {
    Markup item = element("b", {}, part.line(joined(open[i].clauses))) + text(": ") + part.line(open[i].why);
    if (!open[i].remedy.empty()) item += text("; to settle it: ") + element("code", {}, part.line(open[i].remedy));
    items += element("li", {}, item);
  }
  if (open.size() > most_remedies)
    items += element(
        "li", {},
        "and " + grouped(static_cast<std::int64_t>(open.size() - most_remedies)) + " more, in the clauses below");
  return element("ul", {{"class", "remedies"}}, items);
}

Markup fact(const Part& part, const std::string& label, const std::string& value,
            const std::vector<std::string>& more) {
  Markup small;
  for (const auto& line : more)
    if (!line.empty()) small += element("small", {}, part.line(line)) + text(" ");
  return element(
      "div", {},
      element("dt", {}, label) + element("dd", {}, part.line(value.empty() ? "-" : value) + text(" ") + small));
}

std::string expectation(const Json& report) {
  if (!field(report, "as_expected").is_boolean()) return "";
  return "expected: " + text_in(report, "expected") +
         (flag_in(report, "as_expected") ? "; so it came" : "; it came otherwise");
}

std::string prefixed(const std::string& prefix, const std::string& words) {
  return words.empty() ? "" : prefix + words;
}

Markup untested(const Part& part) {
  if (!part.of_a_history())
    return fact(part, "Not tested", not_tested_text(part.report),
                {"what is said here is about this workload, these faults and these versions"});
  std::vector<std::string> clauses;
  for (const auto& one : list_in(field(part.report, "checked"), "not_judged"))
    clauses.push_back(text_in(one, "clause"));
  return fact(part, "Not judged", joined(clauses), {"what is said here is about what was recorded"});
}

// What an inconclusive run came across settles nothing.
Markup evidence_fact(const Part& part) {
  const Json& report = part.report;
  const std::string evidence = evidence_of(report),
                    lowered = prefixed("floors lowered: ", joined(texts_in(report, "lowered_floors")));
  if (text_in(report, "verdict") == "violated") return fact(part, "Evidence", found_of(report), {evidence, lowered});
  const std::string seen = anomaly_counts(report, true);
  const auto first = evidence.find("; ");
  return fact(part, "Evidence", evidence.substr(0, first),
              {first == std::string::npos ? "" : evidence.substr(first + 2), seen.empty() ? "" : "seen: " + seen + ", but not as evidence", lowered});
}

// Why nothing is settled stands above, with what would settle it.
std::string held_of(const Json& report) {
  const bool open = text_in(report, "verdict") == "inconclusive" && texts_in(report, "strongest").empty();
  return open ? "not settled" : held_text(report);
}

Markup facts(const Part& part) {
  const Json& report = part.report;
  const Json& claim = field(report, "claim");
  return element(
      "dl", {{"class", "facts"}},
      fact(part, "Claimed", text_in(claim, "text"),
           {prefixed("under ", joined(texts_in(claim, "kinds"))),
            prefixed("profile ", text_in(field(report, "profile"), "name")), expectation(report)}) +
          fact(part, "What held", held_of(report), {prefixed("also seen: ", anomaly_counts(report, false))}) +
          evidence_fact(part) + untested(part));
}

// "20 of 20 replays violated", where somebody tried.
std::string replays_of(const Json& report) {
  const Json& witnesses = list_in(report, "witnesses");
  if (witnesses.empty() || !field(witnesses[0], "replays").is_object()) return "";
  const Json& replays = field(witnesses[0], "replays");
  return grouped(number_in(replays, "violated")) + " of " + grouped(number_in(replays, "n")) + " replays violated";
}

Markup again(const Part& part) {
  const auto arguments = texts_in(part.report, "reproduce");
  if (arguments.empty()) return {};
  const bool violated = text_in(part.report, "verdict") == "violated";
  Markup words = element("span", {}, violated ? "Reproduce" : "Run again") + text(" ") +
                 element("code", {{"class", "command"}}, whole(command_line(arguments)));
  if (const std::string replays = replays_of(part.report); !replays.empty())
    words += text(" ") + element("span", {}, replays);
  return element("div", {{"class", "again"}}, words);
}

}  // namespace

Markup verdict_section(const Part& part) {
  const auto [headline, counts] = headline_and_counts(part.report);
  const std::string story = part.of_a_history() ? "" : text_in(part.report, "story");
  Markup lead;
  if (!counts.empty()) lead = part.line(counts);
  if (!story.empty()) lead += (lead.empty() ? Markup() : text(" ")) + part.line(story);
  Markup inside = topic(part) + part.heading(1, headline);
  if (!lead.empty()) inside += element("p", {{"class", "lead"}}, lead);
  return element("section", {{"id", part.id("verdict")}}, inside + remedies(part) + facts(part) + again(part));
}

}  // namespace assay::html
