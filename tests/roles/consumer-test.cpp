#include <doctest/doctest.h>

#include <map>

#include "agents/recording/recorder.hpp"
#include "agents/sink/sink.hpp"
#include "checker/history/payload.hpp"
#include "tests/roles/incarnation.hpp"

using namespace assay;
using nlohmann::json;

namespace {

const std::string m1 = "4/producer-0/1", m2 = "4/producer-0/2", m3 = "4/producer-0/3", last = "4/producer-0/end";

Received arrival(const Delivery& delivery) { return {.opened = std::nullopt, .delivery = delivery}; }

// The end marker, seen, tells that everything before it is done.
void send(Bench& bench, const std::vector<std::string>& messages) {
  for (const std::string& message : messages)
    bench.system.arrivals.push_back(
        arrival(delivery_of(bench.consumer(), message, std::to_string(bench.system.arrivals.size() + 1))));
}

Recording whole_life(Bench& bench, const AgentConfiguration& configuration) {
  Incarnation consumer(bench, configuration);
  consumer.configure_and_go();
  CHECK(consumer.heard("seen") == json{{"type", "seen"}, {"message", last}});
  consumer.say({{"type", "bye"}});
  CHECK(consumer.await_exit() == 0);
  CHECK(consumer.errors() == "");
  return consumer.recording();
}

Lines whole_consumption(Bench& bench, const AgentConfiguration& configuration) {
  return story(whole_life(bench, configuration));
}

std::vector<SinkRow> sink_rows(const Bench& bench) {
  std::vector<SinkRow> rows;
  Sink(bench.consumer().sink).scan([&](const SinkRow& row) { rows.push_back(row); });
  return rows;
}

const Lines opened{"~ open", "session.open channel=orders session=s1 group=workers"};
const Lines closed{"session.close session=s1"};

Lines processed(const std::string& message, const std::string& tag) {
  return {"deliver message=" + message + " key=k0 attempt=1001 copy=orders/" + tag + " session=s1 tag=" + tag +
              " asked=42",
          "effect.begin message=" + message + " attempt=1001", "effect.ok message=" + message + " attempt=1001"};
}

Lines acked(const std::string& tag, const std::string& outcome = "confirmed") {
  const std::string copy_and_tag = "copy=orders/" + tag + " session=s1 tag=" + tag;
  return {"ack.invoke " + copy_and_tag + " kind=ack", "~ ack " + tag, "ack." + outcome + " " + copy_and_tag};
}

Lines done_with(const std::string& message, const std::string& tag) { return processed(message, tag) + acked(tag); }

std::string digest_of(const Bench& bench, const std::string& message) {
  return digest(*parse_payload(delivery_of(bench.consumer(), message, "1").bytes));
}

}  // namespace

TEST_CASE("a consumer records a delivery, processes it, then acknowledges it") {
  Bench bench;
  send(bench, {m1, m2, last});
  const Recording recording = whole_life(bench, bench.consumer());

  CHECK(story(recording) == opened + done_with(m1, "1") + done_with(m2, "2") + done_with(last, "3") + closed);
  CHECK(recording.hits == std::map<Window, std::int64_t>{
                              {Window::c_received, 2}, {Window::c_effect_before_ack, 2}, {Window::c_acked, 2}});
  CHECK(sink_rows(bench) == std::vector<SinkRow>{{m1, 1001, "k0", digest_of(bench, m1), "consumer-0#1", 1},
                                                 {m2, 1001, "k0", digest_of(bench, m2), "consumer-0#1", 2},
                                                 {last, 1001, "k0", digest_of(bench, last), "consumer-0#1", 3}});
}

TEST_CASE("a poll that is owed an answer for longer than a request may take is on record, once") {
  Bench bench;
  send(bench, {m1});
  const Received silence{.opened = std::nullopt, .delivery = std::nullopt, .unanswered = 7};
  for (int i = 0; i < 3; ++i) bench.system.arrivals.push_back(silence);
  send(bench, {last});
  const Lines noted = {"session.indeterminate session=s1 asked=7"};
  CHECK(whole_consumption(bench, bench.consumer()) ==
        opened + done_with(m1, "1") + noted + done_with(last, "5") + closed);
}

TEST_CASE("a poll that still has time is not") {
  Bench bench;
  const Received recent{.opened = std::nullopt, .delivery = std::nullopt, .unanswered = monotonic_ns()};
  bench.system.arrivals.push_back(recent);
  send(bench, {last});
  CHECK(whole_consumption(bench, bench.consumer()) == opened + done_with(last, "2") + closed);
}

