#include "cli/html/sections.hpp"
#include "cli/report-text.hpp"
#include "cli/text.hpp"

namespace assay::html {
namespace {

Markup why_open(const Part& part, const Json& clause) {
  if (text_in(clause, "verdict") != "inconclusive") return {};
  Markup words = element("small", {}, part.line(why_of(clause)));
  if (const std::string remedy = text_in(clause, "remedy"); !remedy.empty())
    words += text(" ") + element("small", {}, text("to settle it: ") + element("code", {}, part.line(remedy)));
  return words;
}

std::string exercise_of(const Part& part, const Json& clause) {
  const std::int64_t floor = number_in(clause, "floor"), exercised = number_in(clause, "exercised");
  if (part.of_a_history()) return counted(exercised, "time");  // with or without a fault
  return grouped(exercised) + " " + text_in(clause, "exercise") +
         (exercised < floor ? ", " + grouped(floor) + " needed" : "");
}

Markup row_of_clause(const Part& part, const Json& clause) {
  const std::string verdict = text_in(clause, "verdict");
  const bool claimed = flag_in(clause, "claimed");
  return element("tr", {{"data-verdict", verdict}, {"data-claimed", claimed ? "yes" : "no"}},
                 element("td", {}, verdict_word(verdict)) +
                     element("th", {{"scope", "row"}}, element("code", {}, part.line(clause_name(clause)))) +
                     element("td", {}, part.line(text_in(clause, "words")) + text(" ") + why_open(part, clause)) +
                     element("td", {}, part.line(exercise_of(part, clause))) +
                     element("td", {{"class", "number"}}, grouped(number_in(clause, "violations"))) +
                     element("td", {}, claimed ? "claimed" : "observed only"));
}

}  // namespace

Markup clauses_section(const Part& part) {
  Markup rows;
  for (const auto& clause : list_in(part.report, "clauses")) rows += row_of_clause(part, clause);
  if (rows.empty()) return {};
  return element("section", {{"id", part.id("clauses")}},
                 part.heading(2, "Clauses") +
                     element("p", {{"class", "sub"}},
                             "What the claim consists of, and what was judged beside it. A clause that could not have "
                             "failed says nothing.") +
                     table("clauses", "clauses",
                           {"verdict", "clause", "what it demands", "could have failed", "violations", "claim"}, rows));
}

}  // namespace assay::html
