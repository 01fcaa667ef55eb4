#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "cli/lanes.hpp"
#include "cli/text.hpp"

using namespace assay;

namespace {

constexpr Look drawn{.colour = false, .utf8 = true, .columns = 88};
constexpr Look typed{.colour = false, .utf8 = false, .columns = 80};
constexpr std::size_t all = 100;

// "0.4 consumer-0#1 deliver: delivered, copy 7", an event a line.
Json events_of_story(const std::string& story) {
  Json events = Json::array();
  std::istringstream lines(story);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    double ms = 0;
    std::string who, name, say;
    if (!(words >> ms >> who >> name)) continue;
    std::getline(words >> std::ws, say);
    const auto hash = who.rfind('#');
    name.pop_back();
    events.push_back({{"t_ms", ms}, {"process", who.substr(0, hash)}, {"incarnation", std::stoi(who.substr(hash + 1))}, {"event", name}, {"say", say}});
  }
  return events;
}

Json witness(const std::string& story, const std::string& anomaly = "duplicated") {
  return {{"clause", "no-dup @ committed"}, {"anomaly", anomaly}, {"fault", "kill:producer-0@producer-0:P.sent_before_ack#1"}, {"events", events_of_story(story)}};
}

std::string drawing(const Json& one, const Look& look, std::size_t room = all) {
  return print(lanes({{"system", {{"name", "redis"}}}}, one, room, look), look);
}

const std::string sent_twice = R"(
    0.0 producer-0#1 send.invoke: send, attempt 1001
    0.5 consumer-0#1 deliver: delivered, copy 7, attempt 1001, marked as first
    0.6 consumer-0#1 ack.invoke: ack, delivery 7
    0.9 consumer-0#1 ack.confirmed: ack confirmed, delivery 7
    1.5 harness#1 fault.proof: proof of kill producer-0#1, signal 9, last window P.sent_before_ack
    3.8 producer-0#2 send.invoke: send, attempt 2001
    4.1 consumer-0#1 deliver: delivered, copy 8, attempt 2001, marked as first
    4.2 producer-0#2 send.ok: send answered, attempt 2001, copy 8
    60.7 auditor#1 sink.row: one row in the sink, written by consumer-0#1, position 1
    60.8 auditor#1 sink.row: one row in the sink, written by consumer-0#1, position 2
)";

}  // namespace

TEST_CASE("a column is a process, its lives share it, and arrows carry what an event says") {
  CHECK(drawing(witness(sent_twice), drawn) ==
        R"(         ms   producer-0#1       redis              consumer-0         sink
      0.000   ●─send────────────▶│                  │                  │
      0.500   │                  ●─deliver 7───────▶│                  │
      0.600   │                  │◀─────────ack, ok─●                  │
      1.500   ✗ kill at P.sent_before_ack           │                  │
              ○ #2 restarted     │                  │                  │
      3.800   ●─send again──────▶│                  │                  │
      4.100   │                  ●─deliver 8───────▶│                  │
      4.200   │◀╌╌╌╌╌╌╌╌╌╌╌╌ok 8╌●                  │                  │
     60.700   │                  │          first row, by consumer-0#1 ■
     60.800   │                  │         second row, by consumer-0#1 ■
)");
}

TEST_CASE("without UTF-8 it is drawn in ASCII") {
  CHECK(drawing(witness(sent_twice), typed) ==
        R"(         ms   producer-0#1    redis           consumer-0      sink
      0.000   *--send-------->|               |               |
      0.500   |               *--deliver 7--->|               |
      0.600   |               |<-----ack, ok--*               |
      1.500   x kill at P.sent_before_ack     |               |
              o #2 restarted  |               |               |
      3.800   *--send again-->|               |               |
      4.100   |               *--deliver 8--->|               |
      4.200   |<........ok 8..*               |               |
     60.700   |               |    first row, by consumer-0#1 #
     60.800   |               |   second row, by consumer-0#1 #
)");
}

