// assay-nats: NATS under test. README.md says how its words map to ours.
#include "agents/systems/adapter.hpp"

#include "agents/systems/nats/connection.hpp"
#include "agents/systems/nats/description.hpp"
#include "agents/systems/nats/links.hpp"
#include "agents/systems/nats/server.hpp"
#include "agents/systems/nats/stream.hpp"

namespace assay::nats {
namespace {

class NatsAdapter : public Adapter {
 public:
  nlohmann::ordered_json describe() override { return description(); }

  void serve(const std::filesystem::path& directory, const std::string& address,
             const nlohmann::json& settings) override {
    become_server(directory, address, settings_in(settings));
  }

  std::optional<std::string> probe(const std::string& address, Deadline deadline) override {
    return probe_server(address, deadline);
  }

  std::unique_ptr<ProducerLink> producer(const LinkSetup& setup) override { return producer_link(setup); }
  std::unique_ptr<ConsumerLink> consumer(const LinkSetup& setup) override { return consumer_link(setup); }
  std::unique_ptr<AuditLink> auditor(const LinkSetup& setup) override { return audit_link(setup); }
};

}  // namespace
}  // namespace assay::nats

int main(int argc, char** argv) {
  assay::nats::NatsAdapter adapter;
  return assay::run_verbs(adapter, argc, argv);
}
