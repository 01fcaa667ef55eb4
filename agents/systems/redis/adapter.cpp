// assay-redis: Redis under test. README.md says how its words map to ours.
#include "agents/systems/adapter.hpp"

#include "agents/systems/redis/connection.hpp"
#include "agents/systems/redis/description.hpp"
#include "agents/systems/redis/links.hpp"
#include "agents/systems/redis/replicas.hpp"
#include "agents/systems/redis/server.hpp"

namespace assay::redis {
namespace {

class RedisAdapter : public Adapter {
 public:
  nlohmann::ordered_json describe() override { return description(); }

  void serve(const std::filesystem::path& directory, const std::string& address,
             const nlohmann::json& settings) override {
    become_server(directory, address, settings_in(settings));
  }

  void serve_replica(const std::filesystem::path& directory, const std::string& address, const std::string& primary,
                     const nlohmann::json& settings) override {
    become_server(directory, address, settings_in(settings), primary);
  }

  std::optional<std::string> in_sync(const std::string& address, Deadline deadline) override {
    return behind(address, deadline);
  }
  void cut_off(const std::string& address, Deadline deadline) override { redis::cut_off(address, deadline); }
  std::string promote(const std::vector<std::string>& addresses, Deadline deadline) override {
    return redis::promote(addresses, deadline);
  }

  std::optional<std::string> probe(const std::string& address, Deadline deadline) override {
    Connection connection(address);
    if (const auto refusal = connection.attempt(deadline)) return refusal->reason;
    const auto answer = connection.call({"PING"}, deadline);
    if (!answer) return connection.why();
    if (text(*answer) != "PONG") return text(*answer);
    return std::nullopt;
  }

  std::unique_ptr<ProducerLink> producer(const LinkSetup& setup) override { return producer_link(setup); }
  std::unique_ptr<ConsumerLink> consumer(const LinkSetup& setup) override { return consumer_link(setup); }
  std::unique_ptr<AuditLink> auditor(const LinkSetup& setup) override { return audit_link(setup); }
};

}  // namespace
}  // namespace assay::redis

int main(int argc, char** argv) {
  assay::redis::RedisAdapter adapter;
  return assay::run_verbs(adapter, argc, argv);
}
