// The links of system.hpp, for the mode that the profile's settings choose.
#pragma once

#include <memory>

#include "agents/roles/system.hpp"
#include "agents/systems/nats/settings.hpp"

namespace assay::nats {

Settings settings_of(const LinkSetup& setup);

std::unique_ptr<ProducerLink> producer_link(const LinkSetup& setup);
std::unique_ptr<ConsumerLink> consumer_link(const LinkSetup& setup);
std::unique_ptr<AuditLink> audit_link(const LinkSetup& setup);

// Mode jetstream.
std::unique_ptr<ProducerLink> stream_producer(const LinkSetup& setup, const Settings& settings);
std::unique_ptr<ConsumerLink> stream_consumer(const LinkSetup& setup, const Settings& settings);
std::unique_ptr<AuditLink> stream_audit(const LinkSetup& setup, const Settings& settings);

// Mode core.
std::unique_ptr<ProducerLink> publisher(const LinkSetup& setup, const Settings& settings);
std::unique_ptr<ConsumerLink> subscriber(const LinkSetup& setup, const Settings& settings);
std::unique_ptr<AuditLink> nothing_to_audit();

}  // namespace assay::nats
