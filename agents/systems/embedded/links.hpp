// The embedded broker as roles see it. Links know nothing of planted defects.
#pragma once

#include <memory>

#include "agents/roles/system.hpp"

namespace assay::embedded {

std::unique_ptr<ProducerLink> producer_link(const LinkSetup& setup);
std::unique_ptr<ConsumerLink> consumer_link(const LinkSetup& setup);
std::unique_ptr<AuditLink> audit_link(const LinkSetup& setup);

}  // namespace assay::embedded
