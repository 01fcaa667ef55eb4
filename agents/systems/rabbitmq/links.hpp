// The links of system.hpp on RabbitMQ: channel = queue, session = connection with
// one channel of AMQP on it, lease = what was delivered there and not acknowledged.
#pragma once

#include <memory>

#include "agents/roles/system.hpp"

namespace assay::rabbitmq {

std::unique_ptr<ProducerLink> producer_link(const LinkSetup& setup);
std::unique_ptr<ConsumerLink> consumer_link(const LinkSetup& setup);
std::unique_ptr<AuditLink> audit_link(const LinkSetup& setup);

}  // namespace assay::rabbitmq
