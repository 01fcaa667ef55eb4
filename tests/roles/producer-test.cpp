#include <doctest/doctest.h>

#include <map>

#include "tests/roles/incarnation.hpp"

using namespace assay;
using nlohmann::json;

namespace {

// Runs a producer to the end of its plan and says bye.
Lines whole_production(Bench& bench, const AgentConfiguration& configuration) {
  Incarnation producer(bench, configuration);
  producer.configure_and_go();
  producer.heard("done");
  producer.say({{"type", "bye"}});
  CHECK(producer.await_exit() == 0);
  CHECK(producer.errors() == "");
  return story(producer.recording());
}

// Kills a producer of three messages at a window of its second one.
Lines story_until(Bench& bench, Window window) {
  Incarnation producer(bench, bench.producer());
  producer.arm(window, 2);
  producer.configure_and_go();
  producer.await_stop_and_kill();
  const Recording recording = producer.recording();
  CHECK(recording.last_window == window);
  return story(recording);
}

Lines answered(const std::string& seq, const std::string& attempt, const std::string& ticket) {
  const std::string message = "message=4/producer-0/" + seq;
  return {"send.invoke " + message + " key=k0 attempt=" + attempt + " channel=orders", "~ submit " + ticket,
          "~ take answers", "send.ok " + message + " attempt=" + attempt + " copy=copy/" + ticket};
}

}  // namespace

TEST_CASE("a producer with one message in flight goes through its steps message by message") {
  Bench bench;
  Incarnation producer(bench, bench.producer());
  producer.configure_and_go();
  CHECK(producer.heard("done") == json{{"type", "done"}});
  producer.say({{"type", "bye"}});
  CHECK(producer.await_exit() == 0);

  const Recording recording = producer.recording();
  CHECK(story(recording) == answered("1", "1001", "1") + answered("2", "1001", "2") + answered("3", "1001", "3"));
  CHECK(recording.hits == std::map<Window, std::int64_t>{{Window::p_before_send, 3},
                                                         {Window::p_sent_before_ack, 3},
                                                         {Window::p_acked_before_cursor, 3},
                                                         {Window::p_cursor_saved, 3}});
  CHECK(bench.stored() == Lines{"4/producer-0/1 1001", "4/producer-0/2 1001", "4/producer-0/3 1001"});
}

TEST_CASE("a producer killed at a window leaves exactly the steps before it, and its successor does the rest") {
  Bench bench;
  const Lines one = answered("1", "1001", "1"), two = answered("2", "1001", "2");

  SUBCASE("P.before_send: nothing of the message is on record or stored") {
    CHECK(story_until(bench, Window::p_before_send) == one);
    CHECK(whole_production(bench, bench.producer(2)) == answered("2", "2001", "1") + answered("3", "2001", "2"));
    CHECK(bench.stored() == Lines{"4/producer-0/1 1001", "4/producer-0/2 2001", "4/producer-0/3 2001"});
  }
  SUBCASE("P.sent_before_ack: stored and unread, so it is stored twice") {
    CHECK(story_until(bench, Window::p_sent_before_ack) == one + first(two, 2));
    CHECK(whole_production(bench, bench.producer(2)) == answered("2", "2001", "1") + answered("3", "2001", "2"));
    CHECK(bench.stored() ==
          Lines{"4/producer-0/1 1001", "4/producer-0/2 1001", "4/producer-0/2 2001", "4/producer-0/3 2001"});
  }
  SUBCASE("P.acked_before_cursor: answered, yet stored twice") {
    CHECK(story_until(bench, Window::p_acked_before_cursor) == one + two);
    CHECK(whole_production(bench, bench.producer(2)) == answered("2", "2001", "1") + answered("3", "2001", "2"));
    CHECK(bench.stored() ==
          Lines{"4/producer-0/1 1001", "4/producer-0/2 1001", "4/producer-0/2 2001", "4/producer-0/3 2001"});
  }
  SUBCASE("P.cursor_saved: the successor goes on with the next message") {
    CHECK(story_until(bench, Window::p_cursor_saved) == one + two);
    CHECK(whole_production(bench, bench.producer(2)) == answered("3", "2001", "1"));
    CHECK(bench.stored() == Lines{"4/producer-0/1 1001", "4/producer-0/2 1001", "4/producer-0/3 2001"});
  }
}

