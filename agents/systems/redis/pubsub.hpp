// Mode pubsub: whoever is subscribed when a message is published gets it, and
// nobody else ever does. Redis keeps nothing.
#pragma once

#include <memory>

#include "agents/roles/system.hpp"

namespace assay::redis {

std::unique_ptr<ProducerLink> publisher(const LinkSetup& setup);
std::unique_ptr<ConsumerLink> subscriber(const LinkSetup& setup);
std::unique_ptr<AuditLink> pubsub_audit();

}  // namespace assay::redis
