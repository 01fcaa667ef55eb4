// What a profile says of a server that assay did not start, and which faults of
// it that allows.
#pragma once

#include "cli/profile-text.hpp"
#include "cli/profile.hpp"

namespace assay {

// An address as "user:word@host" or "host=... password=...": nobody may see it.
bool holds_secret(const std::string& address);

// Nothing: the profile attaches to no server. Throws UsageError.
std::optional<Attachment> read_attachment(const ProfileText& text);

// The commands that such a fault of the server needs and the profile does not
// name: first the one that strikes, then the one that heals.
std::vector<std::string> missing_commands(const Attachment& attached, const std::string& kind);

// Nobody who names no commands means the broker by targets that were not given:
// it is left out then. Where it stays and a command is missing, throws UsageError.
void settle_targets(const ProfileText& text, Profile& profile);

// JSON both ways, for plan.json.
nlohmann::ordered_json to_json(const Attachment& attached);
Attachment attachment_from_json(const nlohmann::ordered_json& body);

}  // namespace assay
