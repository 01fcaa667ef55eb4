// A managed system of several servers: a primary that agents write to, and its
// replicas, some of which may lag.
//
// A fault of the broker is one of the primary. If it dies it stays dead, and the
// replica that has most takes its place: what nobody else had is gone. Agents
// are given all addresses and find the primary themselves.
#pragma once

#include <optional>
#include <vector>

#include "agents/os/free-port.hpp"
#include "cli/broker.hpp"

namespace assay {

class ClusterBroker : public Broker {
 public:
  // Nothing is started yet. `directory` is private and ours.
  ClusterBroker(const SystemDescription& system, const Profile& profile, std::filesystem::path directory, Spawn spawn);

  void start_fresh(Deadline deadline) override;
  void restart(Deadline deadline) override;  // puts a replica in the place of the dead primary
  void discard() override;

  bool running() const override { return !servers_.empty() && !primary().child.end(); }
  ChildProcess* child() override { return servers_.empty() ? nullptr : &servers_[primary_].child; }
  std::optional<std::string> lost_server() override;
  std::string channel(std::int64_t trial) const override { return "t" + std::to_string(trial); }

 private:
  struct Server {
    HeldPort port;
    std::string address;
    ChildProcess child;
  };

  const Server& primary() const { return servers_[primary_]; }
  void start_servers(Deadline deadline);
  void start_server(HeldPort port, Deadline deadline);
  void cut_off_lagging(Deadline deadline);
  std::vector<std::string> living() const;
  std::string run(std::vector<std::string> words, Deadline deadline);

  const SystemDescription& system_;
  const Profile& profile_;
  std::filesystem::path directory_, home_;
  Spawn spawn_;
  int fresh_starts_ = 0;
  std::vector<Server> servers_;
  std::size_t primary_ = 0;
};

}  // namespace assay
