#include "checker/history/payload.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace assay {
namespace {

constexpr std::string_view prefix = "assay/1 ";
constexpr std::string_view no_key = "-";

// What may stand between two spaces of the header line.
bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

// Takes the next word off `rest` up to `end`, which goes with it.
std::optional<std::string_view> take_word(std::string_view& rest, char end) {
  const auto at = rest.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const auto word = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  if (!is_word(word)) return std::nullopt;
  return word;
}

std::optional<std::int64_t> as_attempt(std::string_view word) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  if (value < 1 || word.front() == '0') return std::nullopt;
  return value;
}

}  // namespace

std::string to_bytes(const Payload& payload) {
  assert(is_word(payload.run) && is_word(payload.message) && payload.attempt >= 1);
  assert(payload.key.empty() || (is_word(payload.key) && payload.key != no_key));

  std::string bytes(prefix);
  bytes.append(payload.run).append(" ").append(payload.message).append(" ");
  bytes.append(std::to_string(payload.attempt)).append(" ");
  bytes.append(payload.key.empty() ? no_key : payload.key).append("\n").append(payload.body);
  return bytes;
}

std::optional<Payload> parse_payload(std::string_view bytes) {
  if (!bytes.starts_with(prefix)) return std::nullopt;
  bytes.remove_prefix(prefix.size());

  const auto run = take_word(bytes, ' ');
  if (!run) return std::nullopt;
  const auto message = take_word(bytes, ' ');
  if (!message) return std::nullopt;
  const auto attempt_word = take_word(bytes, ' ');
  if (!attempt_word) return std::nullopt;
  const auto attempt = as_attempt(*attempt_word);
  if (!attempt) return std::nullopt;
  const auto key = take_word(bytes, '\n');
  if (!key) return std::nullopt;

  return Payload{.run = std::string(*run),
                 .message = std::string(*message),
                 .attempt = *attempt,
                 .key = *key == no_key ? std::string() : std::string(*key),
                 .body = std::string(bytes)};
}

// The first three never hold a line end, so no two payloads share these bytes.
std::string digest(const Payload& payload) {
  std::string bytes;
  bytes.reserve(payload.run.size() + payload.message.size() + payload.key.size() + payload.body.size() + 3);
  for (const std::string* part : {&payload.run, &payload.message, &payload.key}) {
    assert(part->find('\n') == std::string::npos);
    bytes.append(*part).append("\n");
  }
  bytes.append(payload.body);

  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * sizeof canonical.digest);
  for (const unsigned char byte : canonical.digest) {
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 15]);
  }
  return text;
}

std::string body_of(std::uint64_t seed, std::string_view message, std::size_t size) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  static_assert(alphabet.size() == 64);
  constexpr int letters_per_word = 10;

  const std::uint64_t stream = XXH3_64bits_withSeed(message.data(), message.size(), seed);
  std::string body;
  body.reserve(size);
  for (std::uint64_t counter = 0; body.size() < size; ++counter) {
    std::uint64_t word = XXH3_64bits_withSeed(&stream, sizeof stream, counter);
    for (int i = 0; i < letters_per_word && body.size() < size; ++i, word >>= 6) body.push_back(alphabet[word & 63]);
  }
  return body;
}

}  // namespace assay
