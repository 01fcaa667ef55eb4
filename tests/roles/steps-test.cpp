// The steps of every role, as CONTRACTS 3.3 has them: the events and windows of
// a second message in their order, found by killing the role at each window.
// "(cursor)", "(row)" and "(mark)" stand before the first window at which the
// cursor covers the message, its effect is in the sink, its mark too.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "agents/roles/cursor.hpp"
#include "agents/sink/sink.hpp"
#include "tests/roles/incarnation.hpp"

using namespace assay;

namespace {

struct Stand {
  Window window{};
  std::int64_t passed = 0;  // windows up to and with this one
  std::size_t lines = 0;    // of the second message
  std::set<std::string> done;
};

// "send.ok message=..." -> "send.ok"; the call "~ take answers" -> "take".
std::string label(const std::string& line) {
  const std::string from = line.starts_with("~ ") ? line.substr(2) : line;
  return from.substr(0, from.find(' '));
}

std::int64_t passed(const Recording& recording) {
  std::int64_t sum = 0;
  for (const auto& [window, hits] : recording.hits) sum += hits;
  return sum;
}

template <typename Done>
Stand stand_at(Window window, std::size_t lines_before, Bench& bench, const AgentConfiguration& configuration,
               Done done) {
  Incarnation agent(bench, configuration);
  agent.arm(window, 2);
  agent.configure_and_go();
  agent.await_stop_and_kill();
  const Recording recording = agent.recording();
  CHECK(recording.last_window == window);
  return {window, passed(recording), story(recording).size() - lines_before, done(bench)};
}

Lines interleaved(const Lines& labels, std::vector<Stand> stands) {
  std::sort(stands.begin(), stands.end(), [](const Stand& a, const Stand& b) { return a.passed < b.passed; });
  Lines steps;
  std::size_t told = 0;
  std::set<std::string> done;
  for (const Stand& stand : stands) {
    for (; told < stand.lines; ++told) steps.push_back(labels.at(told));
    for (const std::string& what : stand.done)
      if (done.insert(what).second) steps.push_back("(" + what + ")");
    steps.emplace_back(name(stand.window));
  }
  for (; told < labels.size(); ++told) steps.push_back(labels[told]);
  return steps;
}

Lines labels_of_second(const Lines& story, std::size_t before, std::size_t each) {
  Lines labels;
  for (std::size_t i = before + each; i < before + 2 * each; ++i) labels.push_back(label(story.at(i)));
  return labels;
}

Lines steps_of_producer(const std::string& role) {
  const auto configuration = [&](const Bench& bench) {
    AgentConfiguration made = bench.producer();
    made.role = role;
    return made;
  };
  Bench undisturbed;
  const Recording whole = produce_all(undisturbed, configuration(undisturbed));
  const std::size_t each = story(whole).size() / 3;
  std::vector<Stand> stands;
  for (const auto& hit : whole.hits) {
    Bench bench;
    stands.push_back(stand_at(hit.first, each, bench, configuration(bench), [](const Bench& left) {
      return Cursor(left.producer().cursor).read() >= 2 ? std::set<std::string>{"cursor"} : std::set<std::string>{};
    }));
  }
  return interleaved(labels_of_second(story(whole), 0, each), stands);
}

const std::string m1 = "4/producer-0/1", m2 = "4/producer-0/2", last = "4/producer-0/end";

std::set<std::string> done_in_sink(const Bench& bench) {
  std::set<std::string> done;
  const Sink sink(bench.consumer().sink);
  sink.scan([&](const SinkRow& row) {
    if (row.message == m2) done.insert("row");
  });
  if (sink.is_marked(m2)) done.insert("mark");
  return done;
}

Lines steps_of_consumer(const std::string& role) {
  const auto configuration = [&](Bench& bench) {
    for (const std::string& message : {m1, m2, last})
      bench.system.arrivals.push_back(
          {.opened = std::nullopt, .delivery = delivery_of(bench.consumer(), message, message)});
    AgentConfiguration made = bench.consumer();
    made.role = role;
    return made;
  };
  Bench undisturbed;
  const Recording whole = consume_all(undisturbed, configuration(undisturbed));
  const std::size_t opened = 2, closed = 1, each = (story(whole).size() - opened - closed) / 3;
  std::vector<Stand> stands;
  for (const auto& hit : whole.hits) {
    Bench bench;
    const AgentConfiguration killed = configuration(bench);
    stands.push_back(stand_at(hit.first, opened + each, bench, killed, done_in_sink));
  }
  return interleaved(labels_of_second(story(whole), opened, each), stands);
}

const Lines effect{"effect.begin", "effect.ok"}, ack{"ack.invoke", "ack", "ack.confirmed"};

}  // namespace

