// Mode stream: channel = stream key, group = consumer group, incarnation =
// consumer name, lease = pending entry.
#pragma once

#include <memory>

#include "agents/roles/system.hpp"
#include "agents/systems/redis/settings.hpp"

namespace assay::redis {

std::unique_ptr<ProducerLink> stream_producer(const LinkSetup& setup, const Settings& settings);
std::unique_ptr<ConsumerLink> stream_consumer(const LinkSetup& setup, const Settings& settings);
std::unique_ptr<AuditLink> stream_audit(const LinkSetup& setup);

}  // namespace assay::redis
