// Resends until answered under a producer id of this incarnation and the number
// of the message: the system can tell a resend from a new message, but not what
// a successor, under its own id, sends once more.
#include "agents/roles/resend.hpp"

namespace assay {

void retry_with_sequence(const RoleContext& context) {
  const std::string session = incarnation_name(context.configuration.process, context.configuration.incarnation);
  resend_until_answered(context, [session](OutgoingMessage& outgoing, const std::string&, std::int64_t number) {
    outgoing.dedup_session = session;
    outgoing.dedup_sequence = number;
  });
}

}  // namespace assay
