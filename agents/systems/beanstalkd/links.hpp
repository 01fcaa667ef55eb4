// The links of system.hpp on beanstalkd: channel = tube, message = job,
// session = connection, lease = reservation.
#pragma once

#include <memory>

#include "agents/roles/system.hpp"

namespace assay::beanstalkd {

std::unique_ptr<ProducerLink> producer_link(const LinkSetup& setup);
std::unique_ptr<ConsumerLink> consumer_link(const LinkSetup& setup);
std::unique_ptr<AuditLink> audit_link(const LinkSetup& setup);

}  // namespace assay::beanstalkd
