// Faults of the network, whose witness is the proxy: when they count as landed.
#include <doctest/doctest.h>

#include "checker/cells.hpp"
#include "story.hpp"

using namespace assay;

namespace {

std::string replaced(std::string text, const std::string& old, const std::string& fresh) {
  const auto at = text.find(old);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old.size(), fresh);
}

std::string without(const std::string& text, const std::string& line) { return replaced(text, line + "\n", "\n"); }

const Ground ground{.foreign_broker = true, .request_timeout_ms = 100};

FaultFinding examined(const std::string& text) {
  const auto judgement = judge(story(text), ground);
  REQUIRE(judgement.fault);
  return *judgement.fault;
}

std::string why(const std::string& text) { return examined(text).why_not; }

// The producer stands before its second send, whose way is disturbed; `counted` is
// the proxy's word.
std::string disturbed(const std::string& kind, const std::string& target, const std::string& counted) {
  const auto names = " kind=" + kind + " trigger=producer-0:P.before_send#2";
  const auto victim = target + "#1";
  return R"(
harness plan.message m1
harness plan.message m2
harness process.start target=broker#1 status=ready
c session.open
p send.invoke m1
p send.ok m1
c deliver m1
p passed P.before_send 2
harness fault.plan target=)" + target + names + R"(
harness fault.do target=)" + target + names + R"(
p send.invoke m2
after 100 ms
p send.indeterminate m2
harness fault.proof target=)" + victim + names + " source=proxy last_point=P.before_send " + counted + R"(
harness fault.heal target=)" + target + names + "\n";
}

}  // namespace

TEST_CASE("a way that is cut by resets is proven by who came by and was refused") {
  const auto cut = disturbed("cut", "producer-0", "connections=1");
  CHECK(examined(cut) == FaultFinding{.name = "cut:producer-0@producer-0:P.before_send#2",
                                      .kind = "cut",
                                      .target = "producer-0",
                                      .trigger = "producer-0:P.before_send#2",
                                      .landed = true,
                                      .cell = "P.before_send",
                                      .occurrence = 2,
                                      .in_flight = 1});
  CHECK(why(replaced(cut, "connections=1", "connections=0")) == "nobody came by while the way was cut");
  SUBCASE("and needs nobody who waited") { CHECK(why(without(cut, "p send.indeterminate m2")) == ""); }
}

TEST_CASE("a blackhole is proven by bytes that vanished, and by who waited for them in vain") {
  const auto cut = disturbed("cut", "producer-0", "bytes=40");
  CHECK(why(cut) == "");
  CHECK(why(replaced(cut, "bytes=40", "bytes=0")) == "nothing was on its way that could vanish");
  CHECK(why(without(cut, "p send.indeterminate m2")) == "producer-0 saw no request time out");
  CHECK(why(replaced(cut, "after 100 ms", "after 99 ms")) == "producer-0 saw no request time out");
  CHECK(why(without(cut, "p send.indeterminate m2") + "p send.indeterminate m2\n") == "producer-0 saw no request time out");
  SUBCASE("one that found no connection in that time was not sent, and waited all the same") {
    CHECK(why(replaced(cut, "p send.indeterminate m2", "p send.fail m2")) == "");
    CHECK(why(replaced(replaced(cut, "p send.indeterminate m2", "p send.fail m2"), "after 100 ms", "after 99 ms")) ==
          "producer-0 saw no request time out");
  }
}

TEST_CASE("an answer that was held is proven by the proxy, which had it, and by who waited for it in vain") {
  const auto held = disturbed("hold", "producer-0", "bytes=5");
  CHECK(why(held) == "");
  CHECK(why(replaced(held, "bytes=5", "bytes=0")) == "no answer came that could be held");
  CHECK(why(without(held, "p send.indeterminate m2")) == "producer-0 saw no request time out");
}

TEST_CASE("a delay is proven by bytes that came late, whoever noticed") {
  const auto late = disturbed("delay", "producer-0", "bytes=80");
  CHECK(why(replaced(late, "p send.indeterminate m2", "p send.ok m2")) == "");
  CHECK(why(replaced(late, "bytes=80", "bytes=0")) == "nothing was on its way that could come late");
}

TEST_CASE("a fault on all ways at once has landed when somebody met it") {
  const auto cut = disturbed("cut", "broker", "bytes=40");
  CHECK(why(cut) == "");
  CHECK(why(without(cut, "p send.indeterminate m2")) == "nobody saw a request time out");
  CHECK(why(replaced(cut, "p send.indeterminate m2", "c session.indeterminate asked=1000")) == "");
  CHECK(why(replaced(cut, "p send.indeterminate m2", "auditor session.indeterminate asked=1000")) == "nobody saw a request time out");
}

TEST_CASE("a fault of the network has not landed without the proxy's word, its place and its end") {
  for (const std::string kind : {"cut", "delay", "hold"}) {
    CAPTURE(kind);
    const auto whole = disturbed(kind, "producer-0", "bytes=9");
    CHECK(why(whole) == "");
    CHECK(why(replaced(whole, "source=proxy", "")) == "the proof is not by the proxy");
    CHECK(why(replaced(whole, "source=proxy", "source=command")) == "the proof is not by the proxy");
    CHECK(why(replaced(whole, "source=proxy", "wait_status=9")) == "the proof is not by the proxy");
    CHECK(why(replaced(whole, "last_point=P.before_send", "last_point=P.cursor_saved")) == "it struck at P.cursor_saved");
    CHECK(why(replaced(whole, "last_point=P.before_send", "")) == "no window was passed before it");
    CHECK(why(replaced(whole, "bytes=9", "")) != "");
    const auto heal = "harness fault.heal target=producer-0 kind=" + kind + " trigger=producer-0:P.before_send#2";
    CHECK(why(without(whole, heal)) == "it was not healed");
  }
}

TEST_CASE("a fault of the network is wanted on the way of each agent, and on all ways, at the windows of agents") {
  Judgement control;
  control.reached = {{"P.before_send", {"producer-0"}}, {"C.received", {"consumer-0"}}, {"B.recv", {"broker"}}};
  Terms terms{.claim = parse_claim("at-least-once @ committed"), .targets = {"producer", "consumer", "broker"}, .ground = ground};
  const auto cells = [&] {
    std::string text;
    for (const auto& cell : relevant_cells(control, terms)) text += cell.window + " " + cell.target + "; ";
    return text;
  };
  for (const std::string kind : {"cut", "delay", "hold"}) {
    CAPTURE(kind);
    terms.kinds = {kind};
    terms.ground.one_path = false;
    CHECK(cells() == "P.before_send producer; P.before_send broker; C.received consumer; C.received broker; ");
    terms.ground.one_path = true;
    CHECK(cells() == "P.before_send broker; C.received broker; ");
  }
}
