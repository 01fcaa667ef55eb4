// assay-embedded: the embedded broker and its links behind the five verbs.
#include "agents/systems/adapter.hpp"

#include <stdexcept>

#include "agents/systems/embedded/broker.hpp"
#include "agents/systems/embedded/connection.hpp"
#include "agents/systems/embedded/defect.hpp"
#include "agents/systems/embedded/links.hpp"

namespace assay {
namespace {

constexpr std::int64_t lease_ms = 600'000;

embedded::Defect defect_in(const nlohmann::json& settings) {
  const auto name = settings.value("defect", "none");
  if (const auto defect = embedded::defect_named(name)) return *defect;
  throw std::runtime_error("setting defect: the embedded broker knows no '" + name + "'");
}

embedded::Identities identities_in(const nlohmann::json& settings) {
  const auto name = settings.value("dedup", "durable");
  if (name == "durable") return embedded::Identities::durable;
  if (name == "forgetful") return embedded::Identities::forgetful;
  throw std::runtime_error("setting dedup: must be durable or forgetful, not '" + name + "'");
}

embedded::BrokerSettings settings_in(const nlohmann::json& settings) {
  return {.defect = defect_in(settings), .identities = identities_in(settings), .delivery_limit = settings.value("delivery_limit", std::int64_t{0}), .fenced = settings.value("fenced", true)};
}

nlohmann::ordered_json described_settings() {
  auto defects = nlohmann::ordered_json::array();
  for (const auto& [defect, name] : embedded::defects) defects.push_back(name);
  auto settings = nlohmann::ordered_json::array();
  settings.push_back({{"name", "defect"},
                      {"type", "string"},
                      {"default", "none"},
                      {"values", defects},
                      {"about", "a planted defect that assay must find"}});
  settings.push_back({{"name", "dedup"},
                      {"type", "string"},
                      {"default", "durable"},
                      {"values", {"durable", "forgetful"}},
                      {"about", "whether identities are stored with their messages, or gone after a restart"}});
  settings.push_back({{"name", "fenced"},
                      {"type", "boolean"},
                      {"default", true},
                      {"about", "false: an ack of any copy that was ever delivered is answered ok, whoever sends it"}});
  settings.push_back({{"name", "delivery_limit"},
                      {"type", "integer"},
                      {"default", 0},
                      {"min", 0},
                      {"max", 1000},
                      {"about", "how often a copy is handed out before it is set aside; 0: for ever"}});
  settings.push_back({{"name", "lease_ms"},
                      {"type", "integer"},
                      {"default", lease_ms},
                      {"min", 1000},
                      {"about", "how long a delivery stays with its consumer"}});
  return settings;
}

class EmbeddedAdapter : public Adapter {
 public:
  nlohmann::ordered_json describe() override {
    return {{"system", "embedded"},
            {"version", ASSAY_VERSION},
            {"address", "ipc"},
            {"emulated", nlohmann::ordered_json::array()},
            {"abilities",
             {{"shape", "queue"},
              {"send_answered", true},
              {"client_retries", false},
              {"dedup", nlohmann::ordered_json::array({"id", "session-sequence"})},
              {"ack", "each"},
              {"ack_answered", true},
              {"stale_ack_refused", true},
              {"takeover", "request"},
              {"transactions", "none"},
              {"dead_letters", true},
              {"give_back", nlohmann::ordered_json::array({"nack", "reject"})},
              {"lists_stored", true},
              {"backlog", "authoritative"}}},
            {"timers", nlohmann::ordered_json::array({{{"name", "lease"}, {"ms", lease_ms}}})},
            {"limits", {{"max_delivery", {{"setting", "delivery_limit"}}}}},
            {"settings", described_settings()},
            {"variants", nlohmann::ordered_json::array({{{"when", {{"fenced", false}}}, {"abilities", {{"stale_ack_refused", false}}}}})},
            {"windows", true},
            {"announces_ready", true},
            {"takes_listener", true}};
  }

  // There is nothing to exec: this program is the server.
  void serve(const std::filesystem::path& directory, const std::string& address,
             const nlohmann::json& settings) override {
    embedded::run_broker(directory, address, settings_in(settings));
  }

  std::optional<std::string> probe(const std::string& address, Deadline deadline) override {
    embedded::Connection connection(address);
    if (connection.ask({{"op", "ping"}}, deadline)) return {};
    return "no answer from the embedded broker at " + address;
  }

  std::unique_ptr<ProducerLink> producer(const LinkSetup& setup) override { return embedded::producer_link(setup); }
  std::unique_ptr<ConsumerLink> consumer(const LinkSetup& setup) override { return embedded::consumer_link(setup); }
  std::unique_ptr<AuditLink> auditor(const LinkSetup& setup) override { return embedded::audit_link(setup); }
};

}  // namespace
}  // namespace assay

int main(int argc, char** argv) {
  assay::EmbeddedAdapter adapter;
  return assay::run_verbs(adapter, argc, argv);
}
