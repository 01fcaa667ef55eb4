// What tells the roles apart where something goes wrong: no answer, a refusal,
// the same message once more.
#include <doctest/doctest.h>

#include <map>

#include "agents/roles/cursor.hpp"
#include "agents/sink/sink.hpp"
#include "checker/history/payload.hpp"
#include "tests/roles/incarnation.hpp"

using namespace assay;
using nlohmann::json;

namespace {

using Hits = std::map<Window, std::int64_t>;

AgentConfiguration in_role(AgentConfiguration configuration, const std::string& role) {
  configuration.role = role;
  return configuration;
}

std::int64_t cursor(const Bench& bench) { return Cursor(bench.producer().cursor).read(); }

Lines only(const Lines& lines, const std::string& type) {
  Lines some;
  for (const std::string& line : lines)
    if (line.starts_with(type)) some.push_back(line.substr(0, line.find(" key=")));
  return some;
}

// The agent's last words, at `configure` already.
std::string refusal(Bench& bench, const AgentConfiguration& configuration) {
  Incarnation agent(bench, configuration);
  agent.heard("hello");
  auto configure = to_json(configuration);
  configure["type"] = "configure";
  agent.say(configure);
  const std::string line = agent.heard("error").at("line");
  CHECK(agent.await_exit() == 70);
  return line;
}

const std::string m1 = "4/producer-0/1", m2 = "4/producer-0/2", last = "4/producer-0/end";

void arrive(Bench& bench, const Lines& messages) {
  for (const std::string& message : messages) {
    const std::string tag = std::to_string(bench.system.arrivals.size() + 1);
    bench.system.arrivals.push_back({.opened = std::nullopt, .delivery = delivery_of(bench.consumer(), message, tag)});
  }
}

// MESSAGE@POSITION
Lines sink_rows(const Bench& bench) {
  Lines rows;
  Sink(bench.consumer().sink).scan([&](const SinkRow& row) {
    rows.push_back(row.message + "@" + std::to_string(row.position));
  });
  return rows;
}

}  // namespace

TEST_CASE("a producer that sends once goes on after a send without an answer") {
  Bench bench;
  bench.system.fates = {Fate::answered, Fate::silent};
  AgentConfiguration configuration = bench.producer();
  configuration.request_timeout_ms = 30;
  const Lines sends{"send.invoke message=4/producer-0/1", "send.ok message=4/producer-0/1 attempt=1001 copy=copy/1",
                    "send.invoke message=4/producer-0/2",
                    "send.indeterminate message=4/producer-0/2 attempt=1001 error=no answer within 30 ms",
                    "send.invoke message=4/producer-0/3", "send.ok message=4/producer-0/3 attempt=1001 copy=copy/3"};
  SUBCASE("cursor first") {
    const Recording recording = produce_all(bench, in_role(configuration, "send-once-cursor-first"));
    CHECK(only(story(recording), "send.") == sends);
    CHECK(recording.hits == Hits{{Window::p_before_cursor, 3}, {Window::p_cursor_before_send, 3},
                                 {Window::p_sent_before_ack, 2}, {Window::p_acked, 2}});
  }
  SUBCASE("cursor after: the next answer covers both") {
    const Recording recording = produce_all(bench, in_role(configuration, "send-once-cursor-after"));
    CHECK(only(story(recording), "send.") == sends);
    CHECK(recording.hits == Hits{{Window::p_before_send, 3}, {Window::p_sent_before_ack, 2},
                                 {Window::p_acked_before_cursor, 2}, {Window::p_cursor_saved, 2}});
  }
  CHECK(cursor(bench) == 3);
  CHECK(bench.stored() == Lines{"4/producer-0/1 1001", "4/producer-0/2 1001", "4/producer-0/3 1001"});
}

