// What travels through the system under test: a header line that identifies
// message and attempt, then the body.
//
//     assay/1 RUN TRIAL/PRODUCER/SEQ ATTEMPT KEY\n
//     body bytes
//
// The digest covers run, message, key and body, not the attempt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assay {

struct Payload {
  std::string run;
  std::string message;
  std::int64_t attempt = 1;
  std::string key;  // "-" stands for none on the wire
  std::string body;

  bool operator==(const Payload&) const = default;
};

std::string to_bytes(const Payload& payload);

// Nothing if the bytes do not begin with a header of ours.
std::optional<Payload> parse_payload(std::string_view bytes);

// XXH3-128 as 32 lower-case hex digits.
std::string digest(const Payload& payload);

// The body of a message: `size` printable bytes fixed by seed and message.
std::string body_of(std::uint64_t seed, std::string_view message, std::size_t size);

}  // namespace assay
