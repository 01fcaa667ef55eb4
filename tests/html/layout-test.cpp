#include <doctest/doctest.h>

#include <sstream>

#include "cli/html/lives.hpp"

using namespace assay;
using namespace assay::html;

namespace {

// A line an event: "MS PROCESS INCARNATION EVENT WHAT IT SAYS".
Json events(const std::string& story) {
  Json list = Json::array();
  std::istringstream lines(story);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    double ms = 0;
    std::string process, event, say;
    std::int64_t incarnation = 0;
    if (!(words >> ms >> process >> incarnation >> event)) continue;
    std::getline(words >> std::ws, say);
    list.push_back({{"t_ms", ms},
                    {"process", process},
                    {"incarnation", incarnation},
                    {"event", event},
                    {"say", say},
                    {"file", "f"},
                    {"record", 1}});
  }
  return list;
}

const char* const killed = R"(
    0 producer-0 1 send.invoke send
    1 producer-0 1 send.ok send answered
    2 consumer-0 1 deliver delivered
    3 harness 1 fault.proof proof of kill consumer-0#1, signal 9, last window C.effect_before_ack
    4 consumer-0 2 deliver delivered
    90 auditor 1 sink.row one row in the sink, written by consumer-0#1
)";

Lane consumer(std::int64_t incarnation) { return {Station::consumer, "consumer-0", incarnation}; }
const Lane producer{Station::producer, "producer-0", 1};

Row both(std::size_t here, std::size_t there) { return {.here = here, .there = there}; }
Row here(std::size_t index) { return {.here = index, .there = {}}; }

std::vector<Life> lives(const Json& witness) {
  const auto rows = rows_of(witness, Beside::nothing);
  return lives_of(placed(rows, witness["events"], &Row::here), static_cast<int>(rows.size()), {});
}

Json witness_of(const std::string& story) { return {{"events", events(story)}}; }

Json beside_another(const char* other, const Json& pairs, const Json& differs_at) {
  Json witness = witness_of(killed);
  witness["passing"] = {{"events", events(other)}, {"pairs", pairs}, {"differs_at", differs_at}};
  return witness;
}

}  // namespace

TEST_CASE("every event has a row, and a long silence has one, too") {
  const auto rows = rows_of(witness_of(killed), Beside::nothing);
  CHECK(rows == std::vector<Row>{here(0), here(1), here(2), here(3), here(4), Row{.quiet_ms = 86}, here(5)});
}

TEST_CASE("events that two runs share stand beside each other, and what only one has goes between") {
  const char* const passing = R"(
      0 producer-0 1 send.invoke send
      1 producer-0 1 send.ok send answered
      2 consumer-0 1 deliver delivered
      3 consumer-0 1 ack.invoke ack
      4 consumer-0 1 ack.confirmed ack confirmed
      5 auditor 1 sink.row one row in the sink
  )";
  SUBCASE("the report says where they part") {
    auto rows = rows_of(beside_another(passing, {{0, 0}, {1, 1}, {2, 2}, {5, 5}}, 4), Beside::passing);
    Row differs = both(4, 4);
    differs.differs = true;
    CHECK(rows ==
          std::vector<Row>{both(0, 0), both(1, 1), both(2, 2), both(3, 3), differs, Row{.quiet_ms = 86}, both(5, 5)});
  }
  SUBCASE("the report does not say: it is what only the passing run has") {
    const auto rows = rows_of(beside_another(passing, {{0, 0}, {1, 1}, {2, 2}, {4, 5}}, nullptr), Beside::passing);
    CHECK(rows[3].differs);
    CHECK(rows[3].there == std::optional<std::size_t>(3));
  }
  SUBCASE("pairs that would cross are not drawn as pairs, and nonsense is no pair") {
    const auto rows = rows_of(beside_another(passing, {{0, 3}, {1, 1}, {77, 4}, {2}, "x"}, nullptr), Beside::passing);
    CHECK(rows[0].there == std::optional<std::size_t>(0));
    CHECK(rows[3] == both(0, 3));
  }
  SUBCASE("nobody asked for the other run") {
    CHECK(rows_of(beside_another(passing, {{0, 0}}, nullptr), Beside::nothing)[0] == here(0));
  }
}

TEST_CASE("a long witness is folded in its middle") {
  Json witness = witness_of(killed);
  while (witness["events"].size() < 100) witness["events"].insert(witness["events"].begin(), witness["events"][0]);
  const auto rows = rows_of(witness, Beside::nothing);
  REQUIRE(rows.size() == most_rows);
  CHECK(rows[20] == Row{.folded = 62});
  CHECK(rows.back() == here(99));
}

