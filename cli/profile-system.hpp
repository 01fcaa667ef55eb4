// What a profile says of its system, held against what that system can do.
#pragma once

#include "cli/profile-text.hpp"
#include "cli/profile.hpp"

namespace assay {

// Takes system, settings, port and roles from the text. Workload and faults must
// have been taken. Throws UsageError: what the system lacks, and what works with it.
void hold_against_system(const ProfileText& text, const Section& top, Profile& profile);

// All settings of a system, in its order: as given below /system/settings, else
// as by default. Throws UsageError.
nlohmann::ordered_json settings_in(const ProfileText& text, const SystemDescription& system);

}  // namespace assay
