// Roles that give deliveries back, and the producer that sends twice on purpose.
#include <doctest/doctest.h>

#include <algorithm>

#include "agents/sink/sink.hpp"
#include "checker/history/payload.hpp"
#include "tests/roles/incarnation.hpp"

using namespace assay;

namespace {

const std::string m1 = "4/producer-0/1", m2 = "4/producer-0/2", last = "4/producer-0/end";

Lines consumed(Bench& bench, const std::string& role) {
  for (const std::string& message : {m1, m2, last})
    bench.system.arrivals.push_back(
        {.opened = std::nullopt,
         .delivery = delivery_of(bench.consumer(), message, std::to_string(bench.system.arrivals.size() + 1))});
  auto configuration = bench.consumer();
  configuration.role = role;
  configuration.reject_every = 2;
  return story(consume_all(bench, configuration));
}

bool holds(const Lines& lines, const Lines& part) {
  return std::search(lines.begin(), lines.end(), part.begin(), part.end()) != lines.end();
}

std::size_t count(const Lines& lines, const std::string& start) {
  return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const auto& l) { return l.starts_with(start); }));
}

std::vector<std::string> messages_in_sink(const Bench& bench) {
  std::vector<std::string> messages;
  Sink(bench.consumer().sink).scan([&](const SinkRow& row) { messages.push_back(row.message); });
  return messages;
}

}  // namespace

TEST_CASE("reject-some rejects every n-th message for good and processes the others") {
  Bench bench;
  const auto lines = consumed(bench, "reject-some");
  CHECK(holds(lines, {"ack.invoke copy=orders/2 session=s1 tag=2 kind=reject", "~ reject 2",
                      "ack.confirmed copy=orders/2 session=s1 tag=2 kind=reject"}));
  CHECK(messages_in_sink(bench) == std::vector<std::string>{m1, last});  // a marker is nobody's message
}

TEST_CASE("give-back-some gives it back to be given again") {
  Bench bench;
  const auto lines = consumed(bench, "give-back-some");
  CHECK(holds(lines, {"ack.invoke copy=orders/2 session=s1 tag=2 kind=nack", "~ give back 2",
                      "ack.confirmed copy=orders/2 session=s1 tag=2 kind=nack"}));
  CHECK(messages_in_sink(bench) == std::vector<std::string>{m1, last});
}

TEST_CASE("the producer that sends twice gives both attempts one id, and records what the system had before") {
  Bench bench;
  bench.system.duplicates = {2, 4, 6};
  auto configuration = bench.producer();
  configuration.role = "send-twice-with-stable-id";
  const auto lines = story(produce_all(bench, configuration));
  const auto stored = bench.stored();
  REQUIRE(stored.size() >= 6);
  CHECK(stored[0] == "4/producer-0/1 1001 id=4/producer-0/1");
  CHECK(stored[1] == "4/producer-0/1 1002 id=4/producer-0/1");
  CHECK(stored[2] == "4/producer-0/2 1001 id=4/producer-0/2");
  CHECK(std::count_if(lines.begin(), lines.end(), [](const auto& l) { return l.ends_with("duplicate=yes"); }) == 3);
}

TEST_CASE("it sends an unanswered message until it is answered, both times") {
  Bench bench;
  bench.system.fates = {Fate::cut_off, Fate::answered, Fate::dropped, Fate::answered};
  auto configuration = bench.producer();
  configuration.role = "send-twice-with-stable-id";
  configuration.messages = 1;
  const auto lines = story(produce_all(bench, configuration));
  CHECK(count(lines, "send.invoke message=4/producer-0/1 ") == 4);
}

TEST_CASE("some are sent once more when the window has passed since the last answer") {
  Bench bench;
  auto configuration = bench.producer();
  configuration.role = "send-twice-with-stable-id";
  configuration.messages = 5;
  configuration.dedup_window_ms = 200;
  const auto recording = produce_all(bench, configuration);
  std::vector<std::int64_t> fourth, answers;
  for (const auto& event : recording.events) {
    if (event.type == Type::send && event.phase == Phase::invoke && event.message == "4/producer-0/4") fourth.push_back(event.time);
    if (event.type == Type::send && event.phase == Phase::ok && event.message == "4/producer-0/5") answers.push_back(event.time);
  }
  REQUIRE(fourth.size() == 3);
  REQUIRE(answers.size() == 2);
  CHECK(fourth[2] - answers[1] >= 200'000'000);
}
