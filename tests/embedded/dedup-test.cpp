// A message that says who it is, is stored once; and what breaks that.
#include <doctest/doctest.h>

#include "agents/systems/embedded/links.hpp"
#include "broker-process.hpp"

using namespace assay;
using namespace assay::embedded;

namespace {

using Bodies = std::vector<std::string>;

OutgoingMessage with_id(const std::string& bytes, const std::string& id) {
  return {.ticket = 1, .bytes = bytes, .key = "-", .dedup_id = id};
}

OutgoingMessage numbered(const std::string& bytes, const std::string& session, std::int64_t sequence) {
  return {.ticket = 1, .bytes = bytes, .key = "-", .dedup_session = session, .dedup_sequence = sequence};
}

// "m1" in each way of being known again.
std::vector<OutgoingMessage> known_again() { return {with_id("m1", "id-1"), numbered("m1", "session-1", 1)}; }

std::string sent(const BrokerProcess& broker, const OutgoingMessage& message) {
  return told(send(*producer_link(broker.setup("producer-0#1")), message));
}

// What the producer learns when the broker dies at a window; it is running again then.
std::string sent_killed_at(BrokerProcess& broker, Window window, const OutgoingMessage& message) {
  const auto producer = producer_link(broker.setup("producer-0#1"));
  broker.arm(window);
  producer->submit(message, soon());
  broker.wait_stopped();
  broker.kill();
  REQUIRE(producer->answer_waiting(soon()) != Waiting::nothing);
  const auto answers = producer->take_answers();
  broker.start();
  REQUIRE(answers.size() == 1);
  return told(answers[0]);
}

std::vector<std::string> send_with_ids(const BrokerProcess& broker, int count) {
  const auto producer = producer_link(broker.setup("producer-0#1"));
  std::vector<std::string> answers;
  for (int i = 1; i <= count; ++i)
    answers.push_back(told(send(*producer, with_id("m" + std::to_string(i), "id-" + std::to_string(i)))));
  return answers;
}

}  // namespace

TEST_CASE("a message that is sent again is stored once, and the answer names the first copy") {
  for (const auto& m1 : known_again()) {
    BrokerProcess broker;
    CHECK(sent(broker, m1) == "ok queue/1");
    CHECK(sent(broker, with_id("m2", "id-2")) == "ok queue/2");
    CHECK(sent(broker, m1) == "ok queue/1 duplicate");
    CHECK(consume(*consumer_link(broker.setup()), 2) == Bodies{"m1", "m2"});
    CHECK(sent(broker, m1) == "ok queue/1 duplicate");  // acknowledged, and still known
    CHECK(stored(broker) == Bodies{"m1", "m2"});
    CHECK(broker.hits(Window::b_recv) == 4);
    CHECK(broker.hits(Window::b_appended) == 2);
    CHECK(broker.hits(Window::b_durable_before_reply) == 2);
    CHECK(broker.hits(Window::b_replied) == 4);
  }
}

TEST_CASE("other messages are not taken for one that was sent") {
  BrokerProcess broker;
  CHECK(sent(broker, numbered("m1", "s", 5)) == "ok queue/1");
  SUBCASE("an earlier number of the session that never came") {
    CHECK(sent(broker, numbered("m2", "s", 3)) == "ok queue/2");
    CHECK(sent(broker, numbered("m2", "s", 3)) == "ok queue/2 duplicate");
    CHECK(sent(broker, numbered("m1", "s", 5)) == "ok queue/1 duplicate");
  }
  SUBCASE("the number 0, which is one like any other") {
    CHECK(sent(broker, numbered("m2", "s", 0)) == "ok queue/2");
    CHECK(sent(broker, numbered("m2", "s", 0)) == "ok queue/2 duplicate");
  }
  SUBCASE("the same number in another session") { CHECK(sent(broker, numbered("m2", "t", 5)) == "ok queue/2"); }
  SUBCASE("the number as an id") { CHECK(sent(broker, with_id("m2", "5")) == "ok queue/2"); }
  SUBCASE("the session as an id") { CHECK(sent(broker, with_id("m2", "s")) == "ok queue/2"); }
  SUBCASE("one that does not say who it is") {
    CHECK(told(send(*producer_link(broker.setup("producer-0#1")), "m2")) == "ok queue/2");
    CHECK(told(send(*producer_link(broker.setup("producer-0#1")), "m2")) == "ok queue/3");
  }
  SUBCASE("the same one on another queue") {
    auto elsewhere = broker.setup("producer-0#1");
    elsewhere.channel = "another";
    CHECK(told(send(*producer_link(elsewhere), numbered("m2", "s", 5))) == "ok another/2");
  }
}

TEST_CASE("a message is known from the moment it is durable, whatever its producer was told") {
  struct Row {
    Window killed_at;
    std::string answer, answer_to_the_next;
  };
  const std::vector<Row> rows = {
      {Window::b_recv, "indeterminate", "ok queue/1"},
      {Window::b_appended, "indeterminate", "ok queue/1"},
      {Window::b_durable_before_reply, "indeterminate", "ok queue/1 duplicate"},
      {Window::b_replied, "ok queue/1", "ok queue/1 duplicate"},
  };
  for (const auto& row : rows)
    for (const auto& m1 : known_again()) {
      CAPTURE(name(row.killed_at));
      CAPTURE(m1.dedup_id);
      BrokerProcess broker;
      CHECK(sent_killed_at(broker, row.killed_at, m1) == row.answer);
      CHECK(sent(broker, m1) == row.answer_to_the_next);
      CHECK(stored(broker) == Bodies{"m1"});
    }
}

