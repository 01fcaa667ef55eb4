// assay-rabbitmq: RabbitMQ under test. README.md says how its words map to ours.
#include "agents/systems/adapter.hpp"

#include "agents/systems/rabbitmq/connection.hpp"
#include "agents/systems/rabbitmq/description.hpp"
#include "agents/systems/rabbitmq/links.hpp"
#include "agents/systems/rabbitmq/server.hpp"

namespace assay::rabbitmq {
namespace {

class RabbitmqAdapter : public Adapter {
 public:
  nlohmann::ordered_json describe() override { return description(); }

  void serve(const std::filesystem::path& directory, const std::string& address, const nlohmann::json& settings) override {
    become_server(directory, address, settings_in(settings));
  }

  std::optional<std::string> probe(const std::string& address, Deadline deadline) override {
    Connection connection(address, {});
    if (connection.attempt(deadline)) return std::nullopt;
    return connection.why();
  }

  std::unique_ptr<ProducerLink> producer(const LinkSetup& setup) override { return producer_link(setup); }
  std::unique_ptr<ConsumerLink> consumer(const LinkSetup& setup) override { return consumer_link(setup); }
  std::unique_ptr<AuditLink> auditor(const LinkSetup& setup) override { return audit_link(setup); }
};

}  // namespace
}  // namespace assay::rabbitmq

int main(int argc, char** argv) {
  assay::rabbitmq::RabbitmqAdapter adapter;
  return assay::run_verbs(adapter, argc, argv);
}