TEST_CASE("the steps of a producer that sends once") {
  CHECK(steps_of_producer("send-once-cursor-first") ==
        Lines{"P.before_cursor", "(cursor)", "P.cursor_before_send", "send.invoke", "submit", "P.sent_before_ack",
              "take", "send.ok", "P.acked"});
  CHECK(steps_of_producer("send-once-cursor-after") ==
        Lines{"P.before_send", "send.invoke", "submit", "P.sent_before_ack", "take", "send.ok",
              "P.acked_before_cursor", "(cursor)", "P.cursor_saved"});
}

TEST_CASE("the steps of a producer that resends, however it asks to be stored once") {
  for (const std::string role : {"retry-until-acknowledged", "retry-with-sequence", "retry-with-stable-id"}) {
    CAPTURE(role);
    CHECK(steps_of_producer(role) == Lines{"P.before_send", "send.invoke", "submit", "P.sent_before_ack", "take",
                                           "send.ok", "P.acked_before_cursor", "(cursor)", "P.cursor_saved"});
  }
}

TEST_CASE("the steps of a consumer that acknowledges before it processes") {
  for (const std::string role : {"acknowledge-before-process", "acknowledge-before-process-fenced"}) {
    CAPTURE(role);
    CHECK(steps_of_consumer(role) == Lines{"deliver", "C.received"} + ack + Lines{"C.acked_before_effect"} + effect +
                                         Lines{"(row)", "C.effect_done"});
  }
}

TEST_CASE("the steps of a consumer that processes before it acknowledges") {
  for (const std::string role : {"acknowledge-after-process", "idempotent-upsert"}) {
    CAPTURE(role);
    CHECK(steps_of_consumer(role) ==
          Lines{"deliver", "C.received"} + effect + Lines{"(row)", "C.effect_before_ack"} + ack + Lines{"C.acked"});
  }
}

TEST_CASE("the steps of a consumer that marks what it has processed") {
  CHECK(steps_of_consumer("dedup-mark-first") == Lines{"deliver", "C.received", "(mark)", "C.marked_before_effect"} +
                                                     effect + Lines{"(row)", "C.effect_before_ack"} + ack +
                                                     Lines{"C.acked"});
  CHECK(steps_of_consumer("dedup-effect-first") == Lines{"deliver", "C.received"} + effect +
                                                       Lines{"(row)", "C.effect_before_mark", "(mark)",
                                                             "C.marked_before_ack"} +
                                                       ack + Lines{"C.acked"});
  CHECK(steps_of_consumer("dedup-volatile") == Lines{"deliver", "C.received"} + effect +
                                                   Lines{"(row)", "C.effect_before_mark", "C.marked_before_ack"} + ack +
                                                   Lines{"C.acked"});
}

TEST_CASE("the steps of a consumer with an inbox, atomic or not") {
  for (const std::string role : {"inbox-check-then-act", "inbox-atomic"}) {
    CAPTURE(role);
    CHECK(steps_of_consumer(role) == Lines{"deliver", "C.received", "C.tx_open"} + effect +
                                         Lines{"(mark)", "(row)", "C.tx_committed_before_ack"} + ack +
                                         Lines{"C.acked"});
  }
}
