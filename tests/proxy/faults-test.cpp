// What the proxy does to a path, what it counts, and that it is over when it is healed.
#include <doctest/doctest.h>

#include "tests/proxy/echo.hpp"

using namespace assay;
using namespace assay::test;
using Json = nlohmann::json;

namespace {

const std::string p = "producer-0", c = "consumer-0";

// Whoever has an answer on another path knows that the proxy has done what it was about to do.
const std::string still = "still there?";

}  // namespace

TEST_CASE("a cut by reset resets every connection of its path, and no other") {
  const Echo echo;
  Bench bench(echo);
  auto cut = bench.client(), beside = bench.client(c);
  CHECK(cut.answer_to("one") == "one");
  CHECK(beside.answer_to("two") == "two");

  bench.paths.strike(p, {{"fault", "reset"}});
  CHECK(cut.state_in_time() == Read::reset);
  CHECK(bench.client().state_in_time() == Read::reset);
  CHECK(beside.answer_to("three") == "three");
  CHECK(comes_true([&] { return echo.gone() == 1; }));

  const auto seen = bench.paths.heal(p);
  CHECK(seen.resets == 1);
  CHECK(seen.refused == 1);
  CHECK(bench.client().answer_to("four") == "four");
  CHECK(bench.paths.record(p).refused == 0);
}

TEST_CASE("in a blackhole bytes vanish, connections stay, and new ones hang") {
  const Echo echo;
  Bench bench(echo);
  auto old = bench.client(), idle = bench.client(), beside = bench.client(c);
  CHECK(old.answer_to("before") == "before");
  CHECK(idle.answer_to("|") == "|");

  bench.paths.strike(p, {{"fault", "blackhole"}});
  old.say("into the dark");
  auto fresh = bench.client(), patient = bench.client();
  fresh.say("is anybody there");
  CHECK(comes_true([&] { return bench.paths.record(p).dropped == 29; }));
  CHECK(beside.answer_to(still) == still);
  CHECK(echo.heard() == "before|still there?");
  for (auto* client : {&old, &idle, &fresh, &patient}) CHECK(client->state() == Read::nothing);

  SUBCASE("healed, a stream with a gap does not go on") {
    CHECK(bench.paths.heal(p).dropped == 29);
    CHECK(old.state_in_time() == Read::reset);
    CHECK(fresh.state_in_time() == Read::reset);
  }
  SUBCASE("healed, whoever lost nothing goes on") {
    bench.paths.heal(p);
    CHECK(idle.answer_to("after") == "after");
    CHECK(patient.answer_to("late") == "late");
  }
  SUBCASE("the server does not hear that a client has gone, before it is healed") {
    { const auto leaves = std::move(old); }
    CHECK(beside.answer_to(still) == still);
    CHECK(echo.gone() == 0);
    bench.paths.heal(p);
    CHECK(comes_true([&] { return echo.gone() >= 1; }));
  }
}

TEST_CASE("a cut after so many bytes lets those through and no more") {
  const Echo echo;
  Bench bench(echo);
  auto client = bench.client();
  CHECK(client.answer_to("whole") == "whole");
  bench.paths.strike(p, {{"fault", "reset-after"}, {"bytes", 6}});
  client.say("half");
  CHECK(client.hear(4) == "half");
  client.say("of it");
  CHECK(comes_true([&] { return echo.gone() == 1; }));
  CHECK(echo.heard() == "wholehalfof");
  CHECK(bench.client().state_in_time() == Read::reset);
  const auto seen = bench.paths.heal(p);
  CHECK(seen.resets == 1);
  CHECK(seen.refused == 1);
  CHECK(seen.dropped == 3);
}

TEST_CASE("a cut at the answer takes the question to the server and brings nothing back") {
  const Echo echo;
  Bench bench(echo);
  auto client = bench.client();
  CHECK(client.answer_to("before") == "before");
  bench.paths.strike(p, {{"fault", "reset-at-answer"}});
  client.say("and after");
  CHECK(client.state_in_time() == Read::reset);
  CHECK(echo.heard() == "beforeand after");
  CHECK(bench.client().state_in_time() == Read::reset);
  const auto seen = bench.paths.heal(p);
  CHECK(seen.resets == 1);
  CHECK(seen.dropped == 9);
}

TEST_CASE("a delay makes both ways late, and keeps their order") {
  const Echo echo;
  Bench bench(echo);
  auto client = bench.client();
  CHECK(client.answer_to("now") == "now");
  bench.paths.strike(p, {{"fault", "delay"}, {"ms", 60}});
  const auto begin = std::chrono::steady_clock::now();
  client.say("one ");
  client.say("two ");
  client.say("three");
  CHECK(client.hear(13) == "one two three");
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(120));
  client.say("four");
  const auto seen = bench.paths.heal(p);  // what is under way is late no longer
  CHECK(client.hear(4) == "four");
  CHECK(seen.delayed_up >= 13);
  CHECK(seen.delayed_down == 13);
}

TEST_CASE("a hold keeps the answer back, and not the question") {
  const Echo echo;
  Bench bench(echo);
  auto client = bench.client(), beside = bench.client(c);
  CHECK(client.answer_to("before") == "before");
  bench.paths.strike(p, {{"fault", "hold"}});
  client.say("and after");
  CHECK(comes_true([&] { return bench.paths.record(p).held == 9; }));
  CHECK(echo.heard() == "beforeand after");
  CHECK(beside.answer_to("?") == "?");
  CHECK(client.state() == Read::nothing);

  SUBCASE("healed, it comes late") {
    CHECK(bench.paths.heal(p).held == 9);
    CHECK(client.hear(9) == "and after");
  }
  SUBCASE("who has gone meanwhile does not get it, and the server hears of that") {
    { const auto leaves = std::move(client); }
    CHECK(comes_true([&] { return echo.gone() == 1; }));
    bench.paths.heal(p);
  }
}

TEST_CASE("a fault that nobody met has counted nothing") {
  const Echo echo;
  Bench bench(echo);
  auto client = bench.client();
  CHECK(client.answer_to("before") == "before");
  for (const Json& fault : {Json{{"fault", "blackhole"}}, Json{{"fault", "delay"}, {"ms", 10}}, Json{{"fault", "hold"}},
                           Json{{"fault", "reset-after"}, {"bytes", 10}}, Json{{"fault", "reset-at-answer"}}}) {
    CAPTURE(fault.dump());
    bench.paths.strike(p, fault);
    const auto seen = bench.paths.heal(p);
    CHECK(seen.dropped + seen.held + seen.delayed_up + seen.delayed_down + seen.resets + seen.refused == 0);
    CHECK(client.answer_to("again") == "again");
  }
}

TEST_CASE("where all share one way a fault is everybody's") {
  const Echo echo;
  Bench bench(echo, NetworkPaths::Ways::one_for_all);
  CHECK(bench.paths.address_for(p) == bench.paths.address_for(c));
  auto client = bench.client(p), beside = bench.client(c);
  CHECK(client.answer_to("1") == "1");
  CHECK(beside.answer_to("2") == "2");
  bench.paths.strike(p, {{"fault", "reset"}});
  CHECK(client.state_in_time() == Read::reset);
  CHECK(beside.state_in_time() == Read::reset);
  CHECK(bench.paths.heal(c).resets == 2);
}
