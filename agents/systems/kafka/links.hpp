// The links of system.hpp on Kafka: channel = topic, message = record, session =
// assignment, ack = commit of an offset.
#pragma once

#include <memory>

#include "agents/roles/system.hpp"

namespace assay::kafka {

std::unique_ptr<ProducerLink> producer_link(const LinkSetup& setup);
std::unique_ptr<ConsumerLink> consumer_link(const LinkSetup& setup);
std::unique_ptr<AuditLink> audit_link(const LinkSetup& setup);

}  // namespace assay::kafka
