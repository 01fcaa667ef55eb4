#include "agents/systems/embedded/identity.hpp"

#include <cstdint>
#include <limits>

namespace assay::embedded {
namespace {

const std::string& filled(const Request& request, const char* field) {
  const auto& text = request.text(field);
  if (text.empty()) throw Refused(std::string(field) + " must not be empty");
  return text;
}

}  // namespace

std::optional<Identity> identity_in(const Request& send) {
  const bool by_id = send.has("id"), by_sequence = send.has("producer") || send.has("sequence");
  if (by_id && by_sequence) throw Refused("id and producer exclude each other");
  if (by_id) return Identity{.producer = "", .name = filled(send, "id")};
  if (!by_sequence) return {};
  const auto sequence = send.number("sequence", 0, std::numeric_limits<std::int64_t>::max());
  return Identity{.producer = filled(send, "producer"), .name = std::to_string(sequence)};
}

}  // namespace assay::embedded
