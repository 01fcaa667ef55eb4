#include "cli/evidence-text.hpp"

#include <cstdio>

#include "cli/fields.hpp"
#include "cli/text.hpp"

namespace assay {
namespace {

bool has_number(const Json& from, const char* key) { return field(from, key).is_number(); }

std::string number(const Json& from, const char* key) { return bound_number(decimal_in(from, key)); }

// Several kinds or targets at a window: then its cells are what is counted.
bool several_to_a_window(const Json& bounds) { return number_in(bounds, "cells") != number_in(bounds, "windows"); }
std::string place(const Json& report) { return several_to_a_window(field(report, "bounds")) ? "cell" : std::string(place_word(list_in(report, "windows"))); }

std::string counts(const Json& report) {
  const Json& bounds = field(report, "bounds");
  return "no violation in " + counted(number_in(bounds, "decided"), "landed fault") + " over " +
         counted(number_in(bounds, "cells"), place(report)) + ", at least " + grouped(number_in(bounds, "fewest")) +
         " in each";
}

// The cell whose faults violate most surely; null when no bound says so.
const Json* worst(const Json& report) {
  const Json* found = nullptr;
  for (const auto& cell : list_in(report, "windows"))
    if (has_number(cell, "lower") && (!found || decimal_in(cell, "lower") > decimal_in(*found, "lower"))) found = &cell;
  return found;
}

std::string first_and_rate(const Json& bounds) {
  std::string text;
  if (has_number(bounds, "faults_until_violation")) {
    const auto faults = number_in(bounds, "faults_until_violation");
    text = faults == 0 ? "first before any fault landed" : "first after " + counted(faults, "landed fault");
  }
  if (decimal_in(bounds, "duplicates_per_kill") > 0)
    text += (text.empty() ? "" : "; ") + number(bounds, "duplicates_per_kill") + " duplicates per landed kill";
  return text;
}

}  // namespace

// Three digits are more than such a number can mean, and enough to tell 0.0495 from 0.05.
std::string bound_number(double bound) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", bound);
  return text;
}

std::string_view place_word(const Json& windows) {
  bool situations = false;
  for (const auto& cell : windows) {
    if (number_in(cell, "floor") == 0) continue;
    if (text_in(cell, "window").find(':') == std::string::npos) return "window";
    situations = true;
  }
  return situations ? "situation" : "window";
}

std::string why_no_bounds(const Json& report) {
  const std::string basis = text_in(field(report, "bounds"), "basis");
  return basis == "enumeration" ? "an enumeration: bounds need independent draws" : "";
}

std::vector<std::string> upheld_evidence(const Json& report) {
  const Json& bounds = field(report, "bounds");
  if (text_in(report, "evidence") == "history")
    return {"consistent with the claim; " + counted(number_in(field(report, "faults"), "landed"), "fault") + " recorded"};
  std::vector<std::string> lines{counts(report)};
  if (const auto why = why_no_bounds(report); !why.empty()) {
    lines.push_back(why);
  } else if (has_number(bounds, "until_p")) {
    lines.push_back("upper 95 % bound " + number(bounds, "widest") + " per landed fault in the weakest " + place(report));
    lines.push_back("each below " + number(bounds, "until_p") + " by itself; all at once below " + number(bounds, "joint") +
                    ", pooled " + number(bounds, "pooled"));
  } else if (has_number(bounds, "widest")) {
    lines.push_back("upper 95 % bound " + number(bounds, "widest") + " per landed fault in the weakest " + place(report));
    lines.push_back(number(bounds, "pooled") + " per landed fault pooled over the tested mix");
  }
  return lines;
}

std::vector<std::string> violated_evidence(const Json& report) {
  if (const auto why = why_no_bounds(report); !why.empty()) return {why};
  if (text_in(report, "evidence") == "history") return {};
  std::vector<std::string> lines;
  if (const auto first = first_and_rate(field(report, "bounds")); !first.empty()) lines.push_back(first);
  if (const auto* cell = worst(report))
    lines.push_back("lower 95 % bound " + number(*cell, "lower") + " per landed " + text_in(*cell, "kind") + " of " +
                    text_in(*cell, "target") + " at " + text_in(*cell, "window"));
  return lines;
}

std::string window_bounds(const Json& report, const Json& cell) {
  if (!why_no_bounds(report).empty() || text_in(report, "evidence") == "history") return "";
  if (!has_number(cell, "upper")) return "no bound: nothing landed here that came to rest";
  std::string text = "upper 95 % bound " + number(cell, "upper");
  if (has_number(cell, "lower")) text += ", lower " + number(cell, "lower");
  text += " per landed fault, from " + grouped(number_in(cell, "decided"));
  const Json& bounds = field(report, "bounds");
  if (!has_number(bounds, "until_p") || number_in(cell, "floor") == 0) return text;
  const bool below = decimal_in(cell, "upper") < decimal_in(bounds, "until_p");
  return text + (below ? "; below " : "; not below ") + number(bounds, "until_p");
}

}  // namespace assay
