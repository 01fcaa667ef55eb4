// What a system does by its own rules, as a profile and its description say: the
// excuses that are declared, and whether the claim can be judged by them at all.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/profile.hpp"

namespace assay {

class ProfileText;
class Section;

std::set<Excuse> read_excuses(const Section& top);

// Refuses excuses that the system cannot give evidence for, claims that nothing
// could put to the test, and roles that would never come to an end.
void hold_rules_against_system(const ProfileText& text, const SystemDescription& system, const Profile& profile);

Rules rules_of(const Profile& profile, const SystemDescription& system);

std::vector<std::string> names_of(const std::set<Excuse>& excuses);
std::set<Excuse> excuses_from_json(const nlohmann::ordered_json& names);
nlohmann::ordered_json rules_json(const Rules& rules);
Rules rules_from_json(const nlohmann::ordered_json& body);

}  // namespace assay