TEST_CASE("cursor after: an incarnation that comes before the next answer sends the unanswered one again") {
  Bench bench;
  bench.system.fates = {Fate::answered, Fate::cut_off};
  {
    Incarnation producer(bench, in_role(bench.producer(), "send-once-cursor-after"));
    producer.arm(Window::p_before_send, 3);
    producer.configure_and_go();
    producer.await_stop_and_kill();
  }
  CHECK(cursor(bench) == 1);
  bench.system.fates.clear();
  produce_all(bench, in_role(bench.producer(2), "send-once-cursor-after"));
  CHECK(bench.stored() ==
        Lines{"4/producer-0/1 1001", "4/producer-0/2 1001", "4/producer-0/2 2001", "4/producer-0/3 2001"});
}

TEST_CASE("a zombie saves the cursor that it had in hand, and sends again what comes after") {
  const auto stored_after_pause = [](const std::string& role, Window window) {
    Bench bench;
    Incarnation zombie(bench, in_role(bench.producer(), role));
    zombie.arm(window, 2);
    zombie.configure_and_go();
    zombie.await_stop();
    produce_all(bench, in_role(bench.producer(2), role));
    CHECK(cursor(bench) == 3);
    zombie.go_on();
    zombie.heard("done");
    CHECK(cursor(bench) == 3);
    return bench.stored();
  };
  const Lines until_pause{"4/producer-0/1 1001"}, successor{"4/producer-0/2 2001", "4/producer-0/3 2001"},
      zombie{"4/producer-0/2 1001", "4/producer-0/3 1001"};
  CHECK(stored_after_pause("send-once-cursor-first", Window::p_before_cursor) == until_pause + successor + zombie);
  CHECK(stored_after_pause("send-once-cursor-after", Window::p_before_send) == until_pause + successor + zombie);

  const Lines own_first{"4/producer-0/3 2001", "4/producer-0/2 1001"};
  CHECK(stored_after_pause("send-once-cursor-first", Window::p_cursor_before_send) == until_pause + own_first);
}

TEST_CASE("a producer that sends once does not resend what was refused for good") {
  for (const std::string role : {"send-once-cursor-first", "send-once-cursor-after"}) {
    CAPTURE(role);
    Bench bench;
    bench.system.fates = {Fate::refused};
    produce_all(bench, in_role(bench.producer(), role));
    CHECK(bench.stored() == Lines{"4/producer-0/2 1001", "4/producer-0/3 1001"});
  }
}

TEST_CASE("every producer sends a marker until it is answered, past all windows") {
  const std::map<std::string, Lines> identities{
      {"send-once-cursor-first", {"", ""}},
      {"send-once-cursor-after", {"", ""}},
      {"retry-until-acknowledged", {"", ""}},
      {"retry-with-sequence", {" sequence=producer-0#1/4", " sequence=producer-0#1/5"}},
      {"retry-with-stable-id", {" id=4/producer-0/canary-1", " id=4/producer-0/end"}}};
  for (const auto& entry : identities) {
    const std::string& role = entry.first;
    const Lines& identity = entry.second;
    CAPTURE(role);
    Bench bench;
    bench.system.fates = {Fate::answered, Fate::answered, Fate::answered, Fate::cut_off};
    Incarnation producer(bench, in_role(bench.producer(), role));
    producer.configure_and_go();
    producer.heard("done");
    const Hits before = producer.recording().hits;
    producer.say({{"type", "canary"}, {"message", "4/producer-0/canary-1"}});
    CHECK(producer.heard("sent").at("outcome") == "ok");
    producer.say({{"type", "canary"}, {"message", last}});
    CHECK(producer.heard("sent").at("outcome") == "ok");
    const Lines stored = bench.stored();
    REQUIRE(stored.size() == 6);
    CHECK(Lines(stored.begin() + 3, stored.end()) ==
          Lines{"4/producer-0/canary-1 1001" + identity[0], "4/producer-0/canary-1 1002" + identity[0],
                "4/producer-0/end 1001" + identity[1]});
    CHECK(producer.recording().hits == before);
  }
}

