// The links of system.hpp on a Redis stream: channel = stream key, group =
// consumer group, incarnation = consumer name, lease = pending entry.
#pragma once

#include <memory>

#include "agents/roles/system.hpp"

namespace assay::redis {

std::unique_ptr<ProducerLink> producer_link(const LinkSetup& setup);
std::unique_ptr<ConsumerLink> consumer_link(const LinkSetup& setup);
std::unique_ptr<AuditLink> audit_link(const LinkSetup& setup);

}  // namespace assay::redis
