// Where faults are wanted: what plan and verdict both go by.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "checker/weigh.hpp"

namespace assay {

// The windows and targets whose floors `terms` demands, from the control
// trial's universe. The plan is built from the same list. A kill or a stop is
// wanted at every window; a pause where the window's own process is an agent,
// which then has a successor; a stall at the broker's own windows, and of a
// broker that marks none at those of the agents, where a kill would be. A fault of
// the network is wanted at the windows of agents: of their own way to the server,
// and of all ways at once, which is the broker's.
std::vector<Cell> relevant_cells(const Judgement& control, const Terms& terms);

// Who is to be killed at random moments because there is no window at which they
// could be: programs of the user's own that mark none, where nobody else does, or
// only a broker, which cannot stand still while they are replaced. Empty: faults
// of all targets can be aimed.
std::set<std::string> targets_at_random(const Judgement& control, const Terms& terms);

// What consumers do changes nothing about what is stored. A class of random
// faults is nobody's window and counts.
bool is_at_scope(const std::string& window, Scope scope);

// A class of random faults that struck while nothing was under way.
bool is_idle(const std::string& cell);

// What the cells that count are, for people: "window"; "situation" where all
// faults were random.
std::string_view place_word(const std::vector<Cell>& cells);

}  // namespace assay
