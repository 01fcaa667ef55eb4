// The links of system.hpp on MQTT: channel = topic, message = PUBLISH, session =
// connection, ack = PUBACK.
#pragma once

#include <memory>

#include "agents/roles/system.hpp"

namespace assay::mqtt {

std::unique_ptr<ProducerLink> producer_link(const LinkSetup& setup);
std::unique_ptr<ConsumerLink> consumer_link(const LinkSetup& setup);
std::unique_ptr<AuditLink> audit_link();

}  // namespace assay::mqtt
