// The part `pipeline` of a profile: a program of the user's own between the
// producers and the consumers of a trial (pipeline-process.hpp).
#pragma once

#include "cli/profile-text.hpp"
#include "cli/profile.hpp"

namespace assay {

std::optional<Pipeline> read_pipeline(const ProfileText& text, const std::filesystem::path& file);

// It alone is the target where nobody says otherwise. UsageError: a target that is
// not there, or a key that means nothing beside a pipeline.
void hold_against_pipeline(const ProfileText& text, Profile& profile);

// UsageError: what the system lacks.
void hold_pipeline_against_system(const ProfileText& text, const SystemDescription& system, const Profile& profile);

nlohmann::ordered_json to_json(const Pipeline& pipeline);
Pipeline pipeline_from_json(const nlohmann::ordered_json& body);

}  // namespace assay
