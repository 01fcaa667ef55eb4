#include "checker/cells.hpp"

#include <algorithm>

#include "checker/network.hpp"

namespace assay {

namespace {

// Roles of the user's own programs that passed no window: as a broker that marks
// none they are hit while somebody else stands at one.
std::set<std::string> unmarked_roles(const Judgement& control, const Terms& terms) {
  auto roles = terms.ground.foreign_agents;
  for (const auto& [window, processes] : control.reached) roles.erase(owner_of(window));
  if (terms.claim.scope == Scope::stored) roles.erase("consumer");
  return roles;
}

// The targets at which a kind of fault is wanted in a window, its owner first.
std::vector<std::string> targets_at(const std::string& kind, const std::string& owner, const Ground& ground,
                                    const std::set<std::string>& unmarked) {
  std::vector<std::string> targets;
  const bool broker = owner == "broker";
  if (is_of_network(kind)) {
    if (broker) return targets;
    if (!ground.one_path) targets.push_back(owner);
    targets.push_back("broker");
    return targets;
  }
  if (kind == "stall" ? broker : kind != "pause" || !broker) targets.push_back(owner);
  if (broker) return targets;
  if (kind != "stall") targets.insert(targets.end(), unmarked.begin(), unmarked.end());
  if (kind != "pause" && ground.foreign_broker) targets.push_back("broker");
  return targets;
}

// In the order of a message's path, those of the user's own agents behind them.
std::vector<std::string> reached_in_order(const Judgement& control) {
  std::vector<std::string> reached;
  for (const auto& [window, processes] : control.reached) reached.push_back(window);
  std::stable_sort(reached.begin(), reached.end(), [](const auto& a, const auto& b) { return place_of(a) < place_of(b); });
  return reached;
}

}  // namespace

std::vector<Cell> relevant_cells(const Judgement& control, const Terms& terms) {
  const auto scope = terms.claim.scope.value();
  std::vector<Cell> cells;
  const auto unmarked = unmarked_roles(control, terms);
  for (const auto& window : reached_in_order(control)) {
    if (!is_at_scope(window, scope)) continue;
    for (const auto& kind : terms.kinds)
      for (const auto& target : targets_at(kind, owner_of(window), terms.ground, unmarked))
        if (terms.targets.contains(target))
          cells.push_back({.window = window, .kind = kind, .target = target, .floor = terms.floors.per_cell});
  }
  return cells;
}

std::set<std::string> targets_at_random(const Judgement& control, const Terms& terms) {
  if (terms.ground.foreign_agents.empty() || !terms.kinds.contains("kill")) return {};
  auto targets = terms.targets;
  if (terms.claim.scope == Scope::stored || !terms.ground.has_consumers) targets.erase("consumer");
  for (const auto& cell : relevant_cells(control, terms)) targets.erase(cell.target);
  return targets;
}

bool is_at_scope(const std::string& window, Scope scope) { return scope != Scope::stored || owner_of(window) != "consumer"; }

bool is_idle(const std::string& cell) { return cell.ends_with(":idle"); }

std::string_view place_word(const std::vector<Cell>& cells) {
  const auto aimed = [](const Cell& cell) { return cell.floor > 0 && !owner_of(cell.window).empty(); };
  const auto counts = [](const Cell& cell) { return cell.floor > 0; };
  return std::none_of(cells.begin(), cells.end(), aimed) && std::any_of(cells.begin(), cells.end(), counts) ? "situation" : "window";
}

}  // namespace assay
