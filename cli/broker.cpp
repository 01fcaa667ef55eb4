#include "cli/broker.hpp"

#include "cli/attached-broker.hpp"
#include "cli/cluster-broker.hpp"
#include "cli/commanded-broker.hpp"
#include "cli/managed-broker.hpp"
#include "cli/own-broker.hpp"

namespace assay {

Marks* Broker::marks() {
  auto* header = this->header();
  if (!header) return nullptr;
  return &marks_.emplace(*header);
}

void Broker::clear_windows() {
  auto* header = this->header();
  if (!header) return;
  header->armed_window.store(0);
  header->last_window.store(0);
  for (auto& hits : header->hits) hits.store(0);
}

Recording Broker::recording(std::int64_t trial, Ending ending) {
  Recording recording{.process = "broker", .incarnation = incarnation_, .trial = trial, .ending = ending};
  const auto* header = this->header();
  if (!header) return recording;
  recording.last_window = static_cast<Window>(header->last_window.load());
  for (const auto& entry : windows()) {
    const auto hits = header->hits[static_cast<std::size_t>(entry.window)].load();
    if (hits > 0) recording.hits[entry.window] = static_cast<std::int64_t>(hits);
  }
  return recording;
}

std::optional<std::int64_t> pid_of(Broker& broker) {
  const auto* child = broker.child();
  return child ? std::optional<std::int64_t>(child->pid()) : std::nullopt;
}

std::unique_ptr<Broker> started_broker(const SystemDescription& system, const Profile& profile,
                                       const std::filesystem::path& directory, const Spawn& spawn) {
  if (system.nodes(profile.settings) > 1) return std::make_unique<ClusterBroker>(system, profile, directory, spawn);
  return std::make_unique<ManagedBroker>(system, profile, directory, spawn);
}

std::unique_ptr<Broker> broker_for(const RunPlan& plan, const SystemDescription& system,
                                   const std::filesystem::path& directory, const Spawn& spawn) {
  const auto& own = plan.profile.own_server;
  if (own && !own->command.empty()) return std::make_unique<OwnBroker>(plan.profile, directory);
  if (own) return std::make_unique<CommandedBroker>(plan, system, directory);
  if (plan.profile.attached) return std::make_unique<AttachedBroker>(plan, system, directory);
  return started_broker(system, plan.profile, directory, spawn);
}

}  // namespace assay
