// The primitives of our binary files: little-endian numbers, varints, zigzag,
// and a reader that never leaves the bytes it was given.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace assay {

static_assert(std::endian::native == std::endian::little, "our files are little-endian and written as they lie in memory");

inline constexpr std::size_t varint_limit_bytes = 10;

// Writes at `to`, where varint_limit_bytes must be free; returns the place behind.
inline char* write_varint(std::uint64_t value, char* to) {
  while (value >= 0x80) {
    *to++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<char>(value);
  return to;
}

inline void put_varint(std::uint64_t value, std::string& out) {
  char bytes[varint_limit_bytes];
  out.append(bytes, write_varint(value, bytes));
}

inline void put_u32(std::uint32_t value, std::string& out) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof bytes);
}

inline std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

inline std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

// Takes values off the front. Each take returns nothing, and leaves the reader
// where it is, when what is left does not begin with such a value.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  std::size_t left() const { return rest_.size(); }
  bool done() const { return rest_.empty(); }

  std::optional<std::uint8_t> take_byte() {
    if (rest_.empty()) return std::nullopt;
    const auto byte = std::to_integer<std::uint8_t>(rest_.front());
    rest_ = rest_.subspan(1);
    return byte;
  }

  std::optional<std::uint32_t> take_u32() {
    std::uint32_t value = 0;
    if (rest_.size() < sizeof value) return std::nullopt;
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_ = rest_.subspan(sizeof value);
    return value;
  }

  // The shortest form only, so that a value has one spelling.
  std::optional<std::uint64_t> take_varint() {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < rest_.size() && i < varint_limit_bytes; ++i) {
      const auto byte = std::to_integer<std::uint64_t>(rest_[i]);
      value |= (byte & 0x7f) << (7 * i);
      if (byte >= 0x80) continue;
      const bool too_long = i > 0 && byte == 0;
      const bool too_large = i + 1 == varint_limit_bytes && byte > 1;
      if (too_long || too_large) return std::nullopt;
      rest_ = rest_.subspan(i + 1);
      return value;
    }
    return std::nullopt;
  }

  std::optional<std::span<const std::byte>> take_bytes(std::uint64_t size) {
    if (size > rest_.size()) return std::nullopt;
    const auto bytes = rest_.first(static_cast<std::size_t>(size));
    rest_ = rest_.subspan(bytes.size());
    return bytes;
  }

  // A varint length, then that many bytes.
  std::optional<std::string_view> take_text() {
    const auto before = rest_;
    if (const auto size = take_varint())
      if (const auto bytes = take_bytes(*size)) return std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    rest_ = before;
    return std::nullopt;
  }

 private:
  std::span<const std::byte> rest_;
};

}  // namespace assay