TEST_CASE("a resent message keeps its number; a successor counts under its own name") {
  Bench bench;
  bench.system.fates = {Fate::answered, Fate::cut_off};
  {
    Incarnation producer(bench, in_role(bench.producer(), "retry-with-sequence"));
    producer.arm(Window::p_acked_before_cursor, 2);
    producer.configure_and_go();
    producer.await_stop_and_kill();
  }
  produce_all(bench, in_role(bench.producer(2), "retry-with-sequence"));
  CHECK(bench.stored() ==
        Lines{"4/producer-0/1 1001 sequence=producer-0#1/1", "4/producer-0/2 1001 sequence=producer-0#1/2",
              "4/producer-0/2 1002 sequence=producer-0#1/2", "4/producer-0/2 2001 sequence=producer-0#2/2",
              "4/producer-0/3 2001 sequence=producer-0#2/3", "4/producer-0/3 2002 sequence=producer-0#2/3"});
}

TEST_CASE("a stable id stays with its message, with three in flight too") {
  Bench bench;
  bench.system.fates = {Fate::answered, Fate::dropped};
  AgentConfiguration configuration = in_role(bench.producer(), "retry-with-stable-id");
  configuration.in_flight = 3;
  produce_all(bench, configuration);
  CHECK(bench.stored() == Lines{"4/producer-0/1 1001 id=4/producer-0/1", "4/producer-0/3 1001 id=4/producer-0/3",
                                "4/producer-0/2 1002 id=4/producer-0/2"});
}

TEST_CASE("a role whose steps are those of one message works with one") {
  for (const std::string role : {"send-once-cursor-first", "send-once-cursor-after"}) {
    Bench bench;
    AgentConfiguration configuration = in_role(bench.producer(), role);
    configuration.in_flight = 2;
    CHECK(refusal(bench, configuration) == "the role " + role + " works with in_flight 1, not 2");
  }
  for (const std::string role : {"acknowledge-before-process", "acknowledge-before-process-fenced", "idempotent-upsert",
                                 "dedup-mark-first", "dedup-effect-first", "dedup-volatile", "inbox-check-then-act",
                                 "inbox-atomic"}) {
    Bench bench;
    AgentConfiguration configuration = in_role(bench.consumer(), role);
    configuration.ack_batch = 2;
    CHECK(refusal(bench, configuration) == "the role " + role + " works with ack_batch 1, not 2");
  }
}

TEST_CASE("a role that keeps marks in the sink needs one") {
  for (const std::string role : {"dedup-mark-first", "dedup-effect-first", "inbox-check-then-act", "inbox-atomic"}) {
    Bench bench;
    AgentConfiguration configuration = in_role(bench.consumer(), role);
    configuration.sink.clear();
    CHECK(refusal(bench, configuration) == "the role " + role + " keeps its marks in the sink: there is none");
  }
}

TEST_CASE("whether a consumer that acknowledges first goes on hangs on the answer") {
  const Lines effect{"effect.begin message=4/producer-0/1 attempt=1001", "effect.ok message=4/producer-0/1 attempt=1001"};
  const std::map<AckOutcome, std::pair<Lines, Lines>> expected{{AckOutcome::confirmed, {effect, effect}},
                                                               {AckOutcome::refused, {effect, {}}},
                                                               {AckOutcome::unconfirmed, {effect, {}}},
                                                               {AckOutcome::indeterminate, {{}, {}}}};
  const auto effects = [](AckOutcome outcome, const std::string& role) {
    Bench bench;
    bench.system.acks = {outcome};
    arrive(bench, {m1, last});
    const Recording recording = consume_all(bench, in_role(bench.consumer(), role));
    Lines of_m1;
    for (const std::string& line : only(story(recording), "effect."))
      if (line.find(m1) != std::string::npos) of_m1.push_back(line);
    const std::int64_t went_on = of_m1.empty() ? 0 : 1;
    Hits hits{{Window::c_received, 1}};
    if (went_on > 0) hits[Window::c_acked_before_effect] = hits[Window::c_effect_done] = 1;
    CHECK(recording.hits == hits);
    CHECK(sink_rows(bench).size() == static_cast<std::size_t>(went_on + 1));  // the marker's is one
    return of_m1;
  };
  for (const auto& [outcome, lines] : expected) {
    CAPTURE(static_cast<int>(outcome));
    CHECK(effects(outcome, "acknowledge-before-process") == lines.first);
    CHECK(effects(outcome, "acknowledge-before-process-fenced") == lines.second);
  }
}