TEST_CASE("a broker killed behind its answer to a duplicate has answered, and stored nothing") {
  BrokerProcess broker;
  CHECK(sent(broker, with_id("m1", "id-1")) == "ok queue/1");
  CHECK(stored(broker) == Bodies{"m1"});  // so the first answer's B.replied has been passed
  CHECK(sent_killed_at(broker, Window::b_replied, with_id("m1", "id-1")) == "ok queue/1 duplicate");
  CHECK(stored(broker) == Bodies{"m1"});
}

TEST_CASE("a session of the last incarnation knows nothing of the next one's") {
  BrokerProcess broker;
  CHECK(sent_killed_at(broker, Window::b_durable_before_reply, numbered("m1", "producer-0#1", 1)) == "indeterminate");
  CHECK(sent(broker, numbered("m1", "producer-0#2", 1)) == "ok queue/2");
  CHECK(sent(broker, numbered("m1", "producer-0#1", 1)) == "ok queue/1 duplicate");
  CHECK(stored(broker) == Bodies{"m1", "m1"});
}

TEST_CASE("a forgetful broker knows a message until it is restarted") {
  for (const auto& m1 : known_again()) {
    BrokerProcess broker(nlohmann::json{{"dedup", "forgetful"}});
    CHECK(sent(broker, m1) == "ok queue/1");
    CHECK(sent(broker, m1) == "ok queue/1 duplicate");
    broker.restart();
    CHECK(sent(broker, m1) == "ok queue/2");
    CHECK(sent(broker, m1) == "ok queue/2 duplicate");
    CHECK(stored(broker) == Bodies{"m1", "m1"});
  }
}

TEST_CASE("a message that a full disk did not take is not known") {
  for (const auto* dedup : {"durable", "forgetful"}) {
    CAPTURE(dedup);
    BrokerProcess broker(nlohmann::json{{"dedup", dedup}});
    CHECK(sent(broker, with_id("m1", "id-1")) == "ok queue/1");
    broker.fill_disk();
    CHECK(sent(broker, with_id("m2", "id-2")) == "indeterminate");
    CHECK(sent(broker, with_id("m1", "id-1")) == "ok queue/1 duplicate");  // stores nothing, so nothing is in the way
    broker.free_disk();
    CHECK(sent(broker, with_id("m2", "id-2")) == "ok queue/2");
    CHECK(stored(broker) == Bodies{"m1", "m2"});
  }
}

TEST_CASE("a broker that answers before it stores forgets the identity with the message") {
  BrokerProcess broker(Defect::answers_before_durable);
  CHECK(sent_killed_at(broker, Window::b_replied, with_id("m1", "id-1")) == "ok queue/1");
  CHECK(stored(broker) == Bodies{});
  CHECK(sent(broker, with_id("m1", "id-1")) == "ok queue/1");
}

TEST_CASE("forgets-dedup-on-restart: what was known is new after a restart") {
  for (const auto defect : {Defect::none, Defect::forgets_dedup_on_restart}) {
    const bool planted = defect != Defect::none;
    CAPTURE(planted);
    BrokerProcess broker(defect);
    CHECK(sent(broker, with_id("m1", "id-1")) == "ok queue/1");
    CHECK(sent(broker, with_id("m1", "id-1")) == "ok queue/1 duplicate");
    broker.restart();
    CHECK(sent(broker, with_id("m1", "id-1")) == (planted ? "ok queue/2" : "ok queue/1 duplicate"));
    CHECK(stored(broker) == (planted ? Bodies{"m1", "m1"} : Bodies{"m1"}));
  }
}

TEST_CASE("swallows-new-as-duplicate: the twentieth message is said to be the one before it, and is lost") {
  for (const auto defect : {Defect::none, Defect::swallows_new_as_duplicate}) {
    const bool planted = defect != Defect::none;
    CAPTURE(planted);
    BrokerProcess broker(defect);
    std::vector<std::string> answers;
    Bodies bodies;
    for (int i = 1; i <= 25; ++i) {
      const bool swallowed = planted && i == 20;
      const auto row = std::to_string(planted && i >= 20 ? i - 1 : i);
      answers.push_back("ok queue/" + row + (swallowed ? " duplicate" : ""));
      if (!swallowed) bodies.push_back("m" + std::to_string(i));
    }
    CHECK(send_with_ids(broker, 25) == answers);
    CHECK(stored(broker) == bodies);
  }
}

TEST_CASE("swallows-new-as-duplicate: nothing is swallowed that does not say who it is") {
  BrokerProcess broker(Defect::swallows_new_as_duplicate);
  const auto producer = producer_link(broker.setup("producer-0#1"));
  for (int i = 1; i <= 25; ++i) CHECK(told(send(*producer, "m")) == "ok queue/" + std::to_string(i));
}
