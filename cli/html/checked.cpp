#include <algorithm>

#include "cli/html/sections.hpp"
#include "cli/text.hpp"

namespace assay::html {
namespace {

std::string contents_of_input(const Json& input) {
  std::vector<std::string> words;
  for (const auto& [name, value] : input.items())
    if (name != "name" && name != "as" && value.is_number_integer() && value.get<std::int64_t>() > 0)
      words.push_back(grouped(value.get<std::int64_t>()) + " " + name);
  return joined(words);
}

Markup inputs_table(const Part& part, const Json& inputs) {
  Markup rows;
  for (std::size_t i = 0; i < std::min(inputs.size(), part.detail.lines); ++i)
    rows += element("tr", {},
                    element("th", {{"scope", "row"}}, part.line(text_in(inputs[i], "name"))) +
                        element("td", {}, part.line(text_in(inputs[i], "as"))) +
                        element("td", {}, part.line(contents_of_input(inputs[i]))));
  if (rows.empty()) return {};
  return table("inputs", "what was read", {"input", "read as", "holds"}, rows);
}

Markup unlocking_table(const Part& part, const Json& not_judged) {
  Markup rows;
  for (const auto& one : not_judged)
    rows += element("tr", {},
                    element("th", {{"scope", "row"}}, part.line(text_in(one, "clause"))) +
                        element("td", {}, part.line("give " + text_in(one, "unlock"))) +
                        element("td", {}, flag_in(one, "claimed") ? "claimed" : "observed only"));
  if (rows.empty()) return {};
  return part.heading(3, "Not judged") +
         table("unlocking", "what was not judged", {"clause", "what would settle it", "claim"}, rows);
}

}  // namespace

Markup checked_section(const Part& part) {
  const Json& checked = field(part.report, "checked");
  if (!checked.is_object()) return {};
  const std::string vouched = flag_in(checked, "complete")
                                  ? "You vouched that the reader had all there was: what is missing is lost."
                                  : "Nobody vouched that the reader had all there was: nothing is lost for certain.";
  return element("section", {{"id", part.id("checked")}},
                 part.heading(2, "Inputs") + element("p", {{"class", "sub"}}, vouched) +
                     inputs_table(part, list_in(checked, "inputs")) +
                     unlocking_table(part, list_in(checked, "not_judged")));
}

}  // namespace assay::html