TEST_CASE("what is paused goes on, what was killed begins anew, what is missing is said") {
  CHECK(drawing(witness(R"(
    0.0 producer-0#1 send.invoke: send
    0.1 producer-0#1 send.ok: send answered, copy 7
    0.3 harness#1 fault.proof: proof of pause consumer-0#1, stopped by signal 19, last window C.received
    0.4 consumer-0#2 deliver: delivered, copy 7, marked as first
    0.5 consumer-0#1 ack.invoke: ack, delivery 7
    0.6 consumer-0#1 ack.refused: ack refused, delivery 7
    0.7 harness#1 fault.proof: proof of kill broker#3, signal 9, last window B.recv
    0.8 consumer-0#1 ack.invoke: ack, delivery 7
    0.9 consumer-0#1 ack.indeterminate: ack: nobody can tell, delivery 7
    9.0 harness#1 drain.end: drain ends, on backlog
)", "lost"), drawn) ==
        R"(         ms   producer-0         redis              consumer-0#1       sink
      0.000   ●─send 7, ok──────▶│                  │                  │
      0.300   │                  │                  ‖ pause after C.received
              │                  │                  ○ #2 started       │
      0.400   │                  ●─deliver 7───────▶│                  │
              │                  │                  ○ #1 goes on       │
      0.500   │                  │◀─────────────ack─●                  │
      0.600   │                  ●╌refused╌╌╌╌╌╌╌╌╌▶│                  │
      0.700   │                  ✗ kill after B.recv│                  │
      0.800   │                   ◀─────────────ack─●                  │
      0.900   │                                     ● ack: nobody can tell, delivery 7
      9.000   drain ends, on backlog                │                  │
              │                                     │                  □ lost
)");
}

TEST_CASE("a protocol's own verb stands on its arrow") {
  auto one = witness(sent_twice);
  one["events"][0]["verb"] = "XADD";
  one["events"][2]["verb"] = "XACK";
  const auto text = drawing(one, drawn);
  CHECK(text.find("●─XADD────────────▶│") != std::string::npos);
  CHECK(text.find("│◀────────────XACK─●") != std::string::npos);
}

TEST_CASE("it finds no place in a narrow terminal, nor with too many lanes") {
  CHECK(lanes({}, witness(sent_twice), all, {.columns = 79}).empty());
  CHECK(lanes({}, witness(""), all, drawn).empty());
  std::string story;
  for (int i = 0; i < 5; ++i) story += "1 consumer-" + std::to_string(i) + "#1 deliver: delivered, copy 7\n";
  CHECK_FALSE(lanes({}, witness(story), all, drawn).empty());  // and the broker's
  CHECK(lanes({}, witness("1 producer-0#1 send.invoke: send\n" + story), all, drawn).empty());
}

TEST_CASE("routine is folded first, and what the passing run has is called so") {
  auto one = witness(sent_twice);
  one["passing"] = {{"events", Json::array({1, 2, 3, 4})}, {"pairs", Json::parse("[[0,0],[1,1],[2,2],[3,3]]")}, {"differs_at", 5}};
  const auto text = drawing(one, drawn, 9);
  CHECK(std::count(text.begin(), text.end(), '\n') == 9);
  CHECK(text.find("⋮ 4 events as without the fault\n") != std::string::npos);
  for (const char* kept : {"✗ kill at", "#2 restarted", "send again", "first row", "second row"}) CHECK(text.find(kept) != std::string::npos);

  for (std::size_t room = 4; room < 11; ++room) {
    const auto fewer = lanes({}, one, room, drawn);
    CHECK(fewer.size() == room);
    CHECK(fewer.back().text.find("second row") != std::string::npos);
  }
}

TEST_CASE("the anomaly is painted and so is the fault, not the lanes beside them") {
  const Look colourful{.colour = true, .utf8 = false, .columns = 80};
  const auto text = drawing(witness(sent_twice), colourful);
  CHECK(text.find("\x1b[1;38;5;202mx kill at P.sent_before_ack\x1b[0m     |") != std::string::npos);
  CHECK(text.find("|    \x1b") == std::string::npos);
  CHECK(text.find("\x1b[1;38;5;202msecond row, by consumer-0#1 #\x1b[0m\n") != std::string::npos);
  CHECK(text.find("\x1b[1;38;5;202mfirst row") == std::string::npos);
}

TEST_CASE("whatever names and copies hold, every row keeps its width and no byte of theirs is obeyed") {
  const std::string attack = "\x1b[2J\x07\xe2\x80\xae語語語語語語語語語語語語語語語語語語語";
  auto one = witness(sent_twice);
  for (auto& event : one["events"]) {
    event["say"] = event["say"].get<std::string>() + ", copy " + attack + ", written by " + attack;
    event["verb"] = attack;
  }
  one["events"][4]["say"] = "proof of kill " + attack + "#1, last window " + attack;
  one["fault"] = attack;
  for (const int columns : {80, 88})
    for (const bool utf8 : {true, false}) {
      const Look look{.colour = false, .utf8 = utf8, .columns = columns};
      const auto lines = lanes({{"system", {{"name", attack}}}}, one, all, look);
      REQUIRE_FALSE(lines.empty());
      for (const auto& line : lines) {
        CHECK(columns_of(line.text) <= columns);
        CHECK(printable(line.text) == line.text);
        if (!utf8) CHECK(std::all_of(line.text.begin(), line.text.end(), [](char c) { return c >= ' ' && c <= '~'; }));
      }
    }
}
