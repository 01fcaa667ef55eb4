// The ways from agents to the server: a proxy of ours on each, so that they can
// be cut and slowed. One process a job, which ends with it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "agents/os/child-process.hpp"
#include "cli/plan.hpp"

namespace assay {

// What the proxy counted on a way since a fault began (agents/proxy/protocol.md).
struct PathRecord {
  std::int64_t dropped = 0, held = 0, delayed_up = 0, delayed_down = 0;  // bytes
  std::int64_t resets = 0, refused = 0;                                  // connections

  PathRecord& operator+=(const PathRecord& other);
};

// Whether agents go through a proxy: faults of the network are asked for.
bool needs_network_paths(const Profile& profile);

class NetworkPaths {
 public:
  // One way for all where the server itself tells clients where it is.
  enum class Ways { one_each, one_for_all };
  NetworkPaths(const std::filesystem::path& directory, Ways ways);

  // Where this process finds the server.
  std::string address_for(const std::string& process);

  // Where that is. What was under way before is over, and every fault healed.
  void lead_to(const std::string& server);

  // Fields of "strike" in agents/proxy/protocol.md.
  void strike(const std::string& process, nlohmann::json fault);
  PathRecord record(const std::string& process);
  PathRecord heal(const std::string& process);

  Ways ways() const { return ways_; }

 private:
  std::string name_of(const std::string& process) const;
  nlohmann::json ask(nlohmann::json what);

  Ways ways_;
  std::filesystem::path log_;
  Descriptor control_;
  std::optional<ChildProcess> proxy_;
  std::map<std::string, std::string> addresses_;
};

}  // namespace assay
