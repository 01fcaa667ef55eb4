// The part `agents` of a profile: producers and consumers that are programs of
// the user's own (own-agent.hpp).
#pragma once

#include "cli/profile-text.hpp"
#include "cli/profile.hpp"

namespace assay {

// By role. Programs are looked for when the run begins.
std::map<std::string, OwnAgent> read_agents(const ProfileText& text, const std::filesystem::path& file);

// Throws UsageError: a key that means nothing beside an agent of the user's own.
void hold_against_agents(const ProfileText& text, const Profile& profile);

nlohmann::ordered_json to_json(const std::map<std::string, OwnAgent>& agents);
std::map<std::string, OwnAgent> agents_from_json(const nlohmann::ordered_json& body);

}  // namespace assay