TEST_CASE("a send without an answer is repeated as a new attempt until there is one") {
  Bench bench;
  AgentConfiguration configuration = bench.producer();
  configuration.messages = 1;

  SUBCASE("connection lost, twice") {
    bench.system.fates = {Fate::cut_off, Fate::cut_off};
    CHECK(whole_production(bench, configuration) ==
          Lines{"send.invoke message=4/producer-0/1 key=k0 attempt=1001 channel=orders", "~ submit 1", "~ take answers",
                "send.indeterminate message=4/producer-0/1 attempt=1001 error=connection lost",
                "send.invoke message=4/producer-0/1 key=k0 attempt=1002 channel=orders", "~ submit 2", "~ take answers",
                "send.indeterminate message=4/producer-0/1 attempt=1002 error=connection lost"} +
              answered("1", "1003", "3"));
  }
  SUBCASE("refused for good") {
    bench.system.fates = {Fate::refused};
    CHECK(whole_production(bench, configuration) ==
          Lines{"send.invoke message=4/producer-0/1 key=k0 attempt=1001 channel=orders", "~ submit 1", "~ take answers",
                "send.fail message=4/producer-0/1 attempt=1001 error=no such queue"} +
              answered("1", "1002", "2"));
    CHECK(bench.stored() == Lines{"4/producer-0/1 1002"});
  }
  SUBCASE("no answer in time: the connection is given up before anything is recorded") {
    bench.system.fates = {Fate::silent};
    configuration.request_timeout_ms = 30;
    CHECK(whole_production(bench, configuration) ==
          Lines{"send.invoke message=4/producer-0/1 key=k0 attempt=1001 channel=orders", "~ submit 1", "~ abandon",
                "send.indeterminate message=4/producer-0/1 attempt=1001 error=no answer within 30 ms"} +
              answered("1", "1002", "2"));
  }
}

TEST_CASE("an unconfirmed send is an answer: nothing better comes from such a system") {
  Bench bench;
  AgentConfiguration configuration = bench.producer();
  configuration.messages = 1;
  bench.system.fates = {Fate::unconfirmed};
  CHECK(whole_production(bench, configuration) ==
        Lines{"send.invoke message=4/producer-0/1 key=k0 attempt=1001 channel=orders", "~ submit 1", "~ take answers",
              "send.unconfirmed message=4/producer-0/1 attempt=1001"});
}

TEST_CASE("three messages in flight are sent at once, and the cursor is the answered prefix") {
  Bench bench;
  AgentConfiguration configuration = bench.producer();
  configuration.in_flight = 3;
  bench.system.newest_first = true;
  const Lines three_sent{"send.invoke message=4/producer-0/1 key=k0 attempt=1001 channel=orders", "~ submit 1",
                         "send.invoke message=4/producer-0/2 key=k0 attempt=1001 channel=orders", "~ submit 2",
                         "send.invoke message=4/producer-0/3 key=k0 attempt=1001 channel=orders", "~ submit 3"};
  const Lines newest_answered{"~ take answers", "send.ok message=4/producer-0/3 attempt=1001 copy=copy/3"};

  SUBCASE("answers may come in any order") {
    CHECK(whole_production(bench, configuration) ==
          three_sent + newest_answered +
              Lines{"~ take answers", "send.ok message=4/producer-0/2 attempt=1001 copy=copy/2", "~ take answers",
                    "send.ok message=4/producer-0/1 attempt=1001 copy=copy/1"});
    CHECK(whole_production(bench, bench.producer(2)) == Lines{});
  }
  SUBCASE("killed when only the last one is answered, a successor starts from the first") {
    {
      Incarnation producer(bench, configuration);
      producer.arm(Window::p_cursor_saved, 1);
      producer.configure_and_go();
      producer.await_stop_and_kill();
      CHECK(story(producer.recording()) == three_sent + newest_answered);
    }
    bench.system.newest_first = false;
    CHECK(whole_production(bench, bench.producer(2)) ==
          answered("1", "2001", "1") + answered("2", "2001", "2") + answered("3", "2001", "3"));
  }
  SUBCASE("a time-out gives up every open one, and only those are sent again") {
    bench.system.fates = {Fate::silent, Fate::silent, Fate::answered};
    configuration.request_timeout_ms = 30;
    CHECK(whole_production(bench, configuration) ==
          three_sent + newest_answered +
              Lines{"~ abandon", "send.indeterminate message=4/producer-0/1 attempt=1001 error=no answer within 30 ms",
                    "send.indeterminate message=4/producer-0/2 attempt=1001 error=no answer within 30 ms",
                    "send.invoke message=4/producer-0/1 key=k0 attempt=1002 channel=orders", "~ submit 4",
                    "send.invoke message=4/producer-0/2 key=k0 attempt=1002 channel=orders", "~ submit 5",
                    "~ take answers", "send.ok message=4/producer-0/2 attempt=1002 copy=copy/5", "~ take answers",
                    "send.ok message=4/producer-0/1 attempt=1002 copy=copy/4"});
  }
}

TEST_CASE("a producer whose cursor covers the plan has nothing to send and still answers canaries") {
  Bench bench;
  whole_production(bench, bench.producer());

  Incarnation successor(bench, bench.producer(2));
  successor.configure_and_go();
  successor.heard("done");
  successor.say({{"type", "canary"}, {"message", "4/producer-0/canary-1"}});
  CHECK(successor.heard("sent") == json{{"type", "sent"}, {"message", "4/producer-0/canary-1"}, {"outcome", "ok"}});
  successor.say({{"type", "canary"}, {"message", "4/producer-0/end"}});
  CHECK(successor.heard("sent") == json{{"type", "sent"}, {"message", "4/producer-0/end"}, {"outcome", "ok"}});
  successor.say({{"type", "bye"}});
  CHECK(successor.await_exit() == 0);

  const Recording recording = successor.recording();
  CHECK(story(recording) == answered("canary-1", "2001", "1") + answered("end", "2001", "2"));
  CHECK(recording.hits.empty());
}

