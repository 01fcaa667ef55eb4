#include "agents/systems/redis/links.hpp"

#include <stdexcept>

#include "agents/systems/redis/lists.hpp"
#include "agents/systems/redis/pubsub.hpp"
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
    case Mode::list_pop:
    case Mode::list_move: return list_producer(setup);
    case Mode::pubsub: return publisher(setup);
  }
  no_such_mode();
}

std::unique_ptr<ConsumerLink> consumer_link(const LinkSetup& setup) {
  const auto settings = settings_of(setup);
  switch (settings.mode) {
    case Mode::stream: return stream_consumer(setup, settings);
    case Mode::list_pop: return popping_consumer(setup);
    case Mode::list_move: return moving_consumer(setup);
    case Mode::pubsub: return subscriber(setup);
  }
  no_such_mode();
}

std::unique_ptr<AuditLink> audit_link(const LinkSetup& setup) {
  switch (settings_of(setup).mode) {
    case Mode::stream: return stream_audit(setup);
    case Mode::list_pop:
    case Mode::list_move: return list_audit(setup);
    case Mode::pubsub: return pubsub_audit();
  }
  no_such_mode();
}

}  // namespace assay::redis
