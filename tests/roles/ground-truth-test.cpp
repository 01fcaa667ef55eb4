// The letters of T1 and T3 (CONTRACTS 3.3) as far as roles decide them: a fake
// system that loses nothing, an incarnation killed or stopped at each window of
// its second message, and a successor that does the rest.
//
//     -  every message once     D  some of them twice     L, u  some are missing
//     .  the role never passes this window
#include <doctest/doctest.h>

#include <map>
#include <set>
#include <sstream>

#include "agents/sink/sink.hpp"
#include "tests/roles/incarnation.hpp"

using namespace assay;

namespace {

const std::vector<std::string> producers{"send-once-cursor-first", "send-once-cursor-after", "retry-until-acknowledged",
                                         "retry-with-sequence", "retry-with-stable-id"};
const char* const t1 = R"(
crash P.before_cursor          -  .  .  .  .
crash P.cursor_before_send     u  .  .  .  .
crash P.before_send            .  -  -  -  -
crash P.sent_before_ack        -  D  D  D  -
crash P.acked_before_cursor    .  D  D  D  -
crash P.acked                  -  .  .  .  .
crash P.cursor_saved           .  -  -  -  -
crash B.recv                   u  u  -  -  -
crash B.durable_before_reply   -  -  D  -  -
pause P.before_cursor          D  .  .  .  .
pause P.cursor_before_send     -  .  .  .  .
pause P.before_send            .  D  D  D  -
pause P.sent_before_ack        -  D  D  D  -
pause P.acked_before_cursor    .  D  D  D  -
pause P.acked                  -  .  .  .  .
pause P.cursor_saved           .  -  -  -  -
)";

const std::vector<std::string> consumers{
    "acknowledge-before-process", "acknowledge-before-process-fenced", "acknowledge-after-process",
    "idempotent-upsert", "dedup-mark-first", "dedup-effect-first", "dedup-volatile", "inbox-check-then-act",
    "inbox-atomic"};
const char* const t3 = R"(
crash C.received                 -  -  -  -  -  -  -  -  -
crash C.acked_before_effect      L  L  .  .  .  .  .  .  .
crash C.effect_done              -  -  .  .  .  .  .  .  .
crash C.marked_before_effect     .  .  .  .  L  .  .  .  .
crash C.tx_open                  .  .  .  .  .  .  .  -  -
crash C.effect_before_mark       .  .  .  .  .  D  D  .  .
crash C.effect_before_ack        .  .  D  -  -  .  .  .  .
crash C.marked_before_ack        .  .  .  .  .  -  D  .  .
crash C.tx_committed_before_ack  .  .  .  .  .  .  .  -  -
crash C.acked                    .  .  -  -  -  -  -  -  -
crash B.ack_recv                 -  -  D  -  -  -  -  -  -
crash B.ack_durable_before_reply L  L  -  -  -  -  -  -  -
pause C.received                 D  -  D  -  -  -  D  -  -
pause C.acked_before_effect      -  -  .  .  .  .  .  .  .
pause C.effect_done              -  -  .  .  .  .  .  .  .
pause C.marked_before_effect     .  .  .  .  -  .  .  .  .
pause C.tx_open                  .  .  .  .  .  .  .  D  -
pause C.effect_before_mark       .  .  .  .  .  D  D  .  .
pause C.effect_before_ack        .  .  D  -  -  .  .  .  .
pause C.marked_before_ack        .  .  .  .  .  -  D  .  .
pause C.tx_committed_before_ack  .  .  .  .  .  .  .  -  -
pause C.acked                    .  .  -  -  -  -  -  -  -
)";

struct Row {
  std::string kind, window;
  std::vector<std::string> letters;
};

std::vector<Row> rows(const char* table) {
  std::vector<Row> all;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    Row row;
    std::istringstream words(line);
    words >> row.kind >> row.window;
    for (std::string letter; words >> letter;) row.letters.push_back(letter);
    all.push_back(row);
  }
  return all;
}

const std::vector<std::string> messages{"4/producer-0/1", "4/producer-0/2", "4/producer-0/3"};

std::string letter(const std::map<std::string, int>& counts, const std::string& missing) {
  std::set<std::string> letters;
  for (const std::string& message : messages) {
    const auto found = counts.find(message);
    if (found == counts.end()) letters.insert(missing);
    if (found != counts.end() && found->second > 1) letters.insert("D");
  }
  std::string all;
  for (const std::string& one : letters) all += one;
  return all.empty() ? "-" : all;
}

// --- T1 ---

AgentConfiguration producer(const Bench& bench, const std::string& role, std::int64_t incarnation) {
  AgentConfiguration configuration = bench.producer(incarnation);
  configuration.role = role;
  return configuration;
}

// What a system that stores each identity once would have.
std::string stored_letter(const Bench& bench) {
  std::map<std::string, int> counts;
  std::set<std::string> identities;
  for (const std::string& line : bench.stored()) {
    std::istringstream words(line);
    std::string message, attempt, identity;
    words >> message >> attempt >> identity;
    if (identity.empty() || identities.insert(identity).second) ++counts[message];
  }
  return letter(counts, "u");
}

