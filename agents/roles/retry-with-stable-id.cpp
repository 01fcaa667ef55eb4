// Resends until answered under the identity of the message, which is the same
// in every incarnation: whoever sends it once more, it is stored once.
#include "agents/roles/resend.hpp"

namespace assay {

void retry_with_stable_id(const RoleContext& context) {
  resend_until_answered(context, [](OutgoingMessage& outgoing, const std::string& message, std::int64_t) {
    outgoing.dedup_id = message;
  });
}

}  // namespace assay
