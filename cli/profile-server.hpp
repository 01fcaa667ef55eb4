// A server of the user's own in the part `system` of a profile: how it is started,
// and what it can do, which no adapter is there to say.
#pragma once

#include "cli/profile-text.hpp"
#include "cli/profile.hpp"

namespace assay {

// Whether the profile means one.
bool names_own_server(const ProfileText& text);

// Takes system, own_server and attached from the text. Throws UsageError.
void read_own_server(const ProfileText& text, Profile& profile);

// Throws UsageError when the profile asks for what only an adapter could do, or for
// a fault that its commands cannot do. Claim, agents and faults must have been taken.
void hold_against_own_server(const ProfileText& text, const Profile& profile);

// JSON both ways, for plan.json.
nlohmann::ordered_json to_json(const OwnServer& server);
OwnServer own_server_from_json(const nlohmann::ordered_json& body);

}  // namespace assay
