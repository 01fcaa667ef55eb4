// The steps that all retrying producers share; they differ in how a message
// asks to be stored once.
#pragma once

#include "agents/roles/sends.hpp"

namespace assay {

void resend_until_answered(const RoleContext& context, DedupIdentity identity);

}  // namespace assay
