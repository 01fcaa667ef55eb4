#include "cli/sweep.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "cli/fields.hpp"
#include "cli/page.hpp"
#include "cli/text.hpp"

namespace assay {

namespace {

constexpr int usual_width = 28;  // of a window's name

bool shows(const Judgement& judgement, ClauseAt at) {
  const auto* finding = judgement.find(at);
  return finding && !finding->witnesses.empty();
}

// Reading rule of CONTRACTS 3.3: what a guarantee does not tolerate.
bool forbids(Guarantee guarantee, char letter) {
  const std::string_view never = guarantee == Guarantee::at_least_once ? "LPCT?" : "DPAC?";
  if (guarantee == Guarantee::exactly_once) return letter != '-' && letter != 'u' && letter != '/';
  return never.find(letter) != std::string_view::npos;
}

struct Key {
  std::size_t place = 0;  // of the window on a message's path
  std::string window, target, kind;
  auto operator<=>(const Key&) const = default;
};

struct Found {
  std::set<std::string> letters;
  std::int64_t landed = 0, planned = 0;
  std::string shows;  // the first trial that the claim forbids
};

std::map<Key, Found> cells_of(const RunPlan& plan, const std::vector<Judgement>& judgements, const std::vector<PlannedFault>& left_out) {
  std::map<Key, Found> cells;
  std::set<std::string> seen, landed;
  const auto cell_of = [&](const PlannedFault& fault) -> Found& {
    return cells[{place_of(fault.window), fault.window, role_of(fault.target), fault.kind}];
  };
  for (const auto& judgement : judgements) {
    if (!judgement.fault) continue;
    const auto& fault = *judgement.fault;
    auto& cell = cell_of(parse_fault(fault.name, plan.seed));
    if (seen.insert(fault.name).second) ++cell.planned;
    if (!fault.landed || !is_evidence(judgement)) continue;
    if (landed.insert(fault.name).second) ++cell.landed;  // one that was run again is one fault
    const auto letters = sweep_letters(judgement, *plan.terms.claim.scope);
    cell.letters.insert(letters);
    const bool forbidden = std::any_of(letters.begin(), letters.end(), [&](char letter) {
      return forbids(plan.terms.claim.guarantee, letter);
    });
    if (forbidden && cell.shows.empty()) cell.shows = fault.name;
  }
  for (const auto& fault : left_out)
    if (seen.insert(fault.name()).second) ++cell_of(fault).planned;
  return cells;
}

std::vector<std::string> not_reached(const RunPlan& plan, const std::vector<Judgement>& judgements) {
  std::vector<std::string> names;
  const auto control = std::find_if(judgements.begin(), judgements.end(), [](const auto& j) { return !j.fault; });
  if (control == judgements.end()) return names;
  for (const auto& window : windows_of(plan))
    if (!control->reached.contains(window)) names.push_back(window);
  return names;
}

}  // namespace

std::string sweep_letters(const Judgement& judgement, Scope scope) {
  if (!judgement.fault || !judgement.fault->landed) return "";
  std::string letters;
  const auto* loss = judgement.find({Clause::no_loss, scope});
  if (shows(judgement, {Clause::no_dup, scope})) letters += 'D';
  if (shows(judgement, {Clause::no_loss, scope})) letters += 'L';
  if (scope == Scope::committed && shows(judgement, {Clause::txn_atomic, Scope::delivered})) letters += 'T';
  if (shows(judgement, {Clause::no_phantom, scope})) letters += 'P';
  if (shows(judgement, {Clause::no_aborted, scope})) letters += 'A';
  if (shows(judgement, {Clause::no_corruption, scope})) letters += 'C';
  if (loss && loss->forfeited > 0) letters += 'u';
  if (!judgement.quiescent) letters += '?';
  return letters.empty() ? "-" : letters;
}

Json sweep_of(const RunPlan& plan, const std::vector<Judgement>& judgements, const std::vector<PlannedFault>& left_out) {
  Json cells = Json::array();
  std::int64_t landed = 0, planned = 0;
  for (const auto& [key, found] : cells_of(plan, judgements, left_out)) {
    cells.push_back({{"window", key.window},
                     {"target", key.target},
                     {"kind", key.kind},
                     {"letters", joined({found.letters.begin(), found.letters.end()}, "/")},
                     {"landed", found.landed},
                     {"planned", found.planned},
                     {"forbidden", found.shows}});
    landed += found.landed;
    planned += found.planned;
  }
  return {{"scope", name(*plan.terms.claim.scope)},
          {"messages", plan.profile.workload.messages},
          {"landed", landed},
          {"planned", planned},
          {"cells", std::move(cells)},
          {"not_reached", not_reached(plan, judgements)}};
}

std::string sweep_text(const Json& report, const Look& look) {
  const Json& sweep = field(report, "sweep");
  std::map<std::tuple<std::size_t, std::string, std::string>, std::map<std::string, const Json*>> rows;
  std::set<std::string> kinds;
  std::vector<std::string> order;
  for (const auto& cell : list_in(sweep, "cells")) {
    const auto window = text_in(cell, "window");
    auto place = std::find(order.begin(), order.end(), window);
    if (place == order.end()) place = order.insert(order.end(), window);
    rows[{static_cast<std::size_t>(place - order.begin()), window, text_in(cell, "target")}][text_in(cell, "kind")] = &cell;
    kinds.insert(text_in(cell, "kind"));
  }

  Lines lines;
  lines.push_back({"  " + text_in(field(report, "profile"), "name") + ": every crash point of " +
                   counted(number_in(sweep, "messages"), "message") + ", letters @ " + text_in(sweep, "scope")});
  int width = usual_width;
  for (const auto& window : order) width = std::max(width, static_cast<int>(window.size()) + 1);
  std::string heading = "  " + left("window", width) + left("target", 10);
  for (const auto& kind : kinds) heading += left(kind, 18);
  lines.push_back({heading, Paint::faint});
  for (const auto& [row, by_kind] : rows) {
    std::string text = "  " + left(std::get<1>(row), width) + left(std::get<2>(row), 10);
    bool forbidden = false;
    for (const auto& kind : kinds) {
      const auto found = by_kind.find(kind);
      if (found == by_kind.end()) {
        text += left(look.utf8 ? "·" : ".", 18);
        continue;
      }
      const auto& cell = *found->second;
      const bool mark = !text_in(cell, "forbidden").empty();
      forbidden |= mark;
      text += left(left(text_in(cell, "letters") + (mark ? "!" : ""), 6) + std::to_string(number_in(cell, "landed")) +
                       " of " + std::to_string(number_in(cell, "planned")), 18);
    }
    lines.push_back({text, forbidden ? Paint::violated : Paint::none});
  }
  append(lines, labelled("letters", "- nothing, D duplicated, L lost, T torn, u missing but never acknowledged, P phantom, A aborted "
                                    "read, C corrupted, ? nobody can tell; ! the claim forbids it", 2, look));
  const auto missed = texts_in(sweep, "not_reached");
  if (!missed.empty()) append(lines, labelled("not reached", joined(missed), 3, look));
  const bool complete = flag_in(sweep, "complete");
  append(lines, labelled(complete ? "complete" : "incomplete",
                         counted(number_in(sweep, "landed"), "landed fault") + " of " +
                             std::to_string(number_in(sweep, "planned")) + " planned" +
                             (complete ? ": every window, occurrence and kind that the control trial reached"
                                       : "; the others did not land, or were given up: too many trials came to no answer, or time ran out"), 2, look));
  lines.push_back({""});
  return print(lines, look);
}

}  // namespace assay
