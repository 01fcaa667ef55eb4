#include "checker/history/event-codec.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <string>

#include "checker/history/bytes.hpp"
#include "tests/history/samples.hpp"

using namespace assay;

namespace {

std::string encoded(const Event& event) {
  std::string bytes;
  encode(event, bytes);
  return bytes;
}

std::optional<Event> decoded(std::string_view bytes) { return decode(std::as_bytes(std::span(bytes))); }

// What decode() leaves to its caller.
Event without_origin(Event event) {
  event.process.clear();
  event.incarnation = 0;
  event.trial = 0;
  return event;
}

}  // namespace

TEST_CASE("every kind of event comes back from its bytes with every field") {
  for (const auto& [type, phase] : all_kinds()) {
    const Event full = full_event(type, phase);
    CAPTURE(short_name(full));
    CHECK(decoded(encoded(full)) == without_origin(full));
    const Event bare = bare_event(type, phase);
    CHECK(decoded(encoded(bare)) == without_origin(bare));
  }
}

TEST_CASE("every field comes back alone") {
  for (const Field& field : fields())
    for (const std::int64_t number : {std::int64_t{0}, std::int64_t{1}, std::int64_t{63}, std::int64_t{64},
                                      std::numeric_limits<std::int64_t>::max() - 1, std::numeric_limits<std::int64_t>::max()}) {
      CAPTURE(field.name);
      CAPTURE(number);
      Event event = bare_event(Type::deliver, Phase::none);
      set_field(event, field, number);
      CHECK(decoded(encoded(event)) == without_origin(event));
    }
}

TEST_CASE("the extreme numbers come back") {
  Event event = bare_event(Type::backlog, Phase::none);
  event.n = std::numeric_limits<std::int64_t>::max();
  event.time = std::numeric_limits<std::int64_t>::max();
  event.ready = std::numeric_limits<std::int64_t>::min();
  event.leased = std::numeric_limits<std::int64_t>::max();
  event.delayed = 0;
  event.prepared = -1;
  CHECK(decoded(encoded(event)) == without_origin(event));
}

TEST_CASE("bytes that are not exactly one event are refused") {
  Event event = bare_event(Type::deliver, Phase::none);
  event.message = "m";
  event.redelivered = true;
  const std::string good = encoded(event);
  const std::string head = good.substr(0, good.size() - 5);  // message is 3 bytes, redelivered 2
  REQUIRE(decoded(good) == without_origin(event));
  REQUIRE(decoded(head).has_value());

  const std::string message("\x00\x01m", 3);
  const std::string redelivered("\x0e\x01", 2);
  REQUIRE(head + message + redelivered == good);

  SUBCASE("a field that comes twice") { CHECK_FALSE(decoded(head + message + message)); }
  SUBCASE("fields out of order") { CHECK_FALSE(decoded(head + redelivered + message)); }
  SUBCASE("an unknown field") { CHECK_FALSE(decoded(head + std::string("\x7f\x01", 2))); }
  SUBCASE("an empty text") { CHECK_FALSE(decoded(head + std::string("\x00\x00", 2))); }
  SUBCASE("a flag that is neither") { CHECK_FALSE(decoded(head + std::string("\x0e\x02", 2))); }
  SUBCASE("a text longer than what is left") { CHECK_FALSE(decoded(head + std::string("\x00\x02m", 3))); }
  SUBCASE("a text of nearly 2^64 bytes") {
    CHECK_FALSE(decoded(head + std::string("\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01m", 12)));
  }
  SUBCASE("bytes to spare") { CHECK_FALSE(decoded(good + '\0')); }
  SUBCASE("a varint in more bytes than it needs") {
    CHECK_FALSE(decoded(head + std::string("\x00\x81\x00m", 4)));
    CHECK_FALSE(decoded(head + std::string("\x04\x80\x00", 3)));
  }
  SUBCASE("a varint of more than 64 bits") {
    CHECK_FALSE(decoded(head + std::string("\x04\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11)));
    CHECK_FALSE(decoded(head + std::string("\x04\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00", 12)));
  }
  SUBCASE("a type that does not exist") { CHECK_FALSE(decoded("\x10" + good.substr(1))); }
  SUBCASE("a phase that does not fit the type") { CHECK_FALSE(decoded(good.substr(0, 1) + "\x01" + good.substr(2))); }
  SUBCASE("every cut but those between two fields") {
    for (std::size_t size = 0; size < good.size(); ++size) {
      CAPTURE(size);
      const bool between = size == head.size() || size == head.size() + message.size();
      CHECK(decoded(std::string_view(good).substr(0, size)).has_value() == between);
    }
  }
}

TEST_CASE("whatever decode accepts, encode spells the same way") {
  std::mt19937_64 random(20240717);
  int accepted = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string bytes = encoded(full_event(Type::deliver, Phase::none)).substr(0, random() % 60);
    for (auto changes = random() % 4; changes > 0 && !bytes.empty(); --changes)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto event = decoded(bytes);
    if (!event) continue;
    ++accepted;
    if (encoded(*event) != bytes) FAIL("round " << round << " is spelled in two ways");
  }
  CHECK(accepted > 1000);
}

TEST_CASE("a varint takes what it needs and comes back") {
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, std::uint64_t{16383},
                                    std::uint64_t{16384}, ~std::uint64_t{0} >> 1, ~std::uint64_t{0}}) {
    std::string bytes;
    put_varint(value, bytes);
    ByteReader reader(std::as_bytes(std::span(bytes)));
    CHECK(reader.take_varint() == value);
    CHECK(reader.done());
  }
}

TEST_CASE("the checksum is the low half of XXH3-64") {
  CHECK(checksum({}) == 0x38d394c2);  // XXH3_64bits of nothing is 0x2d06800538d394c2
}
