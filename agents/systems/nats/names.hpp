// What things are called in JetStream.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assay::nats {

// A channel is a stream and the one subject of it, so it may have no characters
// that mean something in a subject. Throws std::runtime_error.
const std::string& checked_channel(const std::string& channel);

// "t5/17-4cd349cc18c5f40c". Sequences start again at 1 in a stream that was lost
// and created again, so the name carries a fingerprint of the bytes as well.
std::string copy_name(const std::string& channel, std::uint64_t sequence, std::string_view bytes);

// Where there is no sequence. No two attempts have the same bytes.
std::string copy_name(const std::string& channel, std::string_view bytes);

// What the subject says to which a delivery is acknowledged.
struct DeliveryMark {
  std::int64_t count = 0;  // how often it was delivered, with this time
  std::uint64_t sequence = 0;
};

// "$JS.ACK.STREAM.CONSUMER.COUNT.SEQUENCE.CONSUMER-SEQUENCE.TIME.PENDING", or the
// same with domain and account before the stream. Nothing: it is none.
std::optional<DeliveryMark> delivery_mark(const std::string& subject);

// Throws std::runtime_error when it is no base64.
std::string from_base64(std::string_view text);

}  // namespace assay::nats