TEST_CASE("lanes stand in the order of a message's path, and a killed one ends at its cross") {
  CHECK(lives(witness_of(killed)) == std::vector<Life>{
                                         {producer, {{-1, 7, false}}, {}, {}},
                                         {broker_lane(), {{-1, 7, false}}, {}, {}},
                                         {consumer(1), {{-1, 3, false}}, {}, {3}},
                                         {consumer(2), {{4, 7, false}}, {4}, {}},
                                         {sink_lane(), {{-1, 7, false}}, {}, {}},
                                     });
}

TEST_CASE("a paused lane is dashed until it goes on") {
  const auto paused = lives(witness_of(R"(
      0 consumer-0 1 deliver delivered
      1 harness 1 fault.do pause consumer-0, at consumer-0:C.received#1
      2 harness 1 fault.proof proof of pause consumer-0#1, stopped by signal 19, last window C.received
      3 consumer-0 2 deliver delivered
      4 consumer-0 1 ack.invoke ack, delivery 1
  )"));
  CHECK(paused[1] == Life{consumer(1), {{-1, 2, false}, {2, 4, true}, {4, 5, false}}, {}, {}});
}

TEST_CASE("a broker that was killed is back once it is heard of again") {
  const auto back = lives(witness_of(R"(
      0 producer-0 1 send.invoke send
      1 harness 1 fault.proof proof of kill broker#3, signal 9, last window B.recv
      2 harness 1 fault.heal kill broker is over
      3 consumer-0 1 deliver delivered
  )"));
  CHECK(back[1] == Life{broker_lane(), {{-1, 1, false}, {2, 4, false}}, {2}, {1}});
}

TEST_CASE("of too many lanes those with the most events stay") {
  std::string story = killed;
  for (int i = 1; i < 12; ++i)
    story += std::to_string(100 + i) + " consumer-" + std::to_string(i) + " 1 deliver delivered\n";
  const auto kept = lives(witness_of(story));
  REQUIRE(kept.size() == most_lanes);
  CHECK(kept.front().lane == producer);
  CHECK(std::find_if(kept.begin(), kept.end(), [](const Life& life) { return life.lane == broker_lane(); }) !=
        kept.end());
}

TEST_CASE("an event goes where its kind goes, and one whose end nobody knows goes nowhere") {
  const auto hop = [](const std::string& line) { return hop_of(events("0 " + line)[0]); };
  CHECK(hop("producer-0 1 send.invoke") == std::optional(Hop{producer, broker_lane(), false}));
  CHECK(hop("producer-0 1 send.ok") == std::optional(Hop{broker_lane(), producer, true}));
  CHECK(hop("consumer-0 2 deliver") == std::optional(Hop{broker_lane(), consumer(2), false}));
  CHECK(hop("consumer-0 2 ack.refused") == std::optional(Hop{broker_lane(), consumer(2), true}));
  CHECK(hop("consumer-0 2 effect.begin") == std::optional(Hop{consumer(2), sink_lane(), false}));
  CHECK(hop("producer-0 1 send.indeterminate") == std::nullopt);
  CHECK(hop("consumer-0 1 ack.unconfirmed") == std::nullopt);
  CHECK(hop("auditor 1 sink.row") == std::nullopt);
  CHECK(hop("harness 1 drain.end") == std::nullopt);
}

TEST_CASE("what a fault is about is read from its words") {
  const auto strike = [](const std::string& line) { return strike_of(events("0 harness 1 " + line)[0]); };
  using enum Strike::Phase;
  CHECK(strike("fault.do kill consumer-0, at consumer-0:C.effect_before_ack#3") ==
        std::optional(Strike{act, "kill", consumer(0)}));
  CHECK(strike("fault.proof proof of pause consumer-0#1, stopped by signal 19") ==
        std::optional(Strike{proof, "pause", consumer(1)}));
  CHECK(strike("fault.heal kill broker is over") == std::optional(Strike{heal, "kill", broker_lane()}));
  CHECK(strike("process.start consumer-0#2 started, ready") ==
        std::optional(Strike{Strike::Phase::life, "start", consumer(2)}));
  CHECK(strike("process.start started") == std::nullopt);
  CHECK(strike("fault.plan plan: kill broker") == std::nullopt);
  CHECK(strike("drain.end drain ends, on backlog") == std::nullopt);
}
