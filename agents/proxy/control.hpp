// What the supervisor asks of the proxy: packets over a socket, each a JSON
// object and each answered by one. protocol.md has them.
#pragma once

#include <map>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "agents/proxy/path.hpp"

namespace assay::proxy {

class Control : public Watcher {
 public:
  Control(Loop& loop, Descriptor socket);

  void ready(std::uint32_t events) override;
  bool over() const { return over_; }  // the supervisor has gone

  std::map<std::string, std::unique_ptr<Path>>& paths() { return paths_; }

 private:
  nlohmann::json answer(const nlohmann::json& asked);
  nlohmann::json listen(const std::string& name);
  void lead_to(const std::string& address);

  Loop& loop_;
  Descriptor socket_;
  Server server_;
  std::map<std::string, std::unique_ptr<Path>> paths_;
  bool over_ = false;
};

}  // namespace assay::proxy
