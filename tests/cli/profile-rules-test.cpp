// What a profile says of a system's own rules: limits, excuses, and the clauses
// that speak of them.
#include <doctest/doctest.h>

#include "cli/plan.hpp"
#include "cli/profile-rules.hpp"
#include "tests/cli/profile-bench.hpp"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

// "delay" limits everything; 0 limits nothing.
Json limited() {
  Json description = fake_description();
  const Json by_delay{{"setting", "delay"}};
  description["limits"] = {{"ttl_ms", by_delay},
                           {"max_delivery", {{"setting", "delay"}, {"plus", 1}}},
                           {"dedup_window_ms", by_delay},
                           {"slack_ms", {{"value", 300}}}};
  description["abilities"]["dedup"] = {"id"};
  description["abilities"]["give_back"] = {"nack", "reject"};
  return description;
}

std::string profile(const std::string& claim, const std::string& more = "") {
  return R"({"system": "fake", "claim": ")" + claim + "\"" + (more.empty() ? "" : ", " + more) + "}";
}

const std::vector<std::string> with_delay{"system.settings.delay=700"};

}  // namespace

TEST_CASE("limits are what settings say, and what comes on top") {
  Bench bench;
  bench.describe(limited().dump());
  const auto loaded = bench.load(profile("at-least-once"), with_delay);
  CHECK(system_of(loaded).limits() == Limits{.ttl_ms = 700, .slack_ms = 300, .max_delivery = 701, .dedup_window_ms = 700});
  CHECK(system_of(bench.load(profile("at-least-once"))).limits() == Limits{.slack_ms = 300});  // 0 is none, whatever comes on top
  CHECK(system_of(least_profile(bench)).limits().slack_ms == 300);

  Json description = fake_description();
  bench.describe(description.dump());
  CHECK(system_of(bench.load(profile("at-least-once"))).limits() == Limits{});

  description = limited();
  description["variants"] = Json::parse(R"([{"when": {"strict": true}, "limits": {"ttl_ms": {"value": 5}}}])");
  bench.describe(description.dump());
  CHECK(system_of(bench.load(profile("at-least-once"), {"system.settings.strict=true"})).limits().ttl_ms == 5);
}

TEST_CASE("a description's limits are known ones, with a value or an integer setting") {
  Bench bench;
  const auto refused = [&](const std::string& limits) {
    Json description = fake_description();
    description["limits"] = Json::parse(limits);
    bench.describe(description.dump());
    try {
      bench.load(profile("at-least-once"));
    } catch (const std::runtime_error& error) {
      return std::string(error.what()).find("limit") != std::string::npos;
    }
    return false;
  };
  CHECK_FALSE(refused(R"({"ttl_ms": {"value": 5}})"));
  CHECK(refused("[]"));
  CHECK(refused(R"({"ttl": {"value": 5}})"));
  CHECK(refused(R"({"ttl_ms": 5})"));
  CHECK(refused(R"({"ttl_ms": {"setting": "nap"}})"));
  CHECK(refused(R"({"ttl_ms": {"value": 5, "setting": "delay"}})"));
  CHECK(refused(R"({"ttl_ms": {"value": 5, "plus": "x"}})"));
}

TEST_CASE("what nothing could put to the test cannot be claimed") {
  Bench bench;
  bench.describe(limited().dump());
  const std::string could = ", and nothing could put it to the test: fake with these settings ";
  for (const std::string clause : {"max-delivery", "ttl", "dedup", "dlq-conserve", "no-gap", "offset-unique", "monotone-redelivery"}) {
    CAPTURE(clause);
    CHECK(bench.refusal(profile("at-least-once + " + clause)).starts_with("x.json:1: /claim: " + clause + " is claimed" + could));
  }
  CHECK(bench.refusal(profile("at-least-once + redel-exact")) == "accepted");
  CHECK(bench.refusal(profile("at-least-once + ttl + max-delivery"), with_delay) == "accepted");
  CHECK(bench.refusal(profile("at-least-once + dedup", R"("roles": {"producer": "retry-with-stable-id"})")) == "accepted");

  Json description = limited();
  description["abilities"]["dead_letters"] = true;
  description["abilities"]["shape"] = "log";
  bench.describe(description.dump());
  CHECK(bench.refusal(profile("at-least-once + dlq-conserve + no-gap + offset-unique + monotone-redelivery")) == "accepted");
}

