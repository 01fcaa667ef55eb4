// How a message is known again when it is sent twice: by an id, or by a
// sequence number of its producer.
#pragma once

#include <optional>
#include <string>

#include "agents/systems/embedded/request.hpp"

namespace assay::embedded {

struct Identity {
  std::string producer;  // empty: `name` is an id, and nobody's in particular
  std::string name;      // the id, or the sequence number in digits

  bool operator==(const Identity&) const = default;
};

// Whether identities are in the store with their copies, or in memory and gone
// after a restart.
enum class Identities { durable, forgetful };

// What a send carries; nothing: it is new whenever it comes. Throws Refused.
std::optional<Identity> identity_in(const Request& send);

}  // namespace assay::embedded