TEST_CASE("a consumer killed at a window leaves exactly the steps before it") {
  Bench bench;
  send(bench, {m1, m2, m3});
  const auto story_until = [&](Window window) {
    Incarnation consumer(bench, bench.consumer());
    consumer.arm(window, 2);
    consumer.configure_and_go();
    consumer.await_stop_and_kill();
    const Recording recording = consumer.recording();
    CHECK(recording.last_window == window);
    return story(recording);
  };
  SUBCASE("C.received: the delivery is on record, its effect is not begun") {
    CHECK(story_until(Window::c_received) == opened + done_with(m1, "1") + first(processed(m2, "2"), 1));
    CHECK(sink_rows(bench).size() == 1);
  }
  SUBCASE("C.effect_before_ack: the effect is in the sink, no ack has been tried") {
    CHECK(story_until(Window::c_effect_before_ack) == opened + done_with(m1, "1") + processed(m2, "2"));
    CHECK(sink_rows(bench).size() == 2);
  }
  SUBCASE("C.acked: the ack is answered, the next message not received") {
    CHECK(story_until(Window::c_acked) == opened + done_with(m1, "1") + done_with(m2, "2"));
    CHECK(sink_rows(bench).size() == 2);
  }
}

TEST_CASE("a payload that is not of this run is an alien: no message, its own digest, processed all the same") {
  Bench bench;
  Delivery alien = delivery_of(bench.consumer(), m1, "1");
  SUBCASE("no header of ours") { alien.bytes = "somebody else's"; }
  SUBCASE("another run") { alien.bytes.replace(alien.bytes.find(" r1 "), 4, " r0 "); }
  Payload raw;
  raw.body = alien.bytes;
  bench.system.arrivals = {arrival(alien)};
  send(bench, {last});

  CHECK(whole_consumption(bench, bench.consumer()) ==
        opened +
            Lines{"deliver digest=" + digest(raw) + " copy=orders/1 session=s1 tag=1 asked=42", "effect.begin",
                  "effect.ok"} +
            acked("1") + done_with(last, "2") + closed);
  CHECK(sink_rows(bench).front() == SinkRow{"", 0, "", digest(raw), "consumer-0#1", 1});
}

TEST_CASE("a corrupted body keeps its message and shows in the digest") {
  Bench bench;
  Delivery corrupted = delivery_of(bench.consumer(), m1, "1");
  corrupted.bytes.back() = corrupted.bytes.back() == 'x' ? 'y' : 'x';
  bench.system.arrivals = {arrival(corrupted)};
  send(bench, {last});
  CHECK(whole_consumption(bench, bench.consumer())[2] == "deliver message=" + m1 + " key=k0 digest=" +
                                                       digest(*parse_payload(corrupted.bytes)) +
                                                       " attempt=1001 copy=orders/1 session=s1 tag=1 asked=42");
}

TEST_CASE("a new session is on record before its deliveries, with what the system says of redelivery") {
  Bench bench;
  Delivery again = delivery_of(bench.consumer(), m1, "1");
  again.session = "s2";
  again.redelivered = true;
  again.count = 2;
  bench.system.arrivals = {{.opened = SessionOpened{"s2"}, .delivery = again}};
  Delivery marker = delivery_of(bench.consumer(), last, "2");
  marker.session = "s2";
  bench.system.arrivals.push_back(arrival(marker));

  const Lines lines = whole_consumption(bench, bench.consumer());
  REQUIRE(lines.size() > 4);
  CHECK(Lines(lines.begin(), lines.begin() + 4) ==
        opened + Lines{"session.open channel=orders session=s2 group=workers",
                       "deliver message=" + m1 +
                           " key=k0 attempt=1001 copy=orders/1 session=s2 tag=1 asked=42 redelivered=yes count=2"});
  CHECK(lines.back() == "session.close session=s2");
}

TEST_CASE("an ack is tried once, whatever becomes of it") {
  const std::map<std::string, AckOutcome> outcomes{{"confirmed", AckOutcome::confirmed},
                                                   {"refused", AckOutcome::refused},
                                                   {"unconfirmed", AckOutcome::unconfirmed},
                                                   {"indeterminate", AckOutcome::indeterminate}};
  for (const auto& entry : outcomes) {
    const std::string& name = entry.first;
    CAPTURE(name);
    Bench bench;
    bench.system.acks = {entry.second};
    send(bench, {m1, last});
    CHECK(whole_consumption(bench, bench.consumer()) ==
          opened + processed(m1, "1") + acked("1", name) + done_with(last, "2") + closed);
  }
}