TEST_CASE("a canary is sent again until it is answered or its time is up") {
  Bench bench;
  AgentConfiguration configuration = bench.producer();
  configuration.messages = 0;
  configuration.request_timeout_ms = 20;
  SUBCASE("answered at last") {
    bench.system.fates = {Fate::silent, Fate::cut_off};
    Incarnation producer(bench, configuration);
    producer.configure_and_go();
    producer.heard("done");
    producer.say({{"type", "canary"}, {"message", "4/producer-0/canary-1"}});
    CHECK(producer.heard("sent").at("outcome") == "ok");
    CHECK(bench.stored() ==
          Lines{"4/producer-0/canary-1 1001", "4/producer-0/canary-1 1002", "4/producer-0/canary-1 1003"});
  }
  SUBCASE("never answered") {
    bench.system.fates.assign(1000, Fate::silent);
    Incarnation producer(bench, configuration);
    producer.configure_and_go();
    producer.heard("done");
    producer.say({{"type", "canary"}, {"message", "4/producer-0/canary-1"}, {"deadline_ms", 300}});
    CHECK(producer.heard("sent").at("outcome") == "indeterminate");
    CHECK(bench.stored().size() >= 2);
  }
}

TEST_CASE("bye ends a producer in the middle of its plan") {
  Bench bench;
  bench.system.fates.assign(1000, Fate::cut_off);
  Incarnation producer(bench, bench.producer());
  producer.configure_and_go();
  producer.say({{"type", "bye"}});
  CHECK(producer.await_exit() == 0);
}

TEST_CASE("a producer that gets no answer to a thousand attempts of a message gives up with an error") {
  Bench bench;
  AgentConfiguration configuration = bench.producer();
  configuration.messages = 0;
  bench.system.fates.assign(2000, Fate::refused);
  Incarnation producer(bench, configuration);
  producer.configure_and_go();
  producer.heard("done");
  producer.say({{"type", "canary"}, {"message", "4/producer-0/canary-1"}, {"deadline_ms", 0}});
  CHECK(producer.heard("sent").at("outcome") == "fail");
  for (int i = 2; i < 1000; ++i) {
    producer.say({{"type", "canary"}, {"message", "4/producer-0/canary-1"}, {"deadline_ms", 0}});
    producer.heard("sent");
  }
  producer.say({{"type", "canary"}, {"message", "4/producer-0/canary-1"}, {"deadline_ms", 0}});
  CHECK(producer.heard("error").at("line") == "send 4/producer-0/canary-1: no answer to 999 attempts");
  CHECK(producer.await_exit() == 70);
}

TEST_CASE("a producer reports how many of its messages are answered") {
  Bench bench;
  AgentConfiguration configuration = bench.producer();
  configuration.messages = 1;
  Incarnation producer(bench, configuration);
  producer.configure_and_go();
  CHECK(producer.heard("progress") == json{{"type", "progress"}, {"sent", 1}});
}

TEST_CASE("a producer before a pipeline sends what the template makes of a message") {
  Bench bench;
  auto configuration = bench.producer();
  configuration.messages = 1;
  configuration.body_template = R"({"order": "{message}", "try": {attempt}, "key": "{key}"})";
  whole_production(bench, configuration);
  CHECK(bench.stored() == Lines{R"({"order": "4/producer-0/1", "try": 1001, "key": "k0"})"});
}

TEST_CASE("a producer sends a marker ahead of its plan, at no window, when it is asked before it is let go") {
  Bench bench;
  auto configuration = bench.producer();
  configuration.role = "retry-with-sequence";
  Incarnation producer(bench, configuration);
  producer.heard("hello");
  auto configure = to_json(configuration);
  configure["type"] = "configure";
  producer.say(configure);
  producer.heard("ready");
  producer.say({{"type", "canary"}, {"message", "4/producer-0/canary-first"}});
  CHECK(producer.heard("sent") == json{{"type", "sent"}, {"message", "4/producer-0/canary-first"}, {"outcome", "ok"}});
  CHECK(bench.stored() == Lines{"4/producer-0/canary-first 1001 sequence=producer-0#1/0"});
  producer.say({{"type", "go"}});
  producer.heard("done");
  producer.say({{"type", "bye"}});
  CHECK(producer.await_exit() == 0);
  CHECK(producer.recording().hits.at(Window::p_before_send) == 3);
  CHECK(bench.stored() == 
        Lines{"4/producer-0/canary-first 1001 sequence=producer-0#1/0", "4/producer-0/1 1001 sequence=producer-0#1/1",
              "4/producer-0/2 1001 sequence=producer-0#1/2", "4/producer-0/3 1001 sequence=producer-0#1/3"});
}
