// The binary and the JSON form of an event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checker/history/event.hpp"

namespace assay {

// Appends the binary form. process, incarnation and trial are left out: the
// file that holds the record names them once.
void encode(const Event& event, std::string& out);

// The same with another n and time: a recorder stamps what it is handed.
void encode(const Event& event, std::int64_t n, std::int64_t time, std::string& out);

// The longest event that can be kept: a block of the packed form holds at least
// one. Recorder refuses longer ones.
inline constexpr std::size_t event_limit_bytes = 60 * 1024;

// Nothing if the bytes are not exactly one event. The caller fills in process,
// incarnation and trial.
std::optional<Event> decode(std::span<const std::byte> body);

// 32 bits of XXH3-64: what every record and block is checked with.
std::uint32_t checksum(std::span<const std::byte> bytes);

// One JSON object without a line end, the common fields first; and back. An
// unknown type, phase or field, or a value of the wrong kind, is an error that
// names it: std::runtime_error.
std::string to_json_line(const Event& event);
Event from_json_line(std::string_view line);

}  // namespace assay