TEST_CASE("a batch is processed first and then acknowledged one by one") {
  Bench bench;
  AgentConfiguration configuration = bench.consumer();
  configuration.ack_batch = 2;
  const Lines first_batch = processed(m1, "1") + processed(m2, "2") + acked("1") + acked("2");

  SUBCASE("when it is full") {
    send(bench, {m1, m2, m3, last});
    CHECK(whole_consumption(bench, configuration) ==
          opened + first_batch + processed(m3, "3") + processed(last, "4") + acked("3") + acked("4") + closed);
  }
  SUBCASE("or when nothing more comes") {
    send(bench, {m1, m2, last});
    CHECK(whole_consumption(bench, configuration) == opened + first_batch + done_with(last, "3") + closed);
  }
  SUBCASE("killed at C.acked, the rest of the batch is not acknowledged") {
    send(bench, {m1, m2});
    Incarnation consumer(bench, configuration);
    consumer.arm(Window::c_acked, 1);
    consumer.configure_and_go();
    consumer.await_stop_and_kill();
    CHECK(story(consumer.recording()) == opened + processed(m1, "1") + processed(m2, "2") + acked("1"));
  }
}

TEST_CASE("a batch is acknowledged in one step where the system has one") {
  Bench bench;
  bench.system.together = true;
  bench.system.acks = {AckOutcome::confirmed, AckOutcome::refused};
  AgentConfiguration configuration = bench.consumer();
  configuration.ack_batch = 2;
  const Lines one = acked("1"), two = acked("2", "refused"), end = acked("3");
  send(bench, {m1, m2, last});
  CHECK(whole_consumption(bench, configuration) ==
        opened + processed(m1, "1") + processed(m2, "2") + Lines{one[0], two[0], "~ ack together 1 2", one[2], two[2]} +
            processed(last, "3") + Lines{end[0], "~ ack together 3", end[2]} + closed);
}

namespace {

Lines put(const std::string& message, const std::string& tag) {
  return {processed(message, tag)[0], processed(message, tag)[1], "~ put " + message + " of " + tag};
}

}  // namespace

TEST_CASE("an effect in the system's transaction begins, and what comes of it is the ack's to say") {
  Bench bench;
  AgentConfiguration configuration = bench.consumer();
  configuration.role = "effect-in-transaction";
  SUBCASE("one by one") {
    send(bench, {m1, last});
    const Recording recording = whole_life(bench, configuration);
    CHECK(story(recording) == opened + put(m1, "1") + acked("1") + put(last, "2") + acked("2") + closed);
    CHECK(recording.hits == std::map<Window, std::int64_t>{{Window::c_received, 1}, {Window::c_tx_open, 1}, {Window::c_acked, 1}});
  }
  SUBCASE("in a batch") {
    configuration.ack_batch = 2;
    send(bench, {m1, m2, last});
    CHECK(whole_consumption(bench, configuration) ==
          opened + put(m1, "1") + put(m2, "2") + acked("1") + acked("2") + put(last, "3") + acked("3") + closed);
  }
  SUBCASE("killed before the ack, nothing is acknowledged") {
    send(bench, {m1});
    Incarnation consumer(bench, configuration);
    consumer.arm(Window::c_tx_open, 1);
    consumer.configure_and_go();
    consumer.await_stop_and_kill();
    CHECK(story(consumer.recording()) == opened + put(m1, "1"));
  }
  SUBCASE("a delivery whose transaction is gone is dropped") {
    bench.system.lost_puts = 1;
    send(bench, {m1, last});
    CHECK(whole_consumption(bench, configuration) == opened + put(m1, "1") + put(last, "2") + acked("2") + closed);
  }
  CHECK(sink_rows(bench).empty());
}

TEST_CASE("a consumer takes over what the dead hold before it is ready") {
  Bench bench;
  AgentConfiguration configuration = bench.consumer(3);
  configuration.take_over = {"consumer-0#1", "consumer-0#2"};
  Incarnation consumer(bench, configuration);
  consumer.heard("hello");
  auto configure = to_json(configuration);
  configure["type"] = "configure";
  consumer.say(configure);
  consumer.heard("ready");
  CHECK(story(consumer.recording()) == opened + Lines{"~ take over consumer-0#1", "~ take over consumer-0#2"});
}

TEST_CASE("without a sink there is no effect, and the windows around it stay") {
  Bench bench;
  AgentConfiguration configuration = bench.consumer();
  configuration.sink.clear();
  send(bench, {m1, last});
  const Recording recording = whole_life(bench, configuration);
  CHECK(story(recording) == opened + first(processed(m1, "1"), 1) + acked("1") + first(processed(last, "2"), 1) +
                                acked("2") + closed);
  CHECK(recording.hits == std::map<Window, std::int64_t>{
                              {Window::c_received, 1}, {Window::c_effect_before_ack, 1}, {Window::c_acked, 1}});
}

