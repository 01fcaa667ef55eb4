#include "agents/systems/nats/names.hpp"

#include <charconv>
#include <stdexcept>
#include <vector>

#include <xxhash.h>

namespace assay::nats {
namespace {

std::string fingerprint(std::string_view bytes) {
  std::string text(16, '0');
  auto number = XXH3_64bits(bytes.data(), bytes.size());
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, number >>= 4) *digit = "0123456789abcdef"[number & 15];
  return text;
}

std::vector<std::string_view> tokens_of(std::string_view subject) {
  std::vector<std::string_view> tokens;
  while (true) {
    const auto dot = subject.find('.');
    tokens.push_back(subject.substr(0, dot));
    if (dot == std::string_view::npos) return tokens;
    subject.remove_prefix(dot + 1);
  }
}

template <typename Number>
bool read_number(std::string_view text, Number& number) {
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && rest == text.data() + text.size();
}

int value_of(char digit) {
  if (digit >= 'A' && digit <= 'Z') return digit - 'A';
  if (digit >= 'a' && digit <= 'z') return digit - 'a' + 26;
  if (digit >= '0' && digit <= '9') return digit - '0' + 52;
  return digit == '+' ? 62 : digit == '/' ? 63 : -1;
}

}  // namespace

const std::string& checked_channel(const std::string& channel) {
  if (channel.empty() || channel.find_first_of(" .*>/\\\t\r\n") != std::string::npos)
    throw std::runtime_error("use \"" + channel + "\" as a stream and a subject of NATS: a name without spaces, dots, slashes and wildcards is needed");
  return channel;
}

std::string copy_name(const std::string& channel, std::uint64_t sequence, std::string_view bytes) {
  return channel + "/" + std::to_string(sequence) + "-" + fingerprint(bytes);
}

std::string copy_name(const std::string& channel, std::string_view bytes) { return channel + "/" + fingerprint(bytes); }

std::optional<DeliveryMark> delivery_mark(const std::string& subject) {
  const auto tokens = tokens_of(subject);
  const bool plain = tokens.size() == 9, with_domain = tokens.size() >= 11;
  if (tokens[0] != "$JS" || !(plain || with_domain) || tokens[1] != "ACK") return std::nullopt;
  const std::size_t count = plain ? 4 : 6;
  DeliveryMark mark;
  if (!read_number(tokens[count], mark.count) || !read_number(tokens[count + 1], mark.sequence)) return std::nullopt;
  return mark;
}

std::string from_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t held = 0;
  int bits = 0;
  while (text.ends_with('=')) text.remove_suffix(1);
  for (const char digit : text) {
    const int value = value_of(digit);
    if (value < 0) throw std::runtime_error("read a stored message: what NATS sent is no base64");
    held = held << 6 | static_cast<std::uint32_t>(value);
    if ((bits += 6) < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(held >> bits & 0xff);
  }
  return bytes;
}

}  // namespace assay::nats
