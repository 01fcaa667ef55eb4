// The links of system.hpp, for the mode that the profile's settings choose.
#pragma once

#include <memory>

#include "agents/roles/system.hpp"

namespace assay::redis {

std::unique_ptr<ProducerLink> producer_link(const LinkSetup& setup);
std::unique_ptr<ConsumerLink> consumer_link(const LinkSetup& setup);
std::unique_ptr<AuditLink> audit_link(const LinkSetup& setup);

}  // namespace assay::redis