TEST_CASE("a consumer that receives nothing hears bye soon and closes its session") {
  Bench bench;
  Incarnation consumer(bench, bench.consumer());
  consumer.configure_and_go();
  consumer.say({{"type", "bye"}});
  CHECK(consumer.await_exit() == 0);
  CHECK(story(consumer.recording()) == opened + closed);
}

TEST_CASE("a consumer reports how many deliveries it has had") {
  Bench bench;
  send(bench, {m1});
  Incarnation consumer(bench, bench.consumer());
  consumer.configure_and_go();
  CHECK(consumer.heard("progress") == json{{"type", "progress"}, {"delivered", 1}});
}

TEST_CASE("asked to, a consumer puts on record what its next poll brings") {
  Bench bench;
  const Received open_poll{.opened = std::nullopt, .delivery = std::nullopt, .unanswered = 7};
  const Received no_connection{.opened = std::nullopt, .delivery = std::nullopt};
  bench.system.arrivals.assign(60, open_poll);
  bench.system.arrivals.push_back(no_connection);
  bench.system.arrivals.push_back({.opened = std::nullopt, .delivery = std::nullopt, .unanswered = {}, .answered_empty = 1});  // long ago
  Incarnation consumer(bench, bench.consumer());
  consumer.configure_and_go();
  consumer.say({{"type", "probe"}});
  CHECK(consumer.heard("probed") == json{{"type", "probed"}, {"empty", true}});
  consumer.say({{"type", "bye"}});
  CHECK(consumer.await_exit() == 0);
  const Lines told = story(consumer.recording());
  CHECK(std::count_if(told.begin(), told.end(), [](auto& line) { return line.starts_with("drain.probe"); }) == 1);
}

TEST_CASE("a consumer of a system that lets go of what it hands out acknowledges nothing") {
  Bench bench;
  send(bench, {m1, last});
  auto configuration = bench.consumer();
  configuration.role = "auto-acknowledge";
  const Recording recording = whole_life(bench, configuration);
  CHECK(story(recording) == opened + processed(m1, "1") + processed(last, "2") + closed);
  CHECK(recording.hits == std::map<Window, std::int64_t>{{Window::c_received, 1}, {Window::c_effect_done, 1}});
  CHECK(sink_rows(bench).size() == 2);
}

TEST_CASE("processing takes as long as the workload says, before the effect") {
  Bench bench;
  send(bench, {m1, last});
  auto configuration = bench.consumer();
  configuration.process_ms = 40;
  const Recording recording = whole_life(bench, configuration);
  const auto at = [&](Type type, Phase phase) {
    const auto event = std::find_if(recording.events.begin(), recording.events.end(), [&](auto& e) { return e.type == type && e.phase == phase; });
    REQUIRE(event != recording.events.end());
    return event->time;
  };
  CHECK(at(Type::effect, Phase::begin) - at(Type::deliver, Phase::none) >= 40'000'000);
}

TEST_CASE("a consumer behind a pipeline recognises a message by its field, and knows nothing else of it") {
  Bench bench;
  auto configuration = bench.consumer();
  configuration.recognise = "pointer /order";
  const auto arrive = [&](const std::string& bytes, const std::string& tag) {
    bench.system.arrivals.push_back(arrival({.bytes = bytes, .copy = "orders/" + tag, .session = "s1", .tag = tag}));
  };
  arrive(R"({"order": "4/producer-0/1"})", "1");
  arrive(delivery_of(bench.consumer(), m2, "2").bytes, "2");
  arrive(R"({"order": "4/producer-0/end"})", "3");
  const auto lines = whole_consumption(bench, configuration);
  Payload raw;
  raw.body = delivery_of(bench.consumer(), m2, "2").bytes;
  Lines deliveries;
  for (const auto& line : lines)
    if (line.starts_with("deliver")) deliveries.push_back(line);
  CHECK(deliveries == Lines{"deliver message=4/producer-0/1 copy=orders/1 session=s1 tag=1",
                            "deliver digest=" + digest(raw) + " copy=orders/2 session=s1 tag=2",
                            "deliver message=4/producer-0/end copy=orders/3 session=s1 tag=3"});
  CHECK(sink_rows(bench) == std::vector<SinkRow>{{"4/producer-0/1", 0, "", "", "consumer-0#1", 1},
                                                 {"", 0, "", digest(raw), "consumer-0#1", 2},
                                                 {"4/producer-0/end", 0, "", "", "consumer-0#1", 3}});
}
