// Reads what a client sent. A request is one flat map in MessagePack; whatever
// else arrives is refused, and costs no more than its own length.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

#include "agents/systems/embedded/database.hpp"

namespace assay::embedded {

// Why a request was turned down; it has changed nothing.
class Refused : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Request {
 public:
  explicit Request(std::span<const std::uint8_t> message);  // throws Refused

  bool has(const char* field) const { return fields_.contains(field); }

  // Throw Refused when the field is missing or of another kind.
  const std::string& text(const char* field) const;
  const Bytes& bytes(const char* field) const;
  std::int64_t number(const char* field, std::int64_t least, std::int64_t most) const;

 private:
  const nlohmann::json& field(const char* name) const;

  nlohmann::json fields_;
};

}  // namespace assay::embedded
