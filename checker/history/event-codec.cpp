#include "checker/history/event-codec.hpp"

#include <cassert>
#include <cstring>
#include <iterator>
#include <type_traits>
#include <utility>
#include <variant>

#include "checker/history/bytes.hpp"
#include "checker/history/field-table.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace assay {
namespace {

constexpr std::size_t field_count = std::size(field_table);
static_assert(field_count < 0x80, "a field's number is one byte");

constexpr std::size_t event_overhead_bytes = 2 + 2 * varint_limit_bytes + field_count * (1 + varint_limit_bytes);

// The members are constants here, so that an empty field costs one comparison:
// recording must be cheaper than what it observes.
template <std::size_t number>
char* write_field(const Event& event, char* to) {
  constexpr auto member = field_table[number].member;
  if constexpr (std::holds_alternative<Field::Text>(member)) {
    const std::string& text = event.*std::get<Field::Text>(member);
    if (text.empty()) return to;
    *to++ = static_cast<char>(number);
    to = write_varint(text.size(), to);
    std::memcpy(to, text.data(), text.size());
    return to + text.size();
  } else if constexpr (std::holds_alternative<Field::Number>(member)) {
    const auto& value = event.*std::get<Field::Number>(member);
    if (!value) return to;
    *to++ = static_cast<char>(number);
    return write_varint(zigzag(*value), to);
  } else {
    const auto& value = event.*std::get<Field::Flag>(member);
    if (!value) return to;
    *to++ = static_cast<char>(number);
    *to++ = *value ? 1 : 0;
    return to;
  }
}

template <std::size_t number>
std::size_t text_bytes(const Event& event) {
  constexpr auto member = field_table[number].member;
  if constexpr (std::holds_alternative<Field::Text>(member))
    return (event.*std::get<Field::Text>(member)).size();
  else
    return 0;
}

template <std::size_t... numbers>
std::size_t limit_bytes(const Event& event, std::index_sequence<numbers...>) {
  return event_overhead_bytes + (text_bytes<numbers>(event) + ...);
}

template <std::size_t... numbers>
char* write_fields(const Event& event, char* to, std::index_sequence<numbers...>) {
  ((to = write_field<numbers>(event, to)), ...);
  return to;
}

bool take(ByteReader& bytes, std::string& text) {
  const auto value = bytes.take_text();
  if (!value || value->empty()) return false;
  text = *value;
  return true;
}

bool take(ByteReader& bytes, std::optional<std::int64_t>& number) {
  const auto value = bytes.take_varint();
  if (!value) return false;
  number = unzigzag(*value);
  return true;
}

bool take(ByteReader& bytes, std::optional<bool>& flag) {
  const auto value = bytes.take_byte();
  if (!value || *value > 1) return false;
  flag = *value == 1;
  return true;
}

}  // namespace

void encode(const Event& event, std::string& out) { encode(event, event.n, event.time, out); }

void encode(const Event& event, std::int64_t n, std::int64_t time, std::string& out) {
  assert(fits(event.type, event.phase));
  constexpr std::make_index_sequence<field_count> all_fields;
  const std::size_t before = out.size();
  out.resize(before + limit_bytes(event, all_fields));

  char* to = out.data() + before;
  *to++ = static_cast<char>(event.type);
  *to++ = static_cast<char>(event.phase);
  to = write_varint(static_cast<std::uint64_t>(n), to);
  to = write_varint(static_cast<std::uint64_t>(time), to);
  to = write_fields(event, to, all_fields);
  out.resize(static_cast<std::size_t>(to - out.data()));
}

std::optional<Event> decode(std::span<const std::byte> body) {
  ByteReader bytes(body);
  const auto type = bytes.take_byte();
  const auto phase = bytes.take_byte();
  const auto n = bytes.take_varint();
  const auto time = bytes.take_varint();
  if (!type || !phase || !n || !time) return std::nullopt;
  if (!fits(static_cast<Type>(*type), static_cast<Phase>(*phase))) return std::nullopt;

  std::optional<Event> event(std::in_place);
  event->type = static_cast<Type>(*type);
  event->phase = static_cast<Phase>(*phase);
  event->n = static_cast<std::int64_t>(*n);
  event->time = static_cast<std::int64_t>(*time);

  // Fields stand in rising order, so none comes twice.
  for (std::size_t next = 0; !bytes.done();) {
    const std::size_t number = *bytes.take_byte();
    if (number < next || number >= field_count) return std::nullopt;
    const bool taken = std::visit([&](auto member) { return take(bytes, *event.*member); }, field_table[number].member);
    if (!taken) return std::nullopt;
    next = number + 1;
  }
  return event;
}

std::uint32_t checksum(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(XXH3_64bits(bytes.data(), bytes.size()));
}

}  // namespace assay
