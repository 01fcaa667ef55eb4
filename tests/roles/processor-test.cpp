// What consumers that send on put on record, step by step, and what they do when
// a step is refused, not answered, or says that they are shut out.
#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include <poll.h>

#include "tests/roles/incarnation.hpp"

using namespace assay;

namespace {

const std::string m1 = "4/producer-0/1", m2 = "4/producer-0/2", last = "4/producer-0/end";

void store(Bench& bench, const std::vector<std::string>& messages) {
  for (const std::string& message : messages)
    bench.system.arrivals.push_back(
        {.opened = std::nullopt,
         .delivery = delivery_of(bench.consumer(), message, std::to_string(bench.system.arrivals.size() + 1))});
}

AgentConfiguration consumer(const Bench& bench, const std::string& role, std::int64_t incarnation = 1) {
  AgentConfiguration configuration = bench.consumer(incarnation);
  configuration.role = role;
  return configuration;
}

// Without what is the same everywhere: "send.ok message=4/producer-0/1 attempt=1001" -> "send.ok m1".
std::string told(const std::string& line) {
  std::string text;
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    for (const std::string ignored : {"key=", "attempt=", "copy=", "session=", "asked=", "channel=", "group=", "level=", "source="})
      if (word.starts_with(ignored)) word.clear();
    if (word.starts_with("message=")) word = word.substr(8);
    if (word.starts_with("transaction=consumer-0#")) word = "t" + word.substr(23);
    if (const auto at = word.find("4/producer-0/"); at != std::string::npos) word.erase(at, 13);
    if (!word.empty()) text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

Lines told(const Recording& recording) {
  Lines lines;
  for (const auto& line : story(recording)) lines.push_back(told(line));
  return lines;
}

Lines life_of(Bench& bench, const std::string& role) { return told(consume_all(bench, consumer(bench, role))); }

// The life of one that is shut out: it waits for bye, whatever there is to do.
Lines life_of_shut_out(Bench& bench, const std::string& role) {
  Incarnation agent(bench, consumer(bench, role));
  agent.configure_and_go();
  const auto left = [&] {
    const auto lines = told(agent.recording());
    return std::find(lines.begin(), lines.end(), "session.close") != lines.end();
  };
  for (const Deadline deadline = Deadline::in(std::chrono::seconds(20)); !left();) {
    REQUIRE_FALSE(deadline.passed());
    ::poll(nullptr, 0, 5);
  }
  agent.say({{"type", "probe"}});
  CHECK(agent.heard("probed").at("empty") == true);
  agent.say({{"type", "bye"}});
  CHECK(agent.await_exit() == 0);
  CHECK(agent.errors() == "");
  return told(agent.recording());
}

const Lines fenced{"fence.invoke name=consumer-0 epoch=1", "~ fence", "fence.ok name=consumer-0 epoch=1"};
const Lines opened{"~ open", "session.open"}, closed{"session.close"};

Lines given(const std::string& message, const std::string& tag) { return {"deliver " + message + " tag=" + tag}; }
Lines begun(const std::string& t) { return {"~ begin", "transaction.begin " + t}; }

Lines one_sent(const std::string& message, const std::string& part, const std::string& t) {
  const std::string in = t.empty() ? "" : " " + t;
  return {"effect.begin " + message + in + " part=" + part, "~ send on " + message + " part " + part,
          "effect.ok " + message + in + " part=" + part};
}
Lines sent(const std::string& message, const std::string& t = "") { return one_sent(message, "1", t) + one_sent(message, "2", t); }

Lines moved(const std::string& tag) {
  return {"ack.invoke tag=" + tag + " kind=commit", "~ ack " + tag, "ack.confirmed tag=" + tag};
}
Lines offset_in(const std::string& t) { return {"~ add offsets", "transaction.offsets " + t}; }
Lines committed(const std::string& t) { return {"transaction.commit.invoke " + t, "~ commit", "transaction.commit.ok " + t}; }
Lines committed(const std::string& t, const std::string& tag) {
  return Lines{"ack.invoke " + t + " tag=" + tag + " kind=commit"} + committed(t) + Lines{"ack.confirmed " + t + " tag=" + tag};
}
Lines aborted(const std::string& t) { return {"transaction.abort.invoke " + t, "~ abort", "transaction.abort.ok " + t}; }

// One message from its delivery to its end, in a transaction that its offset is part of.
Lines exactly_once(const std::string& message, const std::string& tag, const std::string& t) {
  return given(message, tag) + begun(t) + sent(message, t) + offset_in(t) + committed(t, tag);
}

const Lines shut_out{"~ consumer-0#1 is shut out and stops working: fenced"};
const Lines gone = closed + Lines{"drain.probe empty=yes"};

}  // namespace

TEST_CASE("a consumer that sends on commits its offset before, or after") {
  Bench bench;
  store(bench, {m1, last});
  CHECK(life_of(bench, "offset-before-produce") ==
        opened + given("1", "1") + moved("1") + sent("1") + given("end", "2") + moved("2") + sent("end") + closed);

  Bench other;
  store(other, {m1, last});
  CHECK(life_of(other, "offset-after-produce") ==
        opened + given("1", "1") + sent("1") + moved("1") + given("end", "2") + sent("end") + moved("2") + closed);
}

TEST_CASE("a consumer sends on in a transaction, and its offset is outside it or in it") {
  Bench bench;
  store(bench, {m1, last});
  SUBCASE("outside, before") {
    CHECK(life_of(bench, "transaction-offset-outside-before") ==
          fenced + opened + given("1", "1") + begun("t1/1") + moved("1") + sent("1", "t1/1") + committed("t1/1") +
              given("end", "2") + begun("t1/2") + moved("2") + sent("end", "t1/2") + committed("t1/2") + closed);
  }
  SUBCASE("outside, after") {
    CHECK(life_of(bench, "transaction-offset-outside-after") ==
          fenced + opened + given("1", "1") + begun("t1/1") + sent("1", "t1/1") + committed("t1/1") + moved("1") +
              given("end", "2") + begun("t1/2") + sent("end", "t1/2") + committed("t1/2") + moved("2") + closed);
  }
  SUBCASE("in it") {
    CHECK(life_of(bench, "transaction-with-offsets") ==
          fenced + opened + exactly_once("1", "1", "t1/1") + exactly_once("end", "2", "t1/2") + closed);
  }
}

TEST_CASE("at each window a kill leaves what was done so far, and nothing of what comes") {
  const std::vector<std::pair<Window, Lines>> windows{
      {Window::k_polled, {}},
      {Window::k_begun, begun("t1/1")},
      {Window::k_produced_1, begun("t1/1") + one_sent("1", "1", "t1/1")},
      {Window::k_produced_2, begun("t1/1") + sent("1", "t1/1")},
      {Window::k_offsets_in_txn, begun("t1/1") + sent("1", "t1/1") + offset_in("t1/1")},
      {Window::k_txn_committed, begun("t1/1") + sent("1", "t1/1") + offset_in("t1/1") + committed("t1/1", "1")}};
  for (const auto& [window, done] : windows) {
    CAPTURE(name(window));
    Bench bench;
    store(bench, {m1});
    Incarnation agent(bench, consumer(bench, "transaction-with-offsets"));
    agent.arm(window, 1);
    agent.configure_and_go();
    agent.await_stop_and_kill();
    CHECK(told(agent.recording()) == fenced + opened + given("1", "1") + done);
  }
}

TEST_CASE("a step that fails ends its transaction, and what it took comes again") {
  Bench bench;
  store(bench, {m1, last});
  const auto rest = exactly_once("1", "1", "t1/2") + exactly_once("end", "2", "t1/3") + closed;
  SUBCASE("a part is refused") {
    bench.system.steps["send on"] = {Step::ok, Step::fail};
    CHECK(life_of(bench, "transaction-with-offsets") ==
          fenced + opened + given("1", "1") + begun("t1/1") + one_sent("1", "1", "t1/1") +
              Lines{"effect.begin 1 t1/1 part=2", "~ send on 1 part 2", "effect.indeterminate 1 t1/1 error=refused part=2"} +
              aborted("t1/1") + rest);
  }
  SUBCASE("the offset is refused") {
    bench.system.steps["add offsets"] = {Step::fail};
    CHECK(life_of(bench, "transaction-with-offsets") == fenced + opened + given("1", "1") + begun("t1/1") + sent("1", "t1/1") +
                                                            Lines{"~ add offsets"} + aborted("t1/1") + rest);
  }
  SUBCASE("the commit is refused") {
    bench.system.steps["commit"] = {Step::fail};
    CHECK(life_of(bench, "transaction-with-offsets") ==
          fenced + opened + given("1", "1") + begun("t1/1") + sent("1", "t1/1") + offset_in("t1/1") +
              Lines{"ack.invoke t1/1 tag=1 kind=commit", "transaction.commit.invoke t1/1", "~ commit",
                    "transaction.commit.fail t1/1 error=refused", "ack.refused t1/1 tag=1"} +
              aborted("t1/1") + rest);
  }
  SUBCASE("an abort that is not answered is settled by a fence") {
    bench.system.steps["add offsets"] = {Step::fail};
    bench.system.steps["abort"] = {Step::unasked};
    CHECK(life_of(bench, "transaction-with-offsets") ==
          fenced + opened + given("1", "1") + begun("t1/1") + sent("1", "t1/1") +
              Lines{"~ add offsets", "transaction.abort.invoke t1/1", "~ abort",
                    "transaction.abort.indeterminate t1/1 error=timed out"} +
              fenced + rest);
  }
  CHECK(bench.system.sent_on(true).size() == 4);  // two parts of each
}

TEST_CASE("a commit that is not answered is settled by a fence, however it ended") {
  Bench bench;
  store(bench, {m1, last});
  const auto doubted = fenced + opened + given("1", "1") + begun("t1/1") + sent("1", "t1/1") + offset_in("t1/1") +
                       Lines{"ack.invoke t1/1 tag=1 kind=commit", "transaction.commit.invoke t1/1", "~ commit",
                             "transaction.commit.indeterminate t1/1 error=timed out", "ack.indeterminate t1/1 tag=1"} +
                       fenced;
  SUBCASE("it went through") {
    bench.system.steps["commit"] = {Step::unheard};
    CHECK(life_of(bench, "transaction-with-offsets") == doubted + exactly_once("end", "2", "t1/2") + closed);
  }
  SUBCASE("it did not") {
    bench.system.steps["commit"] = {Step::unasked};
    CHECK(life_of(bench, "transaction-with-offsets") ==
          doubted + exactly_once("1", "1", "t1/2") + exactly_once("end", "2", "t1/3") + closed);
  }
  CHECK(bench.system.sent_on(true).size() == 4);
}

TEST_CASE("who is shut out stops working, is given nothing more, and hears bye") {
  Bench bench;
  store(bench, {m1, m2});
  const std::string role = "transaction-with-offsets";
  const auto start = fenced + opened + given("1", "1");
  SUBCASE("as it begins") {
    bench.system.steps["begin"] = {Step::shut_out};
    CHECK(life_of_shut_out(bench, role) == start + Lines{"~ begin"} + shut_out + gone);
  }
  SUBCASE("as it sends on") {
    bench.system.steps["send on"] = {Step::shut_out};
    CHECK(life_of_shut_out(bench, role) ==
          start + begun("t1/1") +
              Lines{"effect.begin 1 t1/1 part=1", "~ send on 1 part 1", "effect.indeterminate 1 t1/1 error=fenced part=1"} +
              shut_out + gone);
  }
  SUBCASE("as it adds its offset") {
    bench.system.steps["add offsets"] = {Step::shut_out};
    CHECK(life_of_shut_out(bench, role) == start + begun("t1/1") + sent("1", "t1/1") + Lines{"~ add offsets"} + shut_out + gone);
  }
  SUBCASE("as it commits") {
    bench.system.steps["commit"] = {Step::shut_out};
    CHECK(life_of_shut_out(bench, role) ==
          start + begun("t1/1") + sent("1", "t1/1") + offset_in("t1/1") +
              Lines{"ack.invoke t1/1 tag=1 kind=commit", "transaction.commit.invoke t1/1", "~ commit",
                    "transaction.commit.fail t1/1 error=fenced", "ack.refused t1/1 tag=1"} +
              shut_out + gone);
  }
  SUBCASE("as it aborts") {
    bench.system.steps["add offsets"] = {Step::fail};
    bench.system.steps["abort"] = {Step::shut_out};
    CHECK(life_of_shut_out(bench, role) ==
          start + begun("t1/1") + sent("1", "t1/1") +
              Lines{"~ add offsets", "transaction.abort.invoke t1/1", "~ abort", "transaction.abort.fail t1/1 error=fenced"} +
              shut_out + gone);
  }
  SUBCASE("as it has its last transaction settled") {
    bench.system.steps["commit"] = {Step::unasked};
    bench.system.steps["fence"] = {Step::ok, Step::shut_out};
    const auto life = life_of_shut_out(bench, role);
    CHECK(Lines(life.end() - 5, life.end()) ==
          Lines{"~ fence", "fence.fail error=fenced name=consumer-0 epoch=1"} + shut_out + gone);
  }
}

TEST_CASE("a part that is not answered outside a transaction is sent until it is, where the offset comes last") {
  Bench bench;
  store(bench, {m1, last});
  bench.system.steps["send on"] = {Step::unheard};
  const Lines unheard{"effect.begin 1 part=1", "~ send on 1 part 1", "effect.indeterminate 1 error=timed out part=1"};
  SUBCASE("at least once") {
    CHECK(life_of(bench, "offset-after-produce") ==
          opened + given("1", "1") + unheard + sent("1") + moved("1") + given("end", "2") + sent("end") + moved("2") + closed);
  }
  SUBCASE("at most once") {
    CHECK(life_of(bench, "offset-before-produce") ==
          opened + given("1", "1") + moved("1") + unheard + given("end", "2") + moved("2") + sent("end") + closed);
  }
}

TEST_CASE("a consumer that cannot shut out what came before it does not begin to work") {
  Bench bench;
  bench.system.steps["fence"] = {Step::unasked, Step::fail, Step::fail};
  Incarnation agent(bench, consumer(bench, "transaction-with-offsets"));
  agent.heard("hello");
  auto configure = to_json(consumer(bench, "transaction-with-offsets"));
  configure["type"] = "configure";
  agent.say(configure);
  CHECK(agent.heard("error").at("line") == "shut out what came before consumer-0#1: refused");
  CHECK(agent.await_exit() == 70);
}
