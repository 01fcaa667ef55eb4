// When may a missing message be called lost? Each condition is taken away once.
#include <doctest/doctest.h>

#include <string>

#include "story.hpp"

using namespace assay;

namespace {

const std::string work = "harness plan.message m1\nc session.open\np send.invoke m1\np send.ok m1\nc deliver m1\nc ack.invoke m1\nc ack.confirmed m1\n";

std::string why(const std::string& text, Ground ground = {}) { return judge(story(text), ground).not_quiescent; }

std::string without(std::string text, const std::string& line) {
  const auto at = text.find(line);
  REQUIRE(at != std::string::npos);
  return text.erase(at, text.find('\n', at) - at);
}

std::string with(std::string text, const std::string& old, const std::string& fresh) {
  const auto at = text.find(old);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old.size(), fresh);
}

const std::string whole = work + good_end("sink.row m1");

}  // namespace

TEST_CASE("all conditions hold") { CHECK(why(whole) == ""); }

TEST_CASE("the drain must have ended, and on emptiness") {
  CHECK(why(without(whole, "harness drain.end")) == "the drain has no end");
  CHECK(why(with(whole, "empty=true", "empty=false")) == "the drain ended before the system was empty");
}

TEST_CASE("the backlog must be authoritative, asked twice and zero in every part") {
  CHECK(why(without(whole, "auditor backlog")) == "the backlog was not asked twice");
  for (const std::string part : {"ready", "leased", "delayed", "prepared"}) {
    CAPTURE(part);
    CHECK(why(with(whole, part + "=0", part + "=1")) == "the backlog did not drain");
    CHECK(why(with(whole, part + "=0", "")) == "the backlog did not drain");  // unknown is not zero
  }
}

TEST_CASE("without consumers the backlog stays, and the scan is what counts") {
  const std::string stored = R"(
    harness plan.message m1
    p send.invoke m1
    p send.ok m1
    harness plan.message canary
    p send.invoke canary
    p send.ok canary
    harness drain.end empty=true
    harness process.exit target=producer-0#1 status=exit_0
    auditor stored.row m1
    auditor stored.row canary
    auditor backlog ready=2 leased=0 delayed=0 prepared=0
    harness process.exit target=auditor#1 status=exit_0
  )";
  CHECK(why(stored, {.has_consumers = false}) == "");
  CHECK(why(without(stored, "auditor stored.row canary"), {.has_consumers = false}) == "no canary of producer-0 came through");
}

TEST_CASE("nothing may be delivered once the backlog was empty") {
  CHECK(why(with(whole, "harness drain.end", "c deliver m1\nharness drain.end")) ==
        "1/producer-0/1 was delivered after the backlog was empty");
}

TEST_CASE("a canary of each producer must come through") {
  CHECK(why(without(whole, "c deliver canary")) == "no canary of producer-0 came through");
  CHECK(why(without(whole, "harness plan.message canary")) == "no canary of producer-0 came through");
  CHECK(why("harness plan.message n1\n" + whole) == "no canary of producer-1 came through");
}

TEST_CASE("every process must have finished in order, after the drain") {
  CHECK(why(with(whole, "target=consumer-0#1 status=exit_0", "target=consumer-0#1 status=exit_3")) == "consumer-0#1 ended with exit 3");
  CHECK(why(without(whole, "harness process.exit target=producer-0#1")) == "producer-0#1 has no end on record");
  CHECK(why("harness process.exit target=producer-0#1 status=exit_0\n" + without(whole, "harness process.exit target=producer-0#1")) ==
        "producer-0#1 ended before the drain");
  CHECK(why(work) == "the drain has no end");
}

TEST_CASE("the auditor must have looked, and to the end") {
  CHECK(why(without(whole, "harness process.exit target=auditor#1")) == "auditor#1 has no end on record");
  auto cut = whole;
  const auto last = cut.rfind("auditor backlog");
  cut.erase(last, cut.find('\n', last) - last);
  CHECK(why(cut) == "the auditor did not finish its scan");
}

