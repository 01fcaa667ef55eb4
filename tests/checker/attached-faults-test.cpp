// Faults of a server that is not ours: done by a command, proven by a probe that
// finds nobody, and never by the command alone.
#include <doctest/doctest.h>

#include "story.hpp"

using namespace assay;

namespace {

const Ground attached{.foreign_broker = true, .request_timeout_ms = 0, .attached = true};
const Ground managed{.foreign_broker = true};

std::string replaced(std::string text, const std::string& old, const std::string& fresh) {
  const auto at = text.find(old);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old.size(), fresh);
}

std::string why(const std::string& text, const Ground& ground) {
  const auto judgement = judge(story(text), ground);
  REQUIRE(judgement.fault);
  return judgement.fault->why_not;
}

std::string ended(const std::string& kind) {
  const std::string names = " kind=" + kind + " trigger=producer-0:P.before_send#2";
  return R"(
    harness plan.message m1
    harness process.start target=broker#1 status=ready
    c session.open
    p passed P.before_send 2
    p send.invoke m1
    harness fault.plan target=broker)" + names + R"(
    harness fault.do target=broker)" + names + R"(
    harness process.exit target=broker#1 status=by_command
    harness fault.proof target=broker#1)" + names + R"( source=command last_point=P.before_send
    harness process.start target=broker#2 status=ready
    harness fault.heal target=broker)" + names + "\n";
}

std::string stall() {
  auto text = replaced(ended("stall"), "process.exit", "process.stopped");
  text = replaced(text, "harness process.start target=broker#2 status=ready", "p send.indeterminate m1");
  return replaced(text, "harness fault.heal", "c session.indeterminate asked=1000\nharness process.continued target=broker#1\nharness fault.heal");
}

std::string with_all(std::string text, const std::string& old, const std::string& fresh) {
  for (std::string::size_type at; (at = text.find(old)) != std::string::npos;) text.replace(at, old.size(), fresh);
  return text;
}

}  // namespace

TEST_CASE("a server that is not ours was killed or stopped when the harness says by what, and it came back") {
  for (const std::string kind : {"kill", "stop"}) {
    CAPTURE(kind);
    const auto whole = ended(kind);
    CHECK(why(whole, attached) == "");
    CHECK(why(replaced(whole, "source=command", ""), attached) == "the proof is not by a command");
    CHECK(why(replaced(whole, "source=command", "source=probe"), attached) == "the proof is not by a command");
    CHECK(why(replaced(whole, "source=command", "wait_status=9"), attached) == "the proof is not by a command");
    CHECK(why(replaced(whole, "last_point=P.before_send", "last_point=P.cursor_saved"), attached) == "it struck at P.cursor_saved");
    CHECK(why(replaced(whole, "harness process.start target=broker#2 status=ready", ""), attached) ==
          "broker#2 did not become ready");
    CHECK(why(replaced(whole, "harness fault.heal", "harness environment level=warn line=x"), attached) == "it was not healed");
  }
}

TEST_CASE("a command without a probe that found nobody is no proof") {
  const auto whole = ended("kill");
  const auto from = whole.find("harness fault.proof"), to = whole.find("harness process.start target=broker#2");
  CHECK(why(whole.substr(0, from) + whole.substr(to), attached) ==
        "no probe found that the server did not answer after the command");
  CHECK(why(whole.substr(0, from) + whole.substr(to), managed) == "no proof of the kill is on record");
}

TEST_CASE("the word of a command is nothing for a server that is ours, nor for an agent") {
  CHECK(why(ended("kill"), managed) == "the proof has no wait status");
  CHECK(why(with_all(ended("kill"), "target=broker", "target=producer-0"), attached) == "the proof has no wait status");
}

TEST_CASE("nobody knows where a command struck that was given at a random moment") {
  const auto random = with_all(ended("kill"), "trigger=producer-0:P.before_send#2", "trigger=random#4");
  CHECK(why(replaced(random, "last_point=P.before_send", ""), attached) == "no window was passed before it");
}

TEST_CASE("a server that is not ours stood still when everybody felt it") {
  CHECK(why(stall(), attached) == "");
  CHECK(why(replaced(stall(), "source=command", ""), attached) == "the proof is not by a command");
  CHECK(why(replaced(stall(), "p send.indeterminate m1", ""), attached) == "producer-0#1 saw no request time out");
  CHECK(why(replaced(stall(), "harness process.stopped target=broker#1 status=by_command", ""), attached) ==
        "broker#1 was not seen stopped");
  CHECK(why(replaced(stall(), "harness process.continued target=broker#1", ""), attached) == "broker#1 was not seen to go on");
}

TEST_CASE("no command makes a zombie of a server") {
  CHECK(why(ended("pause"), attached) == "no command does a pause");
}
