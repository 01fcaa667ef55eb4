#include "agents/systems/redis/links.hpp"

#include <stdexcept>

#include "agents/systems/redis/streams.hpp"

namespace assay::redis {
namespace {

Settings settings_of(const LinkSetup& setup) { return settings_in(nlohmann::json::parse(setup.settings)); }

[[noreturn]] void no_such_mode() { throw std::logic_error("a mode of Redis without links"); }

}  // namespace

std::unique_ptr<ProducerLink> producer_link(const LinkSetup& setup) {
  const auto settings = settings_of(setup);
  switch (settings.mode) {
    case Mode::stream: return stream_producer(setup, settings);
    default: break;
  }
  no_such_mode();
}

std::unique_ptr<ConsumerLink> consumer_link(const LinkSetup& setup) {
  const auto settings = settings_of(setup);
  switch (settings.mode) {
    case Mode::stream: return stream_consumer(setup, settings);
    default: break;
  }
  no_such_mode();
}

std::unique_ptr<AuditLink> audit_link(const LinkSetup& setup) {
  switch (settings_of(setup).mode) {
    case Mode::stream: return stream_audit(setup);
    default: break;
  }
  no_such_mode();
}

}  // namespace assay::redis
