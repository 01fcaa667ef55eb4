// assay-own: what stands in for an adapter where a profile starts a server of the
// user's own. No client of it is here, so this can describe and audit, no more: the
// auditor reads the effects, and neither lists copies nor knows a backlog.
#include <stdexcept>

#include "agents/systems/adapter.hpp"

namespace assay {
namespace {

// Beside what the profile declares: how long a message, or the end of a dead
// client's connection, may be under way on one machine. There that takes less than a
// millisecond and a write to a disk some ten; the rest is for a machine at its limits.
constexpr std::int64_t under_way_ms = 250;

[[noreturn]] void no_client(const std::string& attempted) {
  throw std::runtime_error(attempted + ": assay has no client of a server of your own; docs/own-broker.md says who does what");
}

class NothingToAsk : public AuditLink {
 public:
  void scan(const std::function<void(const StoredCopy&)>&, Deadline) override {}
  Backlog backlog(Deadline) override { return {}; }
};

class OwnAdapter : public Adapter {
 public:
  nlohmann::ordered_json describe() override {
    return {{"system", "own"},
            {"version", nullptr},
            {"missing", "no server by itself: a profile names a server of your own by \"command\", see docs/own-broker.md"},
            {"address", "tcp"},
            {"emulated", nlohmann::ordered_json::array()},
            {"abilities",
             {{"shape", "queue"},
              {"send_answered", true},
              {"client_retries", false},
              {"dedup", nlohmann::ordered_json::array()},
              {"ack", "each"},
              {"ack_answered", true},
              {"stale_ack_refused", false},
              {"takeover", "never"},
              {"transactions", "none"},
              {"lists_stored", false},
              {"backlog", "none"}}},
            {"timers", nlohmann::ordered_json::array({{{"name", "under way"}, {"ms", under_way_ms}}})},
            {"settings", nlohmann::ordered_json::array()},
            {"windows", false}};
  }

  void serve(const std::filesystem::path&, const std::string& address, const nlohmann::json&) override {
    no_client("serve " + address);
  }
  std::optional<std::string> probe(const std::string& address, Deadline) override { no_client("probe " + address); }

  std::unique_ptr<ProducerLink> producer(const LinkSetup&) override { no_client("start a producer"); }
  std::unique_ptr<ConsumerLink> consumer(const LinkSetup&) override { no_client("start a consumer"); }
  std::unique_ptr<AuditLink> auditor(const LinkSetup&) override { return std::make_unique<NothingToAsk>(); }
};

}  // namespace
}  // namespace assay

int main(int argc, char** argv) {
  assay::OwnAdapter adapter;
  return assay::run_verbs(adapter, argc, argv);
}
