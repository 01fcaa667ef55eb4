// assay-kafka: Kafka under test. README.md says how its words map to ours.
#include "agents/systems/adapter.hpp"

#include "agents/systems/kafka/client.hpp"
#include "agents/systems/kafka/description.hpp"
#include "agents/systems/kafka/errors.hpp"
#include "agents/systems/kafka/links.hpp"
#include "agents/systems/kafka/positions.hpp"
#include "agents/systems/kafka/server.hpp"

namespace assay::kafka {
namespace {

class KafkaAdapter : public Adapter, private Events {
 public:
  nlohmann::ordered_json describe() override { return description(); }

  void serve(const std::filesystem::path& directory, const std::string& address, const nlohmann::json& settings) override {
    become_server(directory, address, settings_in(settings));
  }

  // A group's offsets are asked for, so that the coordinator has to be there and
  // to have read what it knows. One client for all attempts: it takes some
  // attempts' time to find its way.
  std::optional<std::string> probe(const std::string& address, Deadline deadline) override {
    if (!prober_ || address != probed_) {
      prober_ = make_client(RD_KAFKA_CONSUMER, address, {{"group.id", "assay-probe"}, {"client.id", "assay-probe"}}, *this);
      probed_ = address;
    }
    Positions nothing;
    nothing.add("assay-probe", {});
    const auto error = rd_kafka_committed(prober_.get(), nothing.list(), patience_ms(deadline));
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
    return words_of(error);
  }

  std::unique_ptr<ProducerLink> producer(const LinkSetup& setup) override { return producer_link(setup); }
  std::unique_ptr<ConsumerLink> consumer(const LinkSetup& setup) override { return consumer_link(setup); }
  std::unique_ptr<AuditLink> auditor(const LinkSetup& setup) override { return audit_link(setup); }

 private:
  std::string probed_;
  Client prober_;
};

}  // namespace
}  // namespace assay::kafka

int main(int argc, char** argv) {
  assay::kafka::KafkaAdapter adapter;
  return assay::run_verbs(adapter, argc, argv);
}
