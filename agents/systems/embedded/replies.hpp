// What the broker's replies say, for every link.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "agents/systems/teller.hpp"

namespace assay::embedded {

inline nlohmann::json binary(const std::string& bytes) { return nlohmann::json::binary({bytes.begin(), bytes.end()}); }

inline std::string text(const nlohmann::json& binary) {
  const auto& bytes = binary.get_binary();
  return {bytes.begin(), bytes.end()};
}

// "refused": the request changed nothing. "error": something broke in the
// broker, and what became of the request nobody can tell.
inline bool refused(const nlohmann::json& reply) { return reply.contains("refused"); }
inline bool failed(const nlohmann::json& reply) { return reply.contains("error"); }

// Passes the broker's errors on; one that repeats itself is told once.
class Complaints : private Teller {
 public:
  using Teller::Teller;

  void pass_on(const nlohmann::json& reply) { tell("error", reply.at("error").get<std::string>()); }
};

}  // namespace assay::embedded
