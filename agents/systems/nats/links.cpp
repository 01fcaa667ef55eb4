#include "agents/systems/nats/links.hpp"

namespace assay::nats {

Settings settings_of(const LinkSetup& setup) { return settings_in(nlohmann::json::parse(setup.settings)); }

std::unique_ptr<ProducerLink> producer_link(const LinkSetup& setup) {
  const auto settings = settings_of(setup);
  return settings.jetstream ? stream_producer(setup, settings) : publisher(setup, settings);
}

std::unique_ptr<ConsumerLink> consumer_link(const LinkSetup& setup) {
  const auto settings = settings_of(setup);
  return settings.jetstream ? stream_consumer(setup, settings) : subscriber(setup, settings);
}

std::unique_ptr<AuditLink> audit_link(const LinkSetup& setup) {
  const auto settings = settings_of(setup);
  return settings.jetstream ? stream_audit(setup, settings) : nothing_to_audit();
}

}  // namespace assay::nats
