// The letters of T4 (CONTRACTS 3.3) as far as roles decide them: a fake system
// that loses nothing, an incarnation killed or stopped at each window of its
// second message, and a successor that does the rest.
//
//     -  every part once    D  some twice    L  some are missing    T  of a message some parts and not all
//     A  of a transaction that was not committed    .  no such window
#include <doctest/doctest.h>

#include <map>
#include <set>
#include <sstream>

#include "tests/roles/incarnation.hpp"

using namespace assay;

namespace {

enum class Reader { of_committed, of_all };

struct Strategy {
  std::string role;
  Reader reader = Reader::of_committed;
  bool fences = true;
};

const std::vector<Strategy> strategies{{"offset-before-produce"},
                                       {"offset-after-produce"},
                                       {"transaction-offset-outside-before"},
                                       {"transaction-offset-outside-after"},
                                       {"transaction-with-offsets"},
                                       {"transaction-with-offsets", Reader::of_all},
                                       {"transaction-with-offsets", Reader::of_committed, false}};
const char* const t4 = R"(
crash K.polled                          -   -  -  -  -  -   -
crash K.begun                           .   .  -  -  -  -   -
crash K.offset_committed_before_produce L   .  .  .  .  .   .
crash K.produced_1                      LT  D  L  -  -  AD  -
crash K.produced_2                      -   D  L  -  -  AD  -
crash K.offset_committed                .   -  .  .  .  .   .
crash K.offsets_in_txn                  .   .  .  .  -  AD  -
crash K.offset_committed_outside        .   .  L  -  .  .   .
crash K.txn_committed                   .   .  -  D  -  -   -
pause K.polled                          D   D  -  -  -  -   D
pause K.begun                           .   .  -  -  -  -   D
pause K.produced_1                      -   D  L  -  -  AD  D
pause K.produced_2                      -   D  L  -  -  AD  D
pause K.offsets_in_txn                  .   .  .  .  -  AD  D
pause K.txn_committed                   .   .  -  D  -  -   -
)";

const std::vector<std::string> messages{"4/producer-0/1", "4/producer-0/2", "4/producer-0/3"};

std::string letters_of(const FakeSystem& system, Reader reader) {
  std::map<std::string, std::map<std::int64_t, int>> counts;
  const auto committed = system.sent_on(true), seen = system.sent_on(reader == Reader::of_committed);
  for (const auto& row : seen) ++counts[row.message][row.part];
  std::string letters;
  const auto some = [&](const std::string& letter, auto holds) {
    for (const auto& message : messages)
      if (holds(counts[message])) {
        letters += letter;
        return;
      }
  };
  if (seen.size() > committed.size()) letters += "A";
  some("D", [](auto& parts) { return parts[1] > 1 || parts[2] > 1; });
  some("L", [](auto& parts) { return parts[1] == 0 || parts[2] == 0; });
  some("T", [](auto& parts) { return (parts[1] == 0) != (parts[2] == 0); });
  return letters.empty() ? "-" : letters;
}

AgentConfiguration consumer(const Bench& bench, const std::string& role, std::int64_t incarnation) {
  AgentConfiguration configuration = bench.consumer(incarnation);
  configuration.role = role;
  return configuration;
}

void store_messages(Bench& bench) {
  for (const std::string& message : messages + Lines{"4/producer-0/end"})
    bench.system.arrivals.push_back(
        {.opened = std::nullopt, .delivery = delivery_of(bench.consumer(), message, message.substr(message.rfind('/') + 1))});
}

std::string outcome(const std::string& kind, Window window, const Strategy& strategy) {
  Bench bench;
  bench.system.fences = strategy.fences;
  store_messages(bench);
  Incarnation first(bench, consumer(bench, strategy.role, 1));
  first.arm(window, 2);
  first.configure_and_go();
  kind == "crash" ? first.await_stop_and_kill() : first.await_stop();
  CHECK(first.recording().last_window == window);
  consume_all(bench, consumer(bench, strategy.role, 2));
  if (kind == "pause") {
    first.go_on();
    first.say({{"type", "bye"}});
    CHECK(first.await_exit() == 0);
    CHECK(first.errors() == "");
  }
  return letters_of(bench.system, strategy.reader);
}

}  // namespace

TEST_CASE("T4: what a fault at each window of a consumer that sends on leaves in its output") {
  std::istringstream lines(t4);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    std::istringstream words(line);
    std::string kind, window, letters;
    words >> kind >> window;
    for (const auto& strategy : strategies) {
      REQUIRE(static_cast<bool>(words >> letters));
      CAPTURE(kind + " @ " + window + ": " + strategy.role);
      if (letters != ".") CHECK(outcome(kind, *window_named(window), strategy) == letters);
    }
  }
}
