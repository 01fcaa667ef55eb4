// The links of system.hpp on PostgreSQL: channel = schema, message = row,
// session = connection, lease = open transaction, ack = commit.
#pragma once

#include <memory>

#include "agents/roles/system.hpp"

namespace assay::postgres {

std::unique_ptr<ProducerLink> producer_link(const LinkSetup& setup);
std::unique_ptr<ConsumerLink> consumer_link(const LinkSetup& setup);
std::unique_ptr<AuditLink> audit_link(const LinkSetup& setup);

}  // namespace assay::postgres