TEST_CASE("everything that proves quiescence must come after the healing") {
  const std::string fault = "harness fault.plan kind=kill target=broker trigger=random#1\nharness fault.do kind=kill target=broker trigger=random#1\n";
  const std::string heal = "harness fault.heal kind=kill target=broker trigger=random#1\n";
  CHECK(why(work + fault + good_end("sink.row m1")) == "the fault was not healed");
  CHECK(why(work + fault + heal + good_end("sink.row m1")) == "");
  CHECK(why(work + fault + canary_and_backlog() + heal + farewell("sink.row m1")) == "no canary of producer-0 came through");
  const std::string canary_only = "harness plan.message canary\n";
  const std::string late_canary = "p send.invoke canary\np send.ok canary\nc deliver canary\n";
  const std::string backlogs = "auditor backlog ready=0 leased=0 delayed=0 prepared=0\nauditor backlog ready=0 leased=0 delayed=0 prepared=0\n";
  CHECK(why(work + canary_only + fault + backlogs + heal + late_canary + farewell("sink.row m1")) == "the backlog was not asked twice");
}

TEST_CASE("an end marker ends the drain of a log, never that of a queue") {
  const std::string marked = work + "harness plan.message canary\nharness plan.message end\np send.invoke canary\np send.ok canary\nc deliver canary\n"
                             "p send.invoke end\np send.ok end\nc deliver end\n" +
                             with(farewell("sink.row m1"), "source=backlog", "source=marker");
  CHECK(why(marked, {.shape = Ground::Shape::queue}) == "the backlog was not asked twice");
  CHECK(why(marked, {.shape = Ground::Shape::log}) == "");
  CHECK(why(without(marked, "c deliver end"), {.shape = Ground::Shape::log}) == "end marker 1/producer-0/end did not come through");
}

namespace {

// Nobody knows what this system owes; silence has to tell, for 300 ms.
const Ground told_by_silence{.backlog_authoritative = false, .silence_ms = 300};

// "c polls #": a poll that brought nothing, asked and answered now.
std::string polls(const std::string& consumer, std::int64_t asked_ms) {
  return "after 100 ms\n" + consumer + " drain.probe empty=true asked=" + std::to_string(asked_ms * 1'000'000) + "\n";
}

const std::string quiet = polls("c", 100) + polls("c", 200) + polls("c", 300) + polls("c", 400) + polls("c", 500);

std::string silent_end(const std::string& probes) {
  return canary_and_backlog() + probes + with(farewell("sink.row m1"), "source=backlog", "source=silence");
}

}  // namespace

TEST_CASE("where the backlog is not authoritative, three polls in vain and a silence must tell") {
  CHECK(why(work + silent_end(quiet), told_by_silence) == "");
  CHECK(why(work + silent_end(""), told_by_silence) == "consumer-0#1 did not poll in vain three times");
  CHECK(why(work + silent_end(polls("c", 100) + polls("c", 500)), told_by_silence) == "consumer-0#1 did not poll in vain three times");
  CHECK(why(work + silent_end(polls("c", 100) + polls("c", 200) + polls("c", 300)), told_by_silence) ==
        "consumer-0#1 did not hear nothing for 300 ms");
  CHECK(why(work + silent_end(quiet), {}) == "");  // the same trial of a system that can tell
}

TEST_CASE("a silence begins after the last delivery to anybody, and after the last poll that brought something") {
  const auto late = "c deliver m1\n" + polls("c", 600);
  CHECK(why(work + silent_end(quiet + late), told_by_silence) == "consumer-0#1 did not poll in vain three times");
  CHECK(why(work + silent_end(with(quiet, "empty=true asked=400", "empty=false asked=400")), told_by_silence) ==
        "consumer-0#1 did not poll in vain three times");
}

TEST_CASE("every consumer that lives must hear nothing") {
  const auto second = "c1 session.open\n" + work;
  const auto ended = with(silent_end(quiet), "harness drain.end empty=true source=silence",
                          "harness drain.end empty=true source=silence\nharness process.exit target=consumer-1#1 status=exit_0");
  CHECK(why(second + ended, told_by_silence) == "consumer-1#1 did not poll in vain three times");
  CHECK(why(second + polls("c1", 1) + ended, told_by_silence) == "consumer-1#1 did not poll in vain three times");
}

TEST_CASE("a silence does not outweigh a backlog that is told") {
  const auto owed = with(silent_end(quiet), "ready=0 leased=0 delayed=0 prepared=0\n    auditor backlog ready=0",
                         "ready=0 leased=0 delayed=0 prepared=0\n    auditor backlog ready=1");
  CHECK(why(work + owed, told_by_silence) == "the backlog was not told to be empty");
}
