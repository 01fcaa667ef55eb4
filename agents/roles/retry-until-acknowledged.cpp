// Resends until answered, and the system is not asked to store a message once.
#include "agents/roles/resend.hpp"

namespace assay {

void retry_until_acknowledged(const RoleContext& context) { resend_until_answered(context, {}); }

}  // namespace assay