TEST_CASE("an excuse needs evidence that the system can give") {
  Bench bench;
  bench.describe(limited().dump());
  const auto of = [&](const std::string& words, const std::vector<std::string>& sets = {}) {
    return bench.refusal(profile("at-least-once", R"("excuses": [)" + words + "]"), sets);
  };
  CHECK(of(R"("ttl")", with_delay) == "accepted");
  CHECK(of(R"("ttl")") == "x.json:1: /excuses: \"ttl\" excuses nothing: fake with these settings keeps messages without a limit of "
                          "time; leave it out, or set what limits it");
  for (const std::string excuse : {"dlq", "limit", "retention"}) CHECK(of("\"" + excuse + "\"").starts_with("x.json:1: /excuses: \"" + excuse));
  CHECK(of(R"("tll")") == "x.json:1: /excuses/0: \"tll\" is no excuse; did you mean \"ttl\"? (known: dlq, limit, retention, ttl)");
  CHECK(of("") == "x.json:1: /excuses: expected at least one word in this list");
  CHECK(of("7") == "x.json:1: /excuses/0: expected a string, found 7");
}

TEST_CASE("a role that would never come to an end is refused") {
  Bench bench;
  bench.describe(limited().dump());
  const std::string giving_back = R"("roles": {"consumer": "give-back-some"})";
  CHECK(bench.refusal(profile("at-least-once", giving_back)).starts_with("x.json:1: /roles/consumer: \"give-back-some\" gives a message back"));
  CHECK(bench.refusal(profile("at-least-once", giving_back), with_delay) == "accepted");
  const std::string twice = R"("roles": {"producer": "send-twice-with-stable-id"})";
  CHECK(bench.refusal(profile("at-least-once + dedup", twice), with_delay) == "accepted");
  CHECK(bench.refusal(profile("at-least-once + dedup", twice), {"system.settings.delay=10001"})
            .starts_with("x.json:1: /roles/producer: \"send-twice-with-stable-id\" waits until ids are forgotten"));

  Json description = limited();
  description["abilities"].erase("give_back");
  bench.describe(description.dump());
  CHECK(bench.refusal(profile("at-least-once", R"("roles": {"consumer": "reject-some"})"))
            .starts_with("x.json:1: /roles/consumer: the role \"reject-some\" needs give_back to be reject"));
}

TEST_CASE("excuses and rules are part of the plan") {
  Bench bench;
  auto description = limited();
  description["abilities"]["dead_letters"] = true;
  bench.describe(description.dump());
  const auto loaded = bench.load(profile("at-least-once", R"("excuses": ["ttl", "dlq"], "roles": {"producer": "retry-with-stable-id"})"), with_delay);
  CHECK(profile_from_json(to_json(loaded)) == loaded);
  const auto plan = make_plan(loaded, system_of(loaded), 1, "");
  CHECK(plan.terms.ground.rules == Rules{.limits = {.ttl_ms = 700, .slack_ms = 300, .max_delivery = 701, .dedup_window_ms = 700},
                                         .excuses = {Excuse::ttl, Excuse::dlq},
                                         .dedup = DedupBy::message,
                                         .lists_dead_letters = true,
                                         .prefetch = 1});
  CHECK(plan_from_json(plan_json(plan)).terms == plan.terms);
}

TEST_CASE("where a limit of deliveries loosens prefetch, prefetch is no rule") {
  Bench bench;
  auto description = limited();
  description["limit_loosens_prefetch"] = true;
  bench.describe(description.dump());
  const auto prefetch_of = [&](const std::vector<std::string>& sets) {
    const auto loaded = bench.load(profile("at-least-once", R"("roles": {"producer": "retry-until-acknowledged"})"), sets);
    return make_plan(loaded, system_of(loaded), 1, "").terms.ground.rules.prefetch;
  };
  CHECK(prefetch_of(with_delay) == 0);
  CHECK(prefetch_of({"system.settings.delay=0"}) == 1);
}