std::string outcome_of_producer(const Row& row, const std::string& role) {
  Bench bench;
  if (row.window.starts_with("B.")) {  // the producer lives, the broker goes
    bench.system.fates = {Fate::answered, row.window == "B.recv" ? Fate::dropped : Fate::cut_off};
    produce_all(bench, producer(bench, role, 1));
    return stored_letter(bench);
  }
  Incarnation first(bench, producer(bench, role, 1));
  first.arm(*window_named(row.window), 2);
  first.configure_and_go();
  row.kind == "crash" ? first.await_stop_and_kill() : first.await_stop();
  CHECK(first.recording().last_window == window_named(row.window));
  produce_all(bench, producer(bench, role, 2));
  if (row.kind == "pause") {
    first.go_on();
    first.heard("done");
    first.say({{"type", "bye"}});
    CHECK(first.await_exit() == 0);
  }
  return stored_letter(bench);
}

// --- T3 ---

AgentConfiguration consumer(const Bench& bench, const std::string& role, std::int64_t incarnation) {
  AgentConfiguration configuration = bench.consumer(incarnation);
  configuration.role = role;
  return configuration;
}

// Every copy comes once more if it is not acked by then.
void store_messages(Bench& bench) {
  for (const std::string& message : messages + Lines{"4/producer-0/end"}) {
    const Delivery delivery = delivery_of(bench.consumer(), message, message.substr(message.rfind('/') + 1));
    bench.system.arrivals.insert(bench.system.arrivals.end(), 2, {.opened = std::nullopt, .delivery = delivery});
  }
}

std::string effect_letter(const Bench& bench) {
  std::map<std::string, int> counts;
  Sink(bench.consumer().sink).scan([&](const SinkRow& row) { ++counts[row.message]; });
  return letter(counts, "L");
}

std::string outcome_of_consumer(const Row& row, const std::string& role, bool fenced_system) {
  Bench bench;
  bench.system.fenced = fenced_system;
  store_messages(bench);
  if (row.window.starts_with("B.")) {
    bench.system.acks = {AckOutcome::confirmed, AckOutcome::indeterminate};
    bench.system.unanswered_acks_count = row.window == "B.ack_durable_before_reply";
    consume_all(bench, consumer(bench, role, 1));
    return effect_letter(bench);
  }
  Incarnation first(bench, consumer(bench, role, 1));
  first.arm(*window_named(row.window), 2);
  first.configure_and_go();
  row.kind == "crash" ? first.await_stop_and_kill() : first.await_stop();
  CHECK(first.recording().last_window == window_named(row.window));
  consume_all(bench, consumer(bench, role, 2));
  if (row.kind == "pause") {
    first.go_on();
    first.say({{"type", "bye"}});
    CHECK(first.await_exit() == 0);
    CHECK(first.errors() == "");
  }
  return effect_letter(bench);
}

}  // namespace

TEST_CASE("T1: what a fault at each window of a producer leaves in the system") {
  std::map<std::string, Recording> undisturbed;
  for (const std::string& role : producers) {
    Bench bench;
    undisturbed.emplace(role, produce_all(bench, producer(bench, role, 1)));
  }
  for (const Row& row : rows(t1)) {
    REQUIRE(row.letters.size() == producers.size());
    for (std::size_t i = 0; i < producers.size(); ++i) {
      CAPTURE(row.kind + " @ " + row.window + ": " + producers[i]);
      if (row.letters[i] == ".") {
        CHECK_FALSE(undisturbed.at(producers[i]).hits.contains(*window_named(row.window)));
      } else {
        CHECK(outcome_of_producer(row, producers[i]) == row.letters[i]);
      }
    }
  }
}

TEST_CASE("T3: what a fault at each window of a consumer leaves in the sink") {
  std::map<std::string, Recording> undisturbed;
  for (const std::string& role : consumers) {
    Bench bench;
    store_messages(bench);
    undisturbed.emplace(role, consume_all(bench, consumer(bench, role, 1)));
  }
  for (const Row& row : rows(t3)) {
    REQUIRE(row.letters.size() == consumers.size());
    for (std::size_t i = 0; i < consumers.size(); ++i) {
      CAPTURE(row.kind + " @ " + row.window + ": " + consumers[i]);
      if (row.letters[i] == ".") {
        CHECK_FALSE(undisturbed.at(consumers[i]).hits.contains(*window_named(row.window)));
      } else {
        CHECK(outcome_of_consumer(row, consumers[i], true) == row.letters[i]);
      }
    }
  }
}

TEST_CASE("to ask for a yes helps only where a stale ack is refused") {
  const Row pause{"pause", "C.received", {}};
  CHECK(outcome_of_consumer(pause, "acknowledge-before-process-fenced", true) == "-");
  CHECK(outcome_of_consumer(pause, "acknowledge-before-process-fenced", false) == "D");
  CHECK(outcome_of_consumer(pause, "acknowledge-before-process", false) == "D");
}
