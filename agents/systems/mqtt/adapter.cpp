// assay-mqtt: mosquitto under test. README.md says how its words map to ours.
#include <unistd.h>

#include "agents/systems/adapter.hpp"

#include "agents/systems/mqtt/connection.hpp"
#include "agents/systems/mqtt/description.hpp"
#include "agents/systems/mqtt/links.hpp"
#include "agents/systems/mqtt/server.hpp"

namespace assay::mqtt {
namespace {

class MqttAdapter : public Adapter {
 public:
  nlohmann::ordered_json describe() override { return description(); }

  void serve(const std::filesystem::path& directory, const std::string& address,
             const nlohmann::json& settings) override {
    become_server(directory, address, settings_in(settings));
  }

  std::optional<std::string> probe(const std::string& address, Deadline deadline) override {
    Connection connection(address, {.client = "assay-probe-" + std::to_string(::getpid())}, {});
    if (connection.connect(deadline)) return std::nullopt;
    return connection.why();
  }

  std::unique_ptr<ProducerLink> producer(const LinkSetup& setup) override { return producer_link(setup); }
  std::unique_ptr<ConsumerLink> consumer(const LinkSetup& setup) override { return consumer_link(setup); }
  std::unique_ptr<AuditLink> auditor(const LinkSetup&) override { return audit_link(); }
};

}  // namespace
}  // namespace assay::mqtt

int main(int argc, char** argv) {
  assay::mqtt::MqttAdapter adapter;
  return assay::run_verbs(adapter, argc, argv);
}
