// Where the events of a witness stand on their message's path, and from where
// to where they go: what every drawing of a witness begins with.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "cli/fields.hpp"

namespace assay {

// In the order of a message's path.
enum class Station : std::uint8_t { producer, elsewhere, broker, consumer, sink };

// Broker and sink are one lane each, however often they are started.
struct Lane {
  Station station{};
  std::string process;
  std::int64_t incarnation = 0;
  auto operator<=>(const Lane&) const = default;
};

const Lane& broker_lane();
const Lane& sink_lane();
Lane lane_of(const Json& event);

// What goes from one lane to another: a request, its reply, or a delivery.
struct Hop {
  Lane from, to;
  bool reply = false;
  bool operator==(const Hop&) const = default;
};

// Nothing for an event that stays where it is, as a send of which nobody can
// tell what became of it.
std::optional<Hop> hop_of(const Json& event);

// The harness has no lane: what it does concerns everybody, or a target.
bool is_of_harness(const Json& event);

// What a fault, or a change in a process's life, is about. A report has it only
// in words. `act` is "kill", "pause"..., or "start", "exit"...; an incarnation
// of 0 is one that nobody named.
struct Strike {
  enum class Phase : std::uint8_t { act, proof, heal, life };
  Phase phase{};
  std::string act;
  Lane target;
  bool operator==(const Strike&) const = default;
};
std::optional<Strike> strike_of(const Json& event);

}  // namespace assay