TEST_CASE("a consumer that processes first passes C.acked whatever the answer, and goes on") {
  for (const std::string role : {"acknowledge-after-process", "idempotent-upsert", "dedup-mark-first",
                                 "dedup-effect-first", "dedup-volatile", "inbox-check-then-act", "inbox-atomic"}) {
    for (const AckOutcome outcome : {AckOutcome::refused, AckOutcome::indeterminate}) {
      CAPTURE(role);
      Bench bench;
      bench.system.acks = {outcome};
      arrive(bench, {m1, m2, last});
      const Recording recording = consume_all(bench, in_role(bench.consumer(), role));
      CHECK(recording.hits.at(Window::c_acked) == 2);
      CHECK(only(story(recording), "~ ack") == Lines{"~ ack 1", "~ ack 2", "~ ack 3"});
      CHECK(sink_rows(bench) == Lines{m1 + "@1", m2 + "@2", last + "@3"});
    }
  }
}

TEST_CASE("a message that comes once more is acknowledged, and processed by those only who do not look") {
  const Lines again{"deliver message=4/producer-0/1", "ack.invoke copy=orders/2 session=s1 tag=2 kind=ack", "~ ack 2",
                    "ack.confirmed copy=orders/2 session=s1 tag=2"};
  for (const std::string role : {"acknowledge-after-process", "idempotent-upsert", "dedup-mark-first",
                                 "dedup-effect-first", "dedup-volatile", "inbox-check-then-act", "inbox-atomic"}) {
    CAPTURE(role);
    Bench bench;
    arrive(bench, {m1, m1, last});
    const Recording recording = consume_all(bench, in_role(bench.consumer(), role));
    const bool looks = role.starts_with("dedup") || role.starts_with("inbox");
    const Lines lines = story(recording);
    REQUIRE(lines.size() > 12);
    if (looks) {
      CHECK(lines[8].starts_with(again[0]));
      CHECK(Lines(lines.begin() + 9, lines.begin() + 12) == Lines(again.begin() + 1, again.end()));
    }
    CHECK(only(lines, "effect.begin").size() == (looks ? 2 : 3));  // the marker's is one
    CHECK(only(lines, "effect.ok").size() == (looks ? 2 : 3));
    CHECK(recording.hits.at(Window::c_acked) == 2);
    for (const Window window : {Window::c_marked_before_effect, Window::c_effect_before_mark,
                                Window::c_marked_before_ack, Window::c_tx_committed_before_ack})
      if (recording.hits.contains(window)) CHECK(recording.hits.at(window) == 1);
    CHECK(sink_rows(bench).size() == (role == "acknowledge-after-process" ? 3 : 2));
  }
}

TEST_CASE("two aliens are two messages, and one that comes twice is one") {
  for (const std::string role : {"idempotent-upsert", "dedup-mark-first", "dedup-effect-first", "dedup-volatile",
                                 "inbox-check-then-act", "inbox-atomic"}) {
    CAPTURE(role);
    Bench bench;
    arrive(bench, {m1, m1, m1, last});
    bench.system.arrivals[0].delivery->bytes = bench.system.arrivals[2].delivery->bytes = "somebody else's";
    bench.system.arrivals[1].delivery->bytes = "and another's";
    consume_all(bench, in_role(bench.consumer(), role));
    CHECK(sink_rows(bench).size() == 3);  // the marker's is one
  }
}
